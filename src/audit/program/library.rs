//! What a call of a library's function stands for: React's memory and context, wrappers that hand on what they are
//! given, elements of lists that are mapped, filtered and put together, parameters of callbacks.

use super::resolve::{Definition, Step};
use super::{CallSite, Program, Site};
use crate::audit::code::visit::{self, Part};
use crate::audit::code::{Call, CallForm, Expr, Kind, Operator, entry};

/// Calls that give back their first argument, or something that behaves like it.
const SAME: [&str; 21] = [
    "useCallback",
    "useEvent",
    "useEffectEvent",
    "useEventCallback",
    "useLatest",
    "memo",
    "forwardRef",
    "observer",
    "freeze",
    "seal",
    "markRaw",
    "readonly",
    "debounce",
    "throttle",
    "useDeferredValue",
    "structuredClone",
    "partialmethod",
    "cast",
    "lru_cache",
    "unref",
    "toRaw",
];
/// Calls that give back what the function that they are given returns.
const RESULT: [&str; 7] =
    ["useMemo", "computed", "memoizeOne", "once", "lazy_init", "SimpleLazyObject", "useConst"];
/// Methods of lists whose result has elements of the list.
const PART_OF_LIST: [&str; 10] =
    ["slice", "filter", "reverse", "toReversed", "sort", "toSorted", "flat", "concat", "copy", "values"];
/// Functions and constructors that make a list of what they are given.
const LIST_OF: [&str; 9] =
    ["list", "tuple", "sorted", "set", "frozenset", "reversed", "from", "Set", "Array"];
impl<'p> Program<'p> {
    /// What a call of a function from outside of the tree stands for; `None` where that is not known.
    pub(super) fn library(
        &self,
        call: &'p Call<'p>,
        callee: &[Definition<'p>],
        site: Site,
        left: u32,
    ) -> Option<Vec<Definition<'p>>> {
        let name = call.callee.last_name();
        if let Kind::Function(function) = call.callee.kind {
            return Some(self.results(Site { unit: site.unit, function }, left));
        }
        if !callee.iter().all(|definition| matches!(definition, Definition::External(_))) {
            return None;
        }
        let first = call.positional(0)?;
        let known = |found: Vec<Definition<'p>>| (!found.is_empty()).then_some(found);
        match name {
            "useContext" | "use" | "inject" => known(self.context(first, site, left)),
            "createContext" => None,
            "assign" if call.arguments.len() > 1 => known(
                call.arguments
                    .iter()
                    .flat_map(|given| self.resolve_within(&given.value, site, left))
                    .collect(),
            ),
            _ if SAME.contains(&name) => known(self.resolve_within(first, site, left)),
            _ if RESULT.contains(&name) => {
                let functions = self.resolve_within(first, site, left).into_iter();
                known(
                    functions
                        .flat_map(|definition| match definition {
                            Definition::Function(function) => self.results(function, left),
                            _ => Vec::new(),
                        })
                        .collect(),
                )
            }
            _ => None,
        }
    }

