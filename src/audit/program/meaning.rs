//! What an expression means, where only one kind of meaning is asked for.

use super::{ClassId, Definition, Program, Site};
use crate::audit::code::{Call, Entry, Expr};

impl<'p> Program<'p> {
    /// The values that it stands for, each with the function in which it is written.
    pub fn values(
        &self,
        expr: &'p Expr<'p>,
        site: Site,
    ) -> impl Iterator<Item = (&'p Expr<'p>, Site)> + use<'p> {
        self.resolve(expr, site).into_iter().filter_map(|it| match it {
            Definition::Value(value, owner) => Some((value, owner)),
            _ => None,
        })
    }

    /// The records among them.
    pub fn records(
        &self,
        expr: &'p Expr<'p>,
        site: Site,
    ) -> impl Iterator<Item = (&'p [Entry<'p>], Site)> + use<'p> {
        self.values(expr, site).filter_map(|(value, owner)| Some((value.entries()?, owner)))
    }

    /// The calls whose results it stands for.
    pub fn results_of(
        &self,
        expr: &'p Expr<'p>,
        site: Site,
    ) -> impl Iterator<Item = (&'p Call<'p>, Site)> + use<'p> {
        self.values(expr, site).filter_map(|(value, owner)| Some((value.call()?, owner)))
    }

    /// It stands for this value.
    pub fn is_value(&self, expr: &'p Expr<'p>, site: Site, wanted: &Expr<'p>) -> bool {
        self.values(expr, site).any(|(value, _)| std::ptr::eq(value, wanted))
    }

    /// It stands for the result of this call.
    pub fn is_result(&self, expr: &'p Expr<'p>, site: Site, wanted: &Call<'p>) -> bool {
        self.results_of(expr, site).any(|(call, _)| std::ptr::eq(call, wanted))
    }

    /// The class that it names.
    pub fn class_named(&self, expr: &'p Expr<'p>, site: Site) -> Option<ClassId> {
        self.resolve(expr, site).into_iter().find_map(|it| match it {
            Definition::Class(class) => Some(class),
            _ => None,
        })
    }

    /// The class of this dotted name: `rest.permissions.Nobody`.
    pub fn class_at(&self, dotted: &str, site: Site) -> Option<ClassId> {
        let (module, name) = dotted.rsplit_once('.')?;
        let unit = self.python_modules().resolve(self.path(site.unit), module)?;
        self.class_ids([unit]).find(|id| self.class(*id).name == name)
    }

    /// It may be something from outside of the tree whose dotted name passes the test.
    pub fn is_outside(&self, expr: &'p Expr<'p>, site: Site, test: impl Fn(&str) -> bool) -> bool {
        self.resolve(expr, site).iter().any(|it| matches!(it, Definition::External(path) if test(path)))
    }

    /// The calls that a function itself makes.
    pub fn calls_in_function(&self, site: Site) -> Vec<&'p Call<'p>> {
        crate::audit::code::visit::calls(self.function(site))
    }
}
