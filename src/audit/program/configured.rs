//! Conditions that hang on how a program is configured: settings, the environment, a package that decides.

use super::{Definition, Program, Site};
use crate::audit::code::visit;
use crate::audit::code::{Expr, Kind};

/// Names from a test to the configuration that it asks.
const FARTHEST: u32 = 6;

/// Packages that a test may ask without hanging on a configuration: it asks what the process itself has done so far.
const OF_THE_PROCESS: [&str; 8] =
    ["typing", "threading", "logging", "time", "inspect", "weakref", "asyncio", "django.apps"];

impl<'p> Program<'p> {
    /// A test asks for something that differs from one start of the program to another.
    pub fn is_configured(&self, test: &'p Expr<'p>, site: Site) -> bool {
        self.is_configured_within(test, site, FARTHEST)
    }

    fn is_configured_within(&self, test: &'p Expr<'p>, site: Site, left: u32) -> bool {
        let Some(left) = left.checked_sub(1) else { return false };
        let mut found = false;
        visit::expression(test, &mut |part| {
            if found || !matches!(part.kind, Kind::Name(_) | Kind::Member(..) | Kind::Call(_)) {
                return;
            }
            found = self.resolve(part, site).into_iter().any(|it| match it {
                Definition::External(path) => {
                    path.contains('.') && !OF_THE_PROCESS.iter().any(|own| path.starts_with(own))
                }
                Definition::Value(value, owner) if !std::ptr::eq(value, part) => {
                    self.is_configured_within(value, owner, left)
                }
                Definition::Function(function) => {
                    let mut returned = self.returns(function).into_iter();
                    returned.any(|value| self.is_configured_within(value, function, left))
                }
                _ => false,
            });
        });
        found
    }
}
