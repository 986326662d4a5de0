//! Texts that an expression may have, as far as the source says: literals, constants, templates, concatenation,
//! helper functions that build them. What is not known stays a hole; nothing is executed.

use super::arguments::Bound;
use super::resolve::{Definition, FARTHEST};
use super::{Program, Site, Step, bind};
use crate::audit::code::{Call, Expr, Kind, Operator};

/// More alternatives than this for one text are not told apart.
const MOST: usize = 8;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::audit) enum Piece<'p> {
    Literal(String),
    /// A parameter of a function, to be filled in by its callers.
    Parameter(Site, usize, Vec<Step<'p>>),
    Unknown,
}

/// A text with holes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(in crate::audit) struct Text<'p> {
    pub pieces: Vec<Piece<'p>>,
}

impl<'p> Text<'p> {
    pub(super) fn literal(text: impl Into<String>) -> Self {
        Self { pieces: vec![Piece::Literal(text.into())] }
    }

    fn unknown() -> Self {
        Self { pieces: vec![Piece::Unknown] }
    }

    /// The text, if it has no hole.
    pub fn exact(&self) -> Option<String> {
        self.pieces
            .iter()
            .map(|piece| match piece {
                Piece::Literal(text) => Some(text.as_str()),
                _ => None,
            })
            .collect()
    }

    /// The text with `{}` for each hole.
    pub fn with_holes(&self) -> String {
        let shown = self.pieces.iter().map(|piece| match piece {
            Piece::Literal(text) => text.as_str(),
            _ => "{}",
        });
        shown.collect()
    }

    fn push(&mut self, piece: Piece<'p>) {
        match (self.pieces.last_mut(), piece) {
            (Some(Piece::Literal(last)), Piece::Literal(text)) => last.push_str(&text),
            (_, piece) => self.pieces.push(piece),
        }
    }

    fn then(mut self, other: &Self) -> Self {
        for piece in &other.pieces {
            self.push(piece.clone());
        }
        self
    }

    fn map(mut self, change: impl Fn(&str) -> String) -> Self {
        for piece in &mut self.pieces {
            if let Piece::Literal(text) = piece {
                *text = change(text);
            }
        }
        self
    }
}

/// The calls on the way to a function, innermost first: they fill in its parameters.
#[derive(Clone, Copy)]
pub(in crate::audit) struct Env<'e, 'p> {
    pub function: Site,
    pub call: &'p Call<'p>,
    pub caller: Site,
    pub outer: Option<&'e Self>,
}

