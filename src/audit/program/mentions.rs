//! Which functions of a Python file mention a name, so that nobody reads whole files for each name anew.

use std::collections::HashMap;

use super::{Program, Site};
use crate::audit::code::visit::{self, Part};
use crate::audit::code::{Expr, Kind};

/// The functions of one file by the names that they mention, each once and in their order.
pub(super) type Mentions<'p> = HashMap<&'p str, Vec<usize>>;

/// The name that an expression mentions by itself.
pub(in crate::audit) fn mentioned<'p>(expr: &'p Expr<'p>) -> Option<&'p str> {
    match &expr.kind {
        Kind::Name(name) | Kind::Member(_, name) => Some(name),
        // Django, celery and importlib name code by dotted texts.
        Kind::Text(std::borrow::Cow::Borrowed(text)) => Some(text.rsplit_once(['.', ':'])?.1),
        _ => None,
    }
}

impl<'p> Program<'p> {
    /// The functions of a file that mention a name.
    pub fn mentioning(&self, unit: usize, name: &str) -> impl Iterator<Item = Site> + use<'_, 'p> {
        let mentions = self.per_unit(unit).mentions.get_or_init(|| self.mentions(unit));
        let functions = mentions.get(name).map_or(&[][..], Vec::as_slice);
        functions.iter().map(move |function| Site { unit, function: *function })
    }

    fn mentions(&self, unit: usize) -> Mentions<'p> {
        let mut found = Mentions::new();
        for site in self.sites([unit]) {
            visit::function(self.function(site), &mut |part, _| {
                let Part::Expression(expr) = part else { return };
                let Some(name) = mentioned(expr) else { return };
                let functions = found.entry(name).or_default();
                if functions.last() != Some(&site.function) {
                    functions.push(site.function);
                }
            });
        }
        found
    }
}
