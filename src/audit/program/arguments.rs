//! Which argument of a call a parameter gets.

use super::{Program, Site, Step};
use crate::audit::code::{Call, CallForm, Expr, Kind, ParameterKind, Role, entry};

/// What a call gives to a parameter.
#[derive(Debug, Clone, Copy)]
pub(in crate::audit) enum Bound<'p> {
    /// An expression of the caller, and the steps into it that are still to be done.
    Argument(&'p Expr<'p>, usize),
    /// The default, an expression of the function itself.
    Default(&'p Expr<'p>),
    /// Nothing that could be found.
    Unknown,
}

/// Binds parameter `index` (and the steps into it) of `function` at a call of it.
pub(in crate::audit) fn bind<'p>(
    program: &Program<'p>,
    call: &'p Call<'p>,
    function: Site,
    index: usize,
    steps: &[Step<'p>],
) -> Bound<'p> {
    let declared = program.function(function);
    let Some(parameter) = declared.parameters.get(index) else { return Bound::Unknown };
    let offset = usize::from(takes_instance(program, function, call));
    if index < offset {
        return Bound::Unknown;
    }
    let before = program.given_before(call);
    let first = before.map_or(0, |it| it.arguments.iter().filter(|given| given.name.is_none()).count());
    let positional = |at: usize| match before {
        Some(before) if at < first => before.positional(at),
        _ => call.positional(at - first),
    };
    let by_name = call.keyword(parameter.name()).or_else(|| before?.keyword(parameter.name()));
    let by_name = by_name.filter(|_| !parameter.name().is_empty());
    let given = match parameter.kind {
        ParameterKind::Plain => by_name.or_else(|| positional(index - offset)),
        ParameterKind::KeywordOnly => by_name,
        ParameterKind::Rest => match steps {
            [Step::Index(at), ..] => {
                let given = positional(index - offset + at);
                return given.map_or(Bound::Unknown, |given| Bound::Argument(given, 1));
            }
            _ => return Bound::Unknown,
        },
        ParameterKind::RestKeywords => return Bound::Unknown,
    };
    let Some(given) = given else {
        let field = || match steps.first() {
            Some(Step::Key(key)) => field_default(program, function, index, key),
            _ => None,
        };
        return match &parameter.default {
            // `function ({ every = 5000 } = {})`
            Some(Expr { kind: Kind::Record(entries), .. }) if !steps.is_empty() => {
                let own = match steps.first() {
                    Some(Step::Key(key)) => entry(entries, key).map(|found| &found.value),
                    _ => None,
                };
                own.or_else(field).map_or(Bound::Unknown, Bound::Default)
            }
            Some(default) if !call.has_spread() => Bound::Default(default),
            _ => Bound::Unknown,
        };
    };
    match steps {
        [Step::Key(key), ..] => within(given, key).unwrap_or_else(|| {
            field_default(program, function, index, key).map_or(Bound::Unknown, Bound::Default)
        }),
        _ => Bound::Argument(given, 0),
    }
}

/// What a record says under a key, itself or by a record that is spread into it: `<Poller {...{ url, every }} />`.
fn within<'p>(given: &'p Expr<'p>, key: &str) -> Option<Bound<'p>> {
    let Kind::Record(entries) = &given.kind else { return Some(Bound::Argument(given, 0)) };
    if let Some(found) = entry(entries, key) {
        return Some(Bound::Argument(&found.value, 1));
    }
    let spread = entries.iter().rev().filter(|entry| entry.key.is_none());
    spread.filter_map(|entry| within(&entry.value, key)).next()
}

/// `true` where the call does not write the first parameter: `object.method(x)`.
fn takes_instance(program: &Program<'_>, function: Site, call: &Call<'_>) -> bool {
    let declared = program.function(function);
    let python = program.is_python(function.unit);
    let through_class = call.callee.receiver().is_some_and(|receiver| {
        receiver.last_name().starts_with(|first: char| first.is_uppercase()) && receiver.receiver().is_none()
    });
    let class_method = declared.decorators.iter().any(|decorator| decorator.is_name("classmethod"));
    python
        && declared.role == Role::Method
        && (class_method || !through_class)
        && matches!(call.form, CallForm::Plain | CallForm::Later)
}

/// The default in `function ({ key = default })`.
fn field_default<'p>(program: &Program<'p>, function: Site, index: usize, key: &str) -> Option<&'p Expr<'p>> {
    let declared = program.function(function);
    let crate::audit::code::Pattern::Record(fields) = &declared.parameters.get(index)?.pattern else {
        return None;
    };
    fields.iter().find(|field| field.key == key)?.default.as_ref()
}

/// What is wrong with a call of a known function: an unknown keyword, or positional arguments that do not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::audit) enum Misfit {
    UnknownKeyword(String),
    TooMany { given: usize, taken: usize },
    Missing(String),
}

impl<'p> Program<'p> {
    /// Python only: TypeScript's compiler does this itself.
    pub fn misfit(&self, call: &'p Call<'p>, function: Site) -> Option<Misfit> {
        let declared = self.function(function);
        let decorated = declared.decorators.iter().any(|decorator| {
            !matches!(
                decorator.last_name(),
                "staticmethod" | "classmethod" | "database_sync_to_async" | "sync_to_async"
            )
        });
        let later = call.form == CallForm::Later || self.given_before(call).is_some();
        if !self.is_python(function.unit) || decorated || call.has_spread() || later {
            return None;
        }
        let parameters = &declared.parameters;
        let offset = usize::from(takes_instance(self, function, call));
        let open = |kind: ParameterKind| parameters.iter().any(|parameter| parameter.kind == kind);
        for argument in &call.arguments {
            let Some(name) = argument.name else { continue };
            let known = parameters.iter().any(|parameter| {
                parameter.name() == name
                    && matches!(parameter.kind, ParameterKind::Plain | ParameterKind::KeywordOnly)
            });
            if !known && !open(ParameterKind::RestKeywords) {
                return Some(Misfit::UnknownKeyword(name.to_owned()));
            }
        }
        let plain = parameters.iter().filter(|parameter| parameter.kind == ParameterKind::Plain).count();
        let given = call.arguments.iter().filter(|argument| argument.name.is_none()).count();
        let taken = plain.saturating_sub(offset);
        if given > taken && !open(ParameterKind::Rest) {
            return Some(Misfit::TooMany { given, taken });
        }
        let missing = parameters.iter().enumerate().skip(offset).find(|(index, parameter)| {
            let by_position = parameter.kind == ParameterKind::Plain && index - offset < given;
            let required = matches!(parameter.kind, ParameterKind::Plain | ParameterKind::KeywordOnly);
            required
                && parameter.default.is_none()
                && !by_position
                && call.keyword(parameter.name()).is_none()
        });
        missing.map(|(_, parameter)| Misfit::Missing(parameter.name().to_owned()))
    }
}