impl<'p> Program<'p> {
    /// The texts an expression may have; empty only where the audit gave up.
    pub fn texts(&self, expr: &'p Expr<'p>, site: Site, env: Option<&Env<'_, 'p>>) -> Vec<Text<'p>> {
        self.texts_within(expr, site, env, FARTHEST)
    }

    fn texts_within(
        &self,
        expr: &'p Expr<'p>,
        site: Site,
        env: Option<&Env<'_, 'p>>,
        left: u32,
    ) -> Vec<Text<'p>> {
        let Some(left) = left.checked_sub(1) else { return vec![Text::unknown()] };
        let mut found = match &expr.kind {
            Kind::Text(text) => vec![Text::literal(text.as_ref())],
            Kind::Number(number) => vec![Text::literal(number.to_string())],
            Kind::Template(parts) | Kind::Operation(Operator::Add, parts) => {
                self.joined(parts, site, env, left)
            }
            Kind::Operation(Operator::Remainder, parts) => {
                let template = parts.first().map(|first| self.texts_within(first, site, env, left));
                let template = template.unwrap_or_default().into_iter();
                template.map(|text| holes(&text, &["%s", "%d", "%i"])).collect()
            }
            Kind::Choice(parts) => {
                let mut both = self.texts_within(&parts[1], site, env, left);
                both.extend(self.texts_within(&parts[2], site, env, left));
                both
            }
            Kind::Operation(Operator::Or, parts) => {
                let all = parts.iter().flat_map(|part| self.texts_within(part, site, env, left));
                let all: Vec<Text<'p>> = all.collect();
                let known = |text: &Text<'p>| !text.pieces.iter().all(|piece| *piece == Piece::Unknown);
                let some_known = all.iter().any(known);
                all.into_iter().filter(|text| !some_known || known(text)).collect()
            }
            Kind::Await(inner) => self.texts_within(inner, site, env, left),
            Kind::Operation(Operator::And, parts) => {
                parts.last().map(|last| self.texts_within(last, site, env, left)).unwrap_or_default()
            }
            Kind::Call(call) => {
                let texts = self.text_of_call(call, site, env, left);
                if !texts.is_empty() {
                    texts
                } else {
                    // Not what it is made by, but what it stands for: `useMemo(() => url(), [])`.
                    let definitions = self.resolve_within(expr, site, left).into_iter();
                    let others = definitions.filter(
                        |definition| !matches!(definition, Definition::Value(it, _) if std::ptr::eq(*it, expr)),
                    );
                    others.flat_map(|definition| self.text_of(&definition, env, left)).collect()
                }
            }
            Kind::Member(object, _) => {
                let made = self.maker(object, site, left);
                let inside = made.map(|(function, call, caller)| Env { function, call, caller, outer: env });
                let env = inside.as_ref().or(env);
                let definitions = self.resolve_within(expr, site, left).into_iter();
                definitions.flat_map(|definition| self.text_of(&definition, env, left)).collect()
            }
            Kind::Name(_) | Kind::Index(..) => self
                .resolve_within(expr, site, left)
                .into_iter()
                .flat_map(|definition| self.text_of(&definition, env, left))
                .collect(),
            _ => vec![Text::unknown()],
        };
        if found.is_empty() {
            found.push(Text::unknown());
        }
        found.truncate(MOST);
        found
    }

    fn joined(
        &self,
        parts: &'p [Expr<'p>],
        site: Site,
        env: Option<&Env<'_, 'p>>,
        left: u32,
    ) -> Vec<Text<'p>> {
        let mut whole = vec![Text::default()];
        for part in parts {
            let next = self.texts_within(part, site, env, left);
            whole = whole.iter().flat_map(|start| next.iter().map(|end| start.clone().then(end))).collect();
            whole.truncate(MOST);
        }
        whole
    }

    fn text_of(&self, definition: &Definition<'p>, env: Option<&Env<'_, 'p>>, left: u32) -> Vec<Text<'p>> {
        match definition {
            Definition::Value(value, owner) => self.texts_within(value, *owner, env, left),
            Definition::Parameter(function, index, steps) => {
                self.text_of_parameter(*function, *index, steps, env, left)
            }
            Definition::Element(over, owner, steps) => {
                let Some(left) = left.checked_sub(1) else { return vec![Text::unknown()] };
                let items = self.elements(over, *owner, steps, left);
                items.iter().flat_map(|item| self.text_of(item, env, left)).collect()
            }
            Definition::Part(value, owner, steps) => {
                let Some(left) = left.checked_sub(1) else { return vec![Text::unknown()] };
                if let Some(url) = address(value, steps) {
                    return self.texts_within(url, *owner, env, left);
                }
                let held = self.state(value, *owner, steps, left);
                held.iter().flat_map(|held| self.text_of(held, env, left)).collect()
            }
            Definition::External(path) => match path.trim_start_matches("window.") {
                // The page's own server.
                "location.origin" | "self.location.origin" => vec![Text::literal("")],
                "location.protocol" => vec![Text::literal("http:")],
                "location.host" | "location.hostname" => vec![Text::literal("localhost")],
                _ => vec![Text::unknown()],
            },
            _ => vec![Text::unknown()],
        }
    }

    fn text_of_steps(
        &self,
        item: &'p Expr<'p>,
        site: Site,
        steps: &[Step<'p>],
        env: Option<&Env<'_, 'p>>,
        left: u32,
    ) -> Vec<Text<'p>> {
        if steps.is_empty() {
            return self.texts_within(item, site, env, left);
        }
        let mut whole = vec![Definition::Value(item, site)];
        for step in steps {
            whole = whole.iter().flat_map(|inner| self.member(inner, *step, site, left)).collect();
        }
        whole.iter().flat_map(|inner| self.text_of(inner, env, left)).collect()
    }

    /// The elements of what a loop runs over, where they are written out.
    pub fn items(&self, over: &'p Expr<'p>, site: Site, left: u32) -> Vec<(&'p Expr<'p>, Site)> {
        let Some(left) = left.checked_sub(1) else { return Vec::new() };
        let inner = match &over.kind {
            Kind::Call(call)
                if matches!(call.callee.last_name(), "enumerate" | "list" | "tuple" | "sorted" | "set") =>
            {
                call.positional(0)
            }
            Kind::Call(call) if matches!(call.callee.last_name(), "items" | "keys" | "values") => {
                call.callee.receiver().or_else(|| call.positional(0))
            }
            _ => None,
        };
        if let Some(inner) = inner {
            return self.items(inner, site, left);
        }
        let mut found = Vec::new();
        for definition in self.resolve_within(over, site, left) {
            let Definition::Value(value, owner) = definition else { continue };
            match &value.kind {
                Kind::List(items) => found.extend(items.iter().map(|item| (item, owner))),
                Kind::Record(entries) => {
                    found.extend(
                        entries.iter().filter_map(|entry| entry.key.as_ref()).map(|key| (key, owner)),
                    );
                }
                _ => {}
            }
        }
        found
    }

    fn text_of_parameter(
        &self,
        function: Site,
        index: usize,
        steps: &[Step<'p>],
        env: Option<&Env<'_, 'p>>,
        left: u32,
    ) -> Vec<Text<'p>> {
        let mut frame = env;
        while let Some(current) = frame {
            if current.function == function {
                return match bind(self, current.call, function, index, steps) {
                    Bound::Argument(value, done) => {
                        self.text_of_steps(value, current.caller, &steps[done..], current.outer, left)
                    }
                    Bound::Default(value) => self.texts_within(value, function, None, left),
                    Bound::Unknown => vec![Text::unknown()],
                };
            }
            frame = current.outer;
        }
        let given = self.given_to_constructor(function, index, steps, left);
        if !given.is_empty() {
            return given;
        }
        let given = self.given_to_callback(function, index, steps, left);
        if let (false, Some(left)) = (given.is_empty(), left.checked_sub(1)) {
            return given.iter().flat_map(|given| self.text_of(given, env, left)).collect();
        }
        vec![Text { pieces: vec![Piece::Parameter(function, index, steps.to_vec())] }]
    }

    /// The function of the tree, and its call, whose result an object is: `endpoint("/positions")` for
    /// `endpoints.positions`.
    fn maker(&self, object: &'p Expr<'p>, site: Site, left: u32) -> Option<(Site, &'p Call<'p>, Site)> {
        self.resolve_within(object, site, left).into_iter().find_map(|definition| {
            let Definition::Value(value, owner) = definition else { return None };
            let call = value.call()?;
            let function = self.functions(&call.callee, owner).into_iter().next()?;
            Some((function, call, owner))
        })
    }

    /// What the objects of a class are made with: `new Client("/fleet")` for the constructor's `base`.
    fn given_to_constructor(
        &self,
        function: Site,
        index: usize,
        steps: &[Step<'p>],
        left: u32,
    ) -> Vec<Text<'p>> {
        let declared = self.function(function);
        let class = declared.class.map(|class| super::ClassId { unit: function.unit, class });
        let Some(class) = class.filter(|_| matches!(declared.name, "constructor" | "__init__")) else {
            return Vec::new();
        };
        let Some(left) = left.checked_sub(1) else { return Vec::new() };
        let mut found: Vec<Text<'p>> = Vec::new();
        let name = self.class(class).name;
        let calls =
            if self.is_python(class.unit) { self.python_calls(name) } else { self.script_calls(name) };
        for made in calls {
            let is_own =
                |definition: &Definition<'p>| matches!(definition, Definition::Class(id) if *id == class);
            if !self.resolve_within(&made.call.callee, made.site, left).iter().any(is_own) {
                continue;
            }
            let texts = match bind(self, made.call, function, index, steps) {
                Bound::Argument(value, done) => {
                    self.text_of_steps(value, made.site, &steps[done..], None, left)
                }
                Bound::Default(value) => self.texts_within(value, function, None, left),
                Bound::Unknown => vec![Text::unknown()],
            };
            for text in texts {
                if !found.contains(&text) && found.len() < MOST {
                    found.push(text);
                }
            }
        }
        found
    }

    /// `[a, b].join("/")` and `"/".join([a, b])`.
    fn text_of_join(
        &self,
        call: &'p Call<'p>,
        site: Site,
        env: Option<&Env<'_, 'p>>,
        left: u32,
    ) -> Vec<Text<'p>> {
        let receiver = call.callee.receiver();
        let first = call.positional(0);
        let (between, list) = if self.is_python(site.unit) { (receiver, first) } else { (first, receiver) };
        let between = between.and_then(Expr::literal);
        let (Some(between), Some(list)) = (between, list) else { return Vec::new() };
        let mut whole = Vec::new();
        for definition in self.resolve_within(list, site, left) {
            let Definition::Value(Expr { kind: Kind::List(items), .. }, owner) = definition else { continue };
            let mut texts = vec![Text::default()];
            for (at, item) in items.iter().enumerate() {
                let mark = if at == 0 { Text::default() } else { Text::literal(between) };
                let next = self.texts_within(item, owner, env, left);
                texts = texts
                    .iter()
                    .flat_map(|start| next.iter().map(|end| start.clone().then(&mark).then(end)))
                    .collect();
                texts.truncate(MOST);
            }
            whole.extend(texts);
        }
        whole
    }

    fn text_of_call(
        &self,
        call: &'p Call<'p>,
        site: Site,
        env: Option<&Env<'_, 'p>>,
        left: u32,
    ) -> Vec<Text<'p>> {
        let made = call.callee.receiver().and_then(|object| self.maker(object, site, left));
        let made = made.map(|(function, call, caller)| Env { function, call, caller, outer: env });
        for callee in self.functions(&call.callee, site) {
            // A function written in the one that made the object sees that one's parameters.
            let closure = made.as_ref().filter(|made| self.is_inside(callee, made.function));
            let inner = Env { function: callee, call, caller: site, outer: closure.or(env) };
            let results = self.returns(callee).into_iter();
            let texts: Vec<Text<'p>> =
                results.flat_map(|value| self.texts_within(value, callee, Some(&inner), left)).collect();
            if !texts.is_empty() {
                return texts;
            }
        }
        let receiver = call.callee.receiver();
        let first =
            || call.positional(0).map(|first| self.texts_within(first, site, env, left)).unwrap_or_default();
        let of_receiver =
            || receiver.map(|object| self.texts_within(object, site, env, left)).unwrap_or_default();
        match call.callee.last_name() {
            "lower" | "toLowerCase" => {
                of_receiver().into_iter().map(|text| text.map(str::to_lowercase)).collect()
            }
            "upper" | "toUpperCase" => {
                of_receiver().into_iter().map(|text| text.map(str::to_uppercase)).collect()
            }
            "strip" | "trim" | "toString" | "rstrip" | "lstrip" | "replace" | "trimEnd" | "trimStart"
            | "encode" | "valueOf" | "replaceAll" | "removesuffix" | "removeprefix" => of_receiver(),
            "concat" => {
                let given =
                    call.arguments.iter().map(|given| self.texts_within(&given.value, site, env, left));
                given.fold(of_receiver(), |starts, ends| {
                    let both = starts.iter().flat_map(|start| ends.iter().map(|end| start.clone().then(end)));
                    both.take(MOST).collect()
                })
            }
            "join" => self.text_of_join(call, site, env, left),
            "format" => of_receiver().iter().map(braces).collect(),
            "str" | "String" => first(),
            "URL" | "Request" => first(),
            "urljoin" => {
                let second = call.positional(1).map(|second| self.texts_within(second, site, env, left));
                let second = second.unwrap_or_default();
                first().iter().flat_map(|base| second.iter().map(|path| base.clone().then(path))).collect()
            }
            "getenv" | "get" | "env" | "config" | "getattr" | "str_env" => {
                let place = if call.callee.last_name() == "getattr" { 2 } else { 1 };
                let default = call.keyword("default").or_else(|| call.positional(place));
                default.map(|default| self.texts_within(default, site, env, left)).unwrap_or_default()
            }
            _ => Vec::new(),
        }
    }
}

