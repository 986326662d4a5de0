//! Texts that calls give back: functions of the tree, and those of the languages that change or join texts.

use super::arguments::{Bound, bind};
use super::evaluate::MOST;
use super::resolve::{Definition, Step};
use super::{Env, Piece, Program, Site, Text};
use crate::audit::code::{Call, Expr, Kind, ParameterKind, entry};

impl<'p> Program<'p> {
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
        let mut texts = vec![Text::default()];
        for (at, next) in self.listed(list, site, env, left).unwrap_or_default().iter().enumerate() {
            let mark = if at == 0 { Text::default() } else { Text::literal(between) };
            texts = texts
                .iter()
                .flat_map(|start| next.iter().map(|end| start.clone().then(&mark).then(end)))
                .collect();
            texts.truncate(MOST);
        }
        if texts == [Text::default()] { Vec::new() } else { texts }
    }

    /// The texts of each element of a list whose elements are known in their order.
    fn listed(
        &self,
        list: &'p Expr<'p>,
        site: Site,
        env: Option<&Env<'_, 'p>>,
        left: u32,
    ) -> Option<Vec<Vec<Text<'p>>>> {
        let left = left.checked_sub(1)?;
        self.resolve_within(list, site, left).into_iter().find_map(|definition| match definition {
            Definition::Value(Expr { kind: Kind::List(items), .. }, owner) => {
                let mut found = Vec::new();
                for item in items {
                    match &item.kind {
                        Kind::Spread(inner) => found.extend(self.listed(inner, owner, env, left)?),
                        _ => found.push(self.texts_within(item, owner, env, left)),
                    }
                }
                Some(found)
            }
            // `parts.filter(Boolean)` leaves out what is empty.
            Definition::Value(Expr { kind: Kind::Call(call), .. }, owner)
                if call.callee.last_name() == "filter" && call.positional(0)?.is_name("Boolean") =>
            {
                let mut found = self.listed(call.callee.receiver()?, owner, env, left)?;
                found.retain(|texts| !texts.iter().all(|text| text.exact().is_some_and(|it| it.is_empty())));
                Some(found)
            }
            // `(...parts) => parts.join("/")`
            Definition::Parameter(function, index, steps) if steps.is_empty() => {
                let mut frames = std::iter::successors(env, |frame| frame.outer);
                let frame = frames.find(|frame| frame.function == function)?;
                let is_rest = self.function(function).parameters.get(index)?.kind == ParameterKind::Rest;
                let given = frame.call.arguments.iter().skip(index).filter(|_| is_rest);
                let texts = given.map(|it| self.texts_within(&it.value, frame.caller, frame.outer, left));
                is_rest.then(|| texts.collect())
            }
            _ => None,
        })
    }

    /// `__name__.split(".")[0]`
    pub(super) fn split_text(
        &self,
        object: &'p Expr<'p>,
        key: &'p Expr<'p>,
        site: Site,
        env: Option<&Env<'_, 'p>>,
        left: u32,
    ) -> Option<Vec<Text<'p>>> {
        let call = object.call().filter(|call| matches!(call.callee.last_name(), "split" | "rsplit"))?;
        let Kind::Number(at) = key.kind else { return None };
        let mark = call.positional(0)?.literal().filter(|_| call.arguments.len() == 1)?;
        let whole = self.texts_within(call.callee.receiver()?, site, env, left);
        let part = |text: &Text<'p>| {
            let text = text.exact()?;
            let parts: Vec<&str> = text.split(mark).collect();
            let count = parts.len() as f64;
            let at = if at < 0.0 { count + at } else { at };
            let part = parts.iter().zip(0_u32..).find(|(_, own)| (f64::from(*own) - at).abs() < 0.5)?;
            Some(Text::literal(*part.0))
        };
        whole.iter().map(part).collect()
    }

    /// The name under which a Python file of a package is imported.
    pub(super) fn dotted_name(&self, unit: usize) -> String {
        let path = self.path(unit).trim_end_matches(".py").trim_end_matches("/__init__");
        let parts: Vec<&str> = path.split('/').collect();
        let is_package = |folder: &[&str]| {
            let init = format!("{}/__init__.py", folder.join("/"));
            self.units.iter().any(|unit| unit.path == init)
        };
        let around = (1..parts.len()).rev().take_while(|end| is_package(&parts[..*end]));
        parts[around.last().unwrap_or(parts.len()) - 1..].join(".")
    }

    /// `PATHS[key]`, where the callers say which key; `None` where it has to be looked for without them.
    pub(super) fn entry_texts(
        &self,
        object: &'p Expr<'p>,
        key: &'p Expr<'p>,
        site: Site,
        env: Option<&Env<'_, 'p>>,
        left: u32,
    ) -> Option<Vec<Text<'p>>> {
        env.filter(|_| !matches!(key.kind, Kind::Text(_) | Kind::Number(_)))?;
        let keys: Vec<String> =
            self.texts_within(key, site, env, left).iter().map(Text::exact).collect::<Option<_>>()?;
        let mut found = Vec::new();
        for definition in self.resolve_within(object, site, left) {
            let Definition::Value(Expr { kind: Kind::Record(entries), .. }, owner) = definition else {
                return None;
            };
            for key in &keys {
                found.extend(self.texts_within(&entry(entries, key)?.value, owner, env, left));
            }
        }
        Some(found)
    }

    /// The elements of a parameter that takes the rest, `*prefixes`, or of a list that the caller gives.
    pub(super) fn given_elements(
        &self,
        over: &'p Expr<'p>,
        owner: Site,
        steps: &[Step<'p>],
        env: Option<&Env<'_, 'p>>,
        left: u32,
    ) -> Option<Vec<Text<'p>>> {
        env.filter(|_| matches!(over.kind, Kind::Name(_)))?;
        let definitions = self.resolve_within(over, owner, left);
        let [Definition::Parameter(function, index, inner)] = definitions.as_slice() else { return None };
        let frame = std::iter::successors(env, |frame| frame.outer).find(|it| it.function == *function)?;
        let given: Vec<&'p Expr<'p>> = match bind(self, frame.call, *function, *index, inner) {
            Bound::Argument(list, done) if done == inner.len() => {
                let items = self.elements(list, frame.caller, steps, left);
                return Some(items.iter().flat_map(|it| self.text_of(it, frame.outer, left)).collect());
            }
            _ if self.function(*function).parameters.get(*index)?.kind == ParameterKind::Rest => {
                let given = frame.call.arguments.iter().filter(|given| given.name.is_none() && !given.spread);
                given.skip(*index).map(|given| &given.value).collect()
            }
            _ => return None,
        };
        let texts = |it: &&'p Expr<'p>| self.text_of_steps(it, frame.caller, steps, frame.outer, left);
        Some(given.iter().flat_map(texts).collect())
    }

    pub(super) fn text_of_call(
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
            "replace" | "replaceAll" => {
                let part = |at: usize| {
                    let given = call.positional(at).map(|given| self.texts_within(given, site, env, left));
                    given.and_then(|given| given.into_iter().next())
                };
                let (old, new) = (part(0).and_then(|old| old.exact()), part(1));
                match (old.filter(|old| !old.is_empty()), new) {
                    (Some(old), Some(new)) => {
                        of_receiver().iter().map(|text| text.with_replaced(&old, &new)).collect()
                    }
                    _ => of_receiver(),
                }
            }
            "strip" | "trim" | "toString" | "rstrip" | "lstrip" | "trimEnd" | "trimStart" | "encode"
            | "valueOf" | "removesuffix" | "removeprefix" => of_receiver(),
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
            "getenv" | "get" | "env" | "config" | "str_env" => {
                let default = call.keyword("default").or_else(|| call.positional(1));
                default.map(|default| self.texts_within(default, site, env, left)).unwrap_or_default()
            }
            _ => Vec::new(),
        }
    }
}

