//! Who calls a function of Python.

use super::{CallSite, ClassId, Definition, Program, Site};
use crate::audit::code::Call;

impl<'p> Program<'p> {
    /// The calls of a function, those in tests left out.
    pub fn callers(&self, function: Site) -> impl Iterator<Item = CallSite<'p>> + use<'_, 'p> {
        let name = self.function(function).name;
        // `notify = Notifier()` is called by its own name.
        let class = self.function(function).class.filter(|_| name == "__call__");
        let class = class.map(|class| ClassId { unit: function.unit, class });
        let names = class.map_or_else(|| self.names_of(function), |class| self.kept_as(class));
        let named = names.into_iter().flat_map(|name| self.python_calls(name));
        named.filter(move |call| {
            !self.is_test(call.site.unit) && self.may_call(call.call, call.site, function)
        })
    }

    /// `true` where the call calls the function: resolved, or an unknown object's method of that name.
    fn may_call(&self, call: &'p Call<'p>, site: Site, function: Site) -> bool {
        let callees = self.functions(&call.callee, site);
        if callees.contains(&function) {
            return true;
        }
        let class = self.function(function).class.map(|class| ClassId { unit: function.unit, class });
        let is_method = class.is_some();
        let unknown = callees.is_empty() && call.callee.receiver().is_some();
        let another = |it: &Definition<'p>| match it {
            Definition::Instance(id) => class.is_some_and(|own| {
                !self.ancestry(*id).0.contains(&own) && !self.ancestry(own).0.contains(id)
            }),
            _ => false,
        };
        let receiver = call.callee.receiver().map(|object| self.resolve(object, site)).unwrap_or_default();
        if !receiver.is_empty() && receiver.iter().all(another) {
            return false;
        }
        let external = self
            .resolve(&call.callee, site)
            .iter()
            .any(|definition| matches!(definition, Definition::External(_)));
        is_method && unknown && !external
    }
}
