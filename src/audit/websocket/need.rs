//! What a helper's caller decides of a message, and whether a helper is called at all by code that can be followed.

use std::hash::{Hash, Hasher};

use crate::audit::code::Call;
use crate::audit::program::{Program, Site, Step};

use super::message::What;
use super::state::State;

/// A call that hands a message on; the same where it is the same call.
#[derive(Clone, Copy)]
pub(super) struct Origin<'p>(pub &'p Call<'p>, pub Site);

impl PartialEq for Origin<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl Eq for Origin<'_> {}

impl Hash for Origin<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::ptr::from_ref(self.0).hash(state);
    }
}

/// A message on its way, as far as it is known.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Sought<'p> {
    /// Where the message goes to the channel layer.
    pub origin: Origin<'p>,
    pub what: What<'p>,
    /// The event's type, where only the message inside is looked for.
    pub event: Option<String>,
    pub group: Option<String>,
    /// Whether what was found of its way so far lets it through.
    pub state: State,
}

/// What a helper's caller decides of it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Need<'p> {
    pub sought: Sought<'p>,
    pub function: Site,
    pub index: usize,
    pub steps: Vec<Step<'p>>,
}

/// Something that is no call of it by name may call it: it is an argument of another call, or a decorator takes it.
pub(in crate::audit) fn is_handed_on(program: &Program<'_>, function: Site) -> bool {
    let declared = program.function(function);
    let name = declared.name;
    let mut calls = program.python_with([name]).into_iter().flat_map(|unit| program.calls_of(unit));
    !declared.decorators.is_empty()
        || calls.any(|call| {
            let mut given = call.call.arguments.iter().map(|argument| &argument.value);
            let named = given.find(|value| value.last_name() == name && value.call().is_none());
            named.is_some_and(|value| program.functions(value, call.site).contains(&function))
                && !program.is_test(call.site.unit)
        })
}