/// The address that a `URL` or `Request` was made of, where a part is asked that holds it.
pub(super) fn address<'p>(value: &'p Expr<'p>, steps: &[Step<'p>]) -> Option<&'p Expr<'p>> {
    let call = value.call().filter(|call| matches!(call.callee.last_name(), "URL" | "Request"))?;
    let [Step::Key("href" | "pathname" | "url")] = steps else { return None };
    call.positional(0)
}

/// `"{}/x/{name}"` of `str.format`: each brace is a hole.
fn braces<'p>(text: &Text<'p>) -> Text<'p> {
    with_holes(text, |rest| {
        let start = rest.find('{')?;
        Some((start, start + rest[start..].find('}')? + 1))
    })
}

/// Each mark, of two characters, is a hole.
pub(super) fn holes<'p>(text: &Text<'p>, marks: &[&str]) -> Text<'p> {
    with_holes(text, |rest| {
        let start = marks.iter().filter_map(|mark| rest.find(mark)).min()?;
        Some((start, start + 2))
    })
}

/// The text with a hole for each piece of its literals that `next` finds.
fn with_holes<'p>(text: &Text<'p>, next: impl Fn(&str) -> Option<(usize, usize)>) -> Text<'p> {
    let mut out = Text::default();
    for piece in &text.pieces {
        let Piece::Literal(literal) = piece else {
            out.push(piece.clone());
            continue;
        };
        let mut rest = literal.as_str();
        while let Some((start, end)) = next(rest) {
            out.push(Piece::Literal(rest[..start].to_owned()));
            out.push(Piece::Unknown);
            rest = &rest[end..];
        }
        out.push(Piece::Literal(rest.to_owned()));
    }
    out
}
