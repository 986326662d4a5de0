//! Texts that an expression may have, as far as the source says: literals, constants, templates, concatenation,
//! helper functions that build them. What is not known stays a hole; nothing is executed.

use super::arguments::Bound;
use super::resolve::{Definition, FARTHEST};
use super::text_call::{address, holes};
use super::{Program, Site, Step, bind, fuel};
use crate::audit::code::{Call, Expr, Kind, Operator};

/// More alternatives than this for one text are not told apart.
pub(super) const MOST: usize = 8;

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

    /// The text with a parameter of a function filled in.
    pub fn filled(&self, function: Site, index: usize, given: &Self) -> Self {
        let mut out = Self::default();
        for piece in &self.pieces {
            match piece {
                Piece::Parameter(of, at, steps) if *of == function && *at == index && steps.is_empty() => {
                    given.pieces.iter().for_each(|given| out.push(given.clone()));
                }
                other => out.push(other.clone()),
            }
        }
        out
    }

    /// The text with another in place of each occurrence of a part.
    pub(super) fn with_replaced(&self, old: &str, new: &Self) -> Self {
        let mut out = Self::default();
        for piece in &self.pieces {
            let Piece::Literal(literal) = piece else {
                out.push(piece.clone());
                continue;
            };
            for (at, between) in literal.split(old).enumerate() {
                if at > 0 {
                    new.pieces.iter().for_each(|piece| out.push(piece.clone()));
                }
                out.push(Piece::Literal(between.to_owned()));
            }
        }
        out
    }

    pub(super) fn push(&mut self, piece: Piece<'p>) {
        match (self.pieces.last_mut(), piece) {
            (Some(Piece::Literal(last)), Piece::Literal(text)) => last.push_str(&text),
            (_, piece) => self.pieces.push(piece),
        }
    }

    pub(super) fn then(mut self, other: &Self) -> Self {
        for piece in &other.pieces {
            self.push(piece.clone());
        }
        self
    }

    pub(super) fn map(mut self, change: impl Fn(&str) -> String) -> Self {
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

impl<'e, 'p> Env<'e, 'p> {
    /// The call of a function among those on the way.
    pub fn of(env: Option<&'e Self>, function: Site) -> Option<&'e Self> {
        std::iter::successors(env, |frame| frame.outer).find(|frame| frame.function == function)
    }
}

/// A function, the call that gives its parameters, and the function in which that call stands.
pub(in crate::audit) type Given<'p> = (Site, &'p Call<'p>, Site);

/// Evaluates something inside the innermost of these calls, outermost first.
pub(in crate::audit) fn within<'p, R>(
    chain: &[Given<'p>],
    outer: Option<&Env<'_, 'p>>,
    find: &mut dyn FnMut(Option<&Env<'_, 'p>>) -> R,
) -> R {
    match chain.split_first() {
        None => find(outer),
        Some((&(function, call, caller), inner)) => {
            within(inner, Some(&Env { function, call, caller, outer }), find)
        }
    }
}

impl<'p> Program<'p> {
    /// The texts an expression may have; empty only where the audit gave up.
    pub fn texts(&self, expr: &'p Expr<'p>, site: Site, env: Option<&Env<'_, 'p>>) -> Vec<Text<'p>> {
        self.texts_within(expr, site, env, FARTHEST)
    }

    pub(super) fn texts_within(
        &self,
        expr: &'p Expr<'p>,
        site: Site,
        env: Option<&Env<'_, 'p>>,
        left: u32,
    ) -> Vec<Text<'p>> {
        let Some(left) = left.checked_sub(1) else { return vec![Text::unknown()] };
        let Some(_step) = fuel::step() else { return vec![Text::unknown()] };
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
            Kind::Operation(Operator::Or | Operator::Coalesce, parts) => {
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
                    let others = self.resolve_within(expr, site, left).into_iter().filter(|it| !it.is(expr));
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
            Kind::Name("__name__") if self.is_python(site.unit) => {
                vec![Text::literal(self.dotted_name(site.unit))]
            }
            Kind::Index(object, key) => match self
                .split_text(object, key, site, env, left)
                .or_else(|| self.entry_texts(object, key, site, env, left))
            {
                Some(texts) => texts,
                None => {
                    let definitions = self.resolve_within(expr, site, left).into_iter();
                    definitions.flat_map(|definition| self.text_of(&definition, env, left)).collect()
                }
            },
            Kind::Name(_) => self
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

    /// The texts that a part of what an expression means may have.
    pub fn texts_at(&self, expr: &'p Expr<'p>, steps: &[Step<'p>], site: Site) -> Vec<Text<'p>> {
        self.text_of_steps(expr, site, steps, None, FARTHEST)
    }

    /// The texts that the elements of a list may have.
    pub fn element_texts(&self, list: &'p Expr<'p>, site: Site) -> Vec<Text<'p>> {
        let items = self.elements(list, site, &[], FARTHEST);
        let mut found: Vec<Text<'p>> =
            items.iter().flat_map(|item| self.text_of(item, None, FARTHEST)).collect();
        found.truncate(4 * MOST);
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

    pub(super) fn text_of(
        &self,
        definition: &Definition<'p>,
        env: Option<&Env<'_, 'p>>,
        left: u32,
    ) -> Vec<Text<'p>> {
        match definition {
            Definition::Value(value, owner) => self.texts_within(value, *owner, env, left),
            Definition::Parameter(function, index, steps) => {
                self.text_of_parameter(*function, *index, steps, env, left)
            }
            Definition::Element(over, owner, steps) => {
                let Some(left) = left.checked_sub(1) else { return vec![Text::unknown()] };
                if let Some(given) = self.given_elements(over, *owner, steps, env, left) {
                    return given;
                }
                let items = self.elements(over, *owner, steps, left);
                items.iter().flat_map(|item| self.text_of(item, env, left)).collect()
            }
            Definition::Part(value, owner, steps) => {
                let Some(left) = left.checked_sub(1) else { return vec![Text::unknown()] };
                let is_location = value.call().is_some_and(|call| call.callee.last_name() == "useLocation");
                if is_location && matches!(steps.last(), Some(Step::Key("search" | "hash"))) {
                    return vec![Text::literal("?")];
                }
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
                // Whatever it is, it is no part of the path.
                "location.search" | "location.hash" => vec![Text::literal("?")],
                _ => vec![Text::unknown()],
            },
            _ => vec![Text::unknown()],
        }
    }

    pub(super) fn text_of_steps(
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
        let whole = self.steps(self.resolve_within(item, site, left), steps, site, left);
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
            Kind::Call(call) if call.callee.last_name() == "values" && call.arguments.is_empty() => {
                let records = call.callee.receiver().map(|it| self.records(it, site));
                let entries = records.into_iter().flatten();
                return entries
                    .flat_map(|(all, owner)| all.iter().map(move |it| (&it.value, owner)))
                    .collect();
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
        if let Some(current) = Env::of(env, function) {
            return match bind(self, current.call, function, index, steps) {
                Bound::Argument(value, done) => {
                    self.text_of_steps(value, current.caller, &steps[done..], current.outer, left)
                }
                Bound::Default(value) => self.texts_within(value, function, None, left),
                Bound::Unknown => vec![Text::unknown()],
            };
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

    /// The call of the tree's function that made an object.
    pub fn made_by(&self, object: &'p Expr<'p>, site: Site) -> Option<Given<'p>> {
        self.maker(object, site, FARTHEST)
    }

    /// The function of the tree, and its call, whose result an object is: `endpoint("/positions")` for
    /// `endpoints.positions`.
    pub(super) fn maker(&self, object: &'p Expr<'p>, site: Site, left: u32) -> Option<Given<'p>> {
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
        for made in self.makers(class, left) {
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
}
