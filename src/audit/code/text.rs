//! Texts that consist of parts.

use std::borrow::Cow;

use super::{Expr, Kind};

/// One text where all parts are text, otherwise a template.
pub(super) fn join(mut parts: Vec<Expr<'_>>) -> Kind<'_> {
    if parts.is_empty() {
        return Kind::Text(Cow::Borrowed(""));
    }
    if parts.iter().all(|part| matches!(part.kind, Kind::Text(_))) {
        if parts.len() == 1 {
            return parts.remove(0).kind;
        }
        return Kind::Text(Cow::Owned(parts.iter().filter_map(Expr::literal).collect()));
    }
    Kind::Template(parts)
}

/// The value, borrowed from the source where it stands there as it is.
pub(super) fn borrowed<'s>(written: &'s str, value: &str) -> Cow<'s, str> {
    let found = written.find(value).and_then(|at| written.get(at..at + value.len()));
    match found {
        Some(same) => Cow::Borrowed(same),
        None => Cow::Owned(value.to_owned()),
    }
}