    /// What the providers of a context give, or its default.
    fn context(&self, context: &'p Expr<'p>, site: Site, left: u32) -> Vec<Definition<'p>> {
        let Some(left) = left.checked_sub(1) else { return Vec::new() };
        let Some((wanted, owner)) = self.made_as(context, site, left) else { return Vec::new() };
        let mut found = Vec::new();
        let mut provided = |call: &CallSite<'p>, context: &'p Expr<'p>| {
            let own = self.made_as(context, call.site, left);
            if !own.is_some_and(|(own, _)| std::ptr::eq(own, wanted)) {
                return;
            }
            let Some(Expr { kind: Kind::Record(entries), .. }) = call.call.positional(0) else { return };
            if let Some(value) = entry(entries, "value") {
                found.extend(self.resolve_within(&value.value, call.site, left));
            }
        };
        for call in self.script_calls("Provider").iter() {
            if let Some(context) = call.call.callee.receiver() {
                provided(call, context);
            }
        }
        if context.last_name() != "Provider" {
            for call in self.script_calls(context.last_name()).iter() {
                if call.call.form == CallForm::Element {
                    provided(call, &call.call.callee);
                }
            }
        }
        if found.is_empty()
            && let Some(default) = wanted.call().and_then(|made| made.positional(0))
        {
            found = self.resolve_within(default, owner, left);
        }
        found
    }

    /// The call of a library that made what an expression stands for.
    fn made_as(&self, expr: &'p Expr<'p>, site: Site, left: u32) -> Option<(&'p Expr<'p>, Site)> {
        self.resolve_within(expr, site, left).into_iter().find_map(|definition| match definition {
            Definition::Value(value, owner) if value.call().is_some() => Some((value, owner)),
            _ => None,
        })
    }

    /// What `.current` of a reference may be: what it was made with, and what is assigned to it.
    pub(super) fn current(&self, reference: &'p Expr<'p>, owner: Site, left: u32) -> Vec<Definition<'p>> {
        let Some(call) = reference.call() else { return Vec::new() };
        if !matches!(call.callee.last_name(), "useRef" | "createRef" | "useLatest") {
            return Vec::new();
        }
        let Some(left) = left.checked_sub(2) else { return Vec::new() };
        let first = call.positional(0).filter(|first| !matches!(first.kind, Kind::Null));
        let mut found = first.map(|first| self.resolve_within(first, owner, left)).unwrap_or_default();
        for (_, value, site) in self.assigned_to_current_within(reference, owner, left) {
            found.extend(self.resolve_within(value, site, left));
        }
        found
    }

    /// The value of a state at the beginning, and those it is set to.
    pub(super) fn state(
        &self,
        made: &'p Expr<'p>,
        owner: Site,
        steps: &[Step<'p>],
        left: u32,
    ) -> Vec<Definition<'p>> {
        let (Some(call), [Step::Index(0), rest @ ..]) = (made.call(), steps) else { return Vec::new() };
        let Some(left) = left.checked_sub(2).filter(|_| call.callee.last_name() == "useState") else {
            return Vec::new();
        };
        let Some(first) = call.positional(0) else { return Vec::new() };
        let mut whole: Vec<Definition<'p>> = Vec::new();
        for definition in self.resolve_within(first, owner, left) {
            match definition {
                Definition::Function(function) => whole.extend(self.results(function, left)),
                other => whole.push(other),
            }
        }
        self.steps(whole, rest, owner, left)
    }

    /// What the elements of a list may be, some steps into each.
    pub(super) fn elements(
        &self,
        over: &'p Expr<'p>,
        site: Site,
        steps: &[Step<'p>],
        left: u32,
    ) -> Vec<Definition<'p>> {
        // A list may hold what a loop over it gives: each turn costs more than a name does.
        let Some(left) = left.checked_sub(2) else { return Vec::new() };
        let mut found = Vec::new();
        for definition in self.resolve_within(over, site, left) {
            self.elements_of(&definition, steps, left, &mut found);
            if found.len() > 64 {
                break;
            }
        }
        found
    }

    fn elements_of(
        &self,
        definition: &Definition<'p>,
        steps: &[Step<'p>],
        left: u32,
        found: &mut Vec<Definition<'p>>,
    ) {
        let Some(left) = left.checked_sub(1) else { return };
        match definition {
            Definition::Value(value, owner) => match &value.kind {
                Kind::List(items) => {
                    for item in items.iter().take(64) {
                        match &item.kind {
                            Kind::Spread(inner) => found.extend(self.elements(inner, *owner, steps, left)),
                            _ => found.extend(self.steps(
                                self.resolve_within(item, *owner, left),
                                steps,
                                *owner,
                                left,
                            )),
                        }
                    }
                    for (added, site) in self.added_to(value, *owner, left) {
                        found.extend(self.steps(self.resolve_within(added, site, left), steps, site, left));
                    }
                }
                Kind::Record(entries) if steps.is_empty() => {
                    let keys = entries.iter().filter_map(|entry| entry.key.as_ref());
                    found.extend(keys.map(|key| Definition::Value(key, *owner)));
                }
                Kind::Comprehension(inner) => {
                    found.extend(self.steps(
                        self.resolve_within(&inner.element, *owner, left),
                        steps,
                        *owner,
                        left,
                    ));
                }
                Kind::Operation(Operator::Add, parts) => {
                    parts.iter().for_each(|part| found.extend(self.elements(part, *owner, steps, left)));
                }
                Kind::Call(call) => self.elements_of_call(call, *owner, steps, left, found),
                _ => {}
            },
            Definition::Element(over, owner, inner) => {
                for list in self.elements(over, *owner, inner, left) {
                    self.elements_of(&list, steps, left, found);
                }
            }
            Definition::Part(value, owner, inner) => {
                for list in self.state(value, *owner, inner, left) {
                    self.elements_of(&list, steps, left, found);
                }
            }
            _ => {}
        }
    }

    fn elements_of_call(
        &self,
        call: &'p Call<'p>,
        site: Site,
        steps: &[Step<'p>],
        left: u32,
        found: &mut Vec<Definition<'p>>,
    ) {
        let name = call.callee.last_name();
        let first = call.positional(0);
        let receiver = call.callee.receiver();
        match (name, receiver, first) {
            ("enumerate", _, Some(first)) => {
                if let [Step::Index(1), rest @ ..] = steps {
                    found.extend(self.elements(first, site, rest, left));
                }
            }
            ("zip", _, Some(_)) => {
                if let [Step::Index(at), rest @ ..] = steps
                    && let Some(list) = call.positional(*at)
                {
                    found.extend(self.elements(list, site, rest, left));
                }
            }
            ("entries" | "items", Some(receiver), given) => {
                let record = given.unwrap_or(receiver);
                if let [Step::Index(at), rest @ ..] = steps {
                    self.of_record(record, site, *at == 0, rest, left, found);
                }
            }
            ("keys", Some(receiver), given) => {
                self.of_record(given.unwrap_or(receiver), site, true, steps, left, found);
            }
            ("values", Some(_), Some(record)) => self.of_record(record, site, false, steps, left, found),
            ("values", Some(record), None) => {
                self.of_record(record, site, false, steps, left, found);
                found.extend(self.elements(record, site, steps, left));
            }
            ("map" | "flatMap", Some(_), Some(callback)) => {
                for function in self.functions_within(callback, site, left, 2) {
                    found.extend(self.steps(self.results(function, left), steps, function, left));
                }
            }
            ("concat", Some(receiver), _) => {
                found.extend(self.elements(receiver, site, steps, left));
                for given in &call.arguments {
                    found.extend(self.elements(&given.value, site, steps, left));
                }
            }
            (_, Some(receiver), _) if PART_OF_LIST.contains(&name) => {
                found.extend(self.elements(receiver, site, steps, left));
            }
            ("from", _, Some(list)) if call.arguments.len() > 1 => {
                let _ = list;
                if let Some(callback) = call.positional(1) {
                    for function in self.functions_within(callback, site, left, 2) {
                        found.extend(self.steps(self.results(function, left), steps, function, left));
                    }
                }
            }
            (_, _, Some(list)) if LIST_OF.contains(&name) => {
                found.extend(self.elements(list, site, steps, left))
            }
            _ => {
                for function in self.functions_within(&call.callee, site, left, 2) {
                    for list in self.results(function, left) {
                        self.elements_of(&list, steps, left, found);
                    }
                    visit::function(self.function(function), &mut |part, _| {
                        if let Part::Expression(Expr { kind: Kind::Yield(value), .. }) = part {
                            let given = self.resolve_within(value, function, left);
                            found.extend(self.steps(given, steps, function, left));
                        }
                    });
                }
            }
        }
    }

    /// The keys or the values of a record that is written out.
    fn of_record(
        &self,
        record: &'p Expr<'p>,
        site: Site,
        keys: bool,
        steps: &[Step<'p>],
        left: u32,
        found: &mut Vec<Definition<'p>>,
    ) {
        for definition in self.resolve_within(record, site, left) {
            let Definition::Value(Expr { kind: Kind::Record(entries), .. }, owner) = definition else {
                continue;
            };
            for entry in entries.iter().take(64) {
                let part = if keys { entry.key.as_ref() } else { Some(&entry.value) };
                let Some(part) = part else { continue };
                found.extend(self.steps(self.resolve_within(part, owner, left), steps, owner, left));
            }
        }
    }

    /// What is pushed onto a list that is written out, in its file.
    fn added_to(&self, list: &'p Expr<'p>, owner: Site, left: u32) -> Vec<(&'p Expr<'p>, Site)> {
        let Some(left) = left.checked_sub(2) else { return Vec::new() };
        let calls = &self.per_unit(owner.unit).calls;
        let adding = ["push", "append", "unshift", "add"].iter().filter_map(|name| calls.get(name)).flatten();
        let mut found = Vec::new();
        for call in adding {
            let same = call.call.callee.receiver().is_some_and(|receiver| {
                matches!(receiver.kind, Kind::Name(_))
                    && self.resolve_within(receiver, call.site, left).iter().any(
                        |definition| matches!(definition, Definition::Value(it, _) if std::ptr::eq(*it, list)),
                    )
            });
            if same {
                found.extend(call.call.arguments.iter().map(|given| (&given.value, call.site)));
            }
        }
        found
    }
}
