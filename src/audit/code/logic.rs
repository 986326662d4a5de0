//! What `not`, `and`, `or` and a choice make of their parts, of which some may not be known.

use super::{Expr, Kind, Operator};

/// Whether the expression counts as true, by what is known of its parts; the outer `None`: it is none of these.
pub(in crate::audit) fn joined<'p, 's>(
    expr: &'p Expr<'s>,
    of: impl Fn(&'p Expr<'s>) -> Option<bool>,
) -> Option<Option<bool>> {
    Some(match &expr.kind {
        Kind::Operation(Operator::Not, parts) => parts.first().and_then(of).map(|value| !value),
        Kind::Operation(operator @ (Operator::And | Operator::Or), parts) => {
            let decides = *operator == Operator::Or;
            let values: Vec<Option<bool>> = parts.iter().map(of).collect();
            match values.contains(&Some(decides)) {
                true => Some(decides),
                false => values.iter().all(Option::is_some).then_some(!decides),
            }
        }
        Kind::Choice(parts) => match of(&parts[0]) {
            Some(holds) => of(&parts[if holds { 1 } else { 2 }]),
            None => of(&parts[1]).filter(|then| of(&parts[2]) == Some(*then)),
        },
        _ => return None,
    })
}