/// The address that a `URL` or `Request` was made of, where a part is asked that holds it.
fn address<'p>(value: &'p Expr<'p>, steps: &[Step<'p>]) -> Option<&'p Expr<'p>> {
    let call = value.call().filter(|call| matches!(call.callee.last_name(), "URL" | "Request"))?;
    let [Step::Key("href" | "pathname" | "url")] = steps else { return None };
    call.positional(0)
}

/// `"{}/x/{name}"` of `str.format`: each brace is a hole.
fn braces<'p>(text: &Text<'p>) -> Text<'p> {
    let mut out = Text::default();
    for piece in &text.pieces {
        let Piece::Literal(literal) = piece else {
            out.push(piece.clone());
            continue;
        };
        let mut rest = literal.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            let Some((_, after)) = after.split_once('}') else { break };
            out.push(Piece::Literal(before.to_owned()));
            out.push(Piece::Unknown);
            rest = after;
        }
        out.push(Piece::Literal(rest.to_owned()));
    }
    out
}

fn holes<'p>(text: &Text<'p>, marks: &[&str]) -> Text<'p> {
    let mut out = Text::default();
    for piece in &text.pieces {
        let Piece::Literal(literal) = piece else {
            out.push(piece.clone());
            continue;
        };
        let mut rest = literal.as_str();
        while let Some(at) = marks.iter().filter_map(|mark| rest.find(mark)).min() {
            out.push(Piece::Literal(rest[..at].to_owned()));
            out.push(Piece::Unknown);
            rest = &rest[at + 2..];
        }
        out.push(Piece::Literal(rest.to_owned()));
    }
    out
}
