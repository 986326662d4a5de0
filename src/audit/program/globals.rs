//! What scripts keep where every script finds it: `window.refresh = load`, and later `window.refresh()`.

use std::collections::HashMap;

use super::{Definition, Program, Site};
use crate::audit::code::{Expr, Kind};

/// The browser's names for the object that holds what is global.
pub(super) const GLOBAL: [&str; 3] = ["window", "globalThis", "self"];

impl<'p> Program<'p> {
    /// What a name of the global object was given in this tree.
    pub(super) fn global(&self, name: &str, left: u32) -> Vec<Definition<'p>> {
        let given = self.globals.get_or_init(|| self.assigned_globals()).get(name);
        given
            .into_iter()
            .flatten()
            .flat_map(|(value, site)| self.resolve_within(value, *site, left))
            .collect()
    }

    fn assigned_globals(&self) -> HashMap<&'p str, Vec<(&'p Expr<'p>, Site)>> {
        let mut found: HashMap<&'p str, Vec<(&'p Expr<'p>, Site)>> = HashMap::new();
        let mut units = self.scripts_with(GLOBAL);
        units.retain(|unit| !self.is_test(*unit));
        for site in self.sites(units) {
            for (place, value) in self.places(site) {
                if let Kind::Member(object, name) = &place.kind
                    && GLOBAL.iter().any(|global| object.is_name(global))
                {
                    found.entry(name).or_default().push((*value, site));
                }
            }
        }
        found
    }
}
