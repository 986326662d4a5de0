//! What a piece of code may lead to: the functions it calls, refers to or hands on, transitively.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{Definition, Program, Site, Step};
use crate::audit::code::visit::{self, Guard, Part};
use crate::audit::code::{Expr, Kind};

/// React's state and context, and descriptions of endpoints: their arguments do not run when their result is used.
const STATE: [&str; 9] = [
    "useState",
    "useReducer",
    "useContext",
    "createContext",
    "useId",
    "useTransition",
    "createApi",
    "injectEndpoints",
    "enhanceEndpoints",
];

/// A store that is only told a state or asked for it runs nothing: `store.setState({ rows })`. `silent`: those of the
/// expressions visited before, from outside in.
pub(in crate::audit) fn is_only_asked<'p>(expr: &'p Expr<'p>, silent: &mut Vec<*const Expr<'p>>) -> bool {
    let store = match &expr.kind {
        Kind::Member(store, "setState" | "getState" | "getInitialState") => {
            silent.push(expr);
            Some(&**store)
        }
        Kind::Call(call) if call.callee.is_name("useStore") => call.positional(0),
        _ => None,
    };
    silent.extend(store.map(std::ptr::from_ref));
    silent.contains(&std::ptr::from_ref(expr))
}

impl<'p> Program<'p> {
    /// The functions that a function's own body refers to, those written inside it as values among them;
    /// what stands where nothing ever comes refers to nothing.
    pub fn edges(&self, site: Site) -> &[Site] {
        self.per_unit(site.unit).edges[site.function].get_or_init(|| {
            let mut found = BTreeSet::new();
            let mut failing: HashMap<(*const Expr<'p>, bool), bool> = HashMap::new();
            // What is switched off in Python may be switched on by its settings.
            let python = self.is_python(site.unit);
            let mut silent: Vec<*const Expr<'p>> = Vec::new();
            visit::function(self.function(site), &mut |part, context| {
                let Part::Expression(expr) = part else { return };
                if is_only_asked(expr, &mut silent) {
                    return;
                }
                let mut fails = |guard: &Guard<'p, 'p>| {
                    let key = (std::ptr::from_ref(guard.test), guard.holds);
                    *failing.entry(key).or_insert_with(|| self.fails(guard, site))
                };
                if python || !(context.dead || context.guards.iter().any(&mut fails)) {
                    self.refer(expr, site, &mut found, &mut HashSet::new());
                }
            });
            found.remove(&site);
            found.into_iter().collect()
        })
    }

    /// Everything that may run when these functions run, themselves included.
    pub fn reach(&self, start: impl IntoIterator<Item = Site>) -> BTreeSet<Site> {
        let mut queue: Vec<Site> = start.into_iter().collect();
        let mut seen: BTreeSet<Site> = queue.iter().copied().collect();
        while let Some(site) = queue.pop() {
            for next in self.edges(site) {
                if seen.insert(*next) {
                    queue.push(*next);
                }
            }
        }
        seen
    }

    /// The functions that an expression refers to, at any depth inside it.
    pub fn referred(&self, expr: &'p Expr<'p>, site: Site) -> BTreeSet<Site> {
        let mut found = BTreeSet::new();
        let (mut seen, mut silent) = (HashSet::new(), Vec::new());
        visit::expression(expr, &mut |part| {
            if !is_only_asked(part, &mut silent) {
                self.refer(part, site, &mut found, &mut seen);
            }
        });
        found
    }

    /// The functions that a part of what an expression means refers to.
    pub fn referred_at(&self, expr: &'p Expr<'p>, steps: &[Step<'p>], site: Site) -> BTreeSet<Site> {
        if steps.is_empty() {
            return self.referred(expr, site);
        }
        let (mut found, mut seen) = (BTreeSet::new(), HashSet::new());
        for whole in self.resolve(expr, site) {
            for part in self.stepped(&whole, steps, site) {
                self.refer_to(&part, &mut found, &mut seen);
            }
        }
        found
    }

    fn refer(
        &self,
        expr: &'p Expr<'p>,
        site: Site,
        found: &mut BTreeSet<Site>,
        seen: &mut HashSet<*const Expr<'p>>,
    ) {
        match &expr.kind {
            Kind::Function(function) => {
                found.insert(Site { unit: site.unit, function: *function });
            }
            Kind::Name(_) | Kind::Member(..) | Kind::Index(..) => {
                for definition in self.resolve(expr, site) {
                    self.refer_to(&definition, found, seen);
                }
            }
            Kind::Call(call) => {
                for definition in self.resolve(&call.callee, site) {
                    let (class, methods) = match definition {
                        Definition::Class(class) => (class, &["__init__", "constructor"][..]),
                        Definition::Instance(class) if self.is_python(site.unit) => {
                            (class, &["__call__"][..])
                        }
                        _ => continue,
                    };
                    found.extend(methods.iter().filter_map(|name| self.method(class, name)));
                }
                found.extend(self.store_actions(call, site));
                self.refer_to_given(call, site, found, seen);
            }
            Kind::Record(entries) => {
                for spread in entries.iter().filter(|entry| entry.key.is_none()) {
                    self.refer_to_record(&spread.value, site, found, seen);
                }
            }
            _ => {}
        }
    }

    /// A library's function may run what a record that it is given holds: `useQuery(lotsOptions)`.
    fn refer_to_given(
        &self,
        call: &'p crate::audit::code::Call<'p>,
        site: Site,
        found: &mut BTreeSet<Site>,
        seen: &mut HashSet<*const Expr<'p>>,
    ) {
        if self.is_python(site.unit) || STATE.contains(&call.callee.last_name()) {
            return;
        }
        let names = call.arguments.iter().map(|argument| &argument.value);
        let mut names = names.filter(|value| matches!(value.kind, Kind::Name(_))).peekable();
        let external = |definition: &Definition<'p>| matches!(definition, Definition::External(_));
        if names.peek().is_some() && self.resolve(&call.callee, site).iter().all(external) {
            names.for_each(|name| self.refer_to_record(name, site, found, seen));
        }
    }

    /// The functions in a record that a name stands for.
    fn refer_to_record(
        &self,
        name: &'p Expr<'p>,
        site: Site,
        found: &mut BTreeSet<Site>,
        seen: &mut HashSet<*const Expr<'p>>,
    ) {
        for definition in self.resolve(name, site) {
            let Definition::Value(record, owner) = definition else { continue };
            if matches!(record.kind, Kind::Record(_)) && seen.len() <= 64 && seen.insert(record) {
                visit::expression(record, &mut |part| self.refer(part, owner, found, seen));
            }
        }
    }

    /// `get().load()` and `useStore.getState().load()`: the action of that name, where the store is written.
    fn store_actions(&self, call: &'p crate::audit::code::Call<'p>, site: Site) -> Vec<Site> {
        let Some(state) = call.callee.receiver().and_then(Expr::call) else { return Vec::new() };
        let unit = match state.callee.last_name() {
            "get" if state.arguments.is_empty() => Some(site.unit),
            "getState" => state.callee.receiver().and_then(|store| {
                self.resolve(store, site).into_iter().find_map(|definition| match definition {
                    Definition::Value(_, owner) => Some(owner.unit),
                    _ => None,
                })
            }),
            _ => None,
        };
        unit.map(|unit| self.labelled(unit, call.callee.last_name())).unwrap_or_default()
    }

    fn refer_to(
        &self,
        definition: &Definition<'p>,
        found: &mut BTreeSet<Site>,
        seen: &mut HashSet<*const Expr<'p>>,
    ) {
        match definition {
            Definition::Function(function) => {
                found.insert(*function);
            }
            // `dispatch(api.endpoints.balance.initiate())`
            Definition::Part(value, owner, steps) if matches!(steps[..], [Step::Key("endpoints"), ..]) => {
                let of_it = |call| self.endpoints_of(call, *owner);
                let all = value.call().map(of_it).unwrap_or_default().into_iter();
                let own = all.filter(|it| steps.get(1) == Some(&Step::Key(it.name)));
                found.extend(own.flat_map(|it| self.asking(&it)));
            }
            // `const { load } = get()`
            Definition::Part(value, owner, steps)
                if matches!(steps[..], [Step::Key(_)])
                    && value.call().is_some_and(|it| it.arguments.is_empty() && it.callee.is_name("get")) =>
            {
                if let [Step::Key(name)] = steps[..] {
                    found.extend(self.labelled(owner.unit, name));
                }
            }
            Definition::Value(value, owner) | Definition::Part(value, owner, _) => {
                self.refer_into(value, *owner, found, seen);
            }
            // `feed.tick()`, where the callers say which feed it is.
            Definition::Parameter(function, index, steps) if self.is_python(function.unit) => {
                if let [Step::Key(method)] = steps[..] {
                    found.extend(self.methods_of_given(*function, *index, method));
                }
            }
            // `for (const job of jobs) job()`
            Definition::Element(over, owner, steps) => {
                for element in self.elements(over, *owner, steps, 8) {
                    if let Definition::Function(function) = element {
                        found.insert(function);
                    }
                }
            }
            _ => {}
        }
    }

    /// A variable stands for what its value was made of: `const load = useCallback(fetchAll)`,
    /// `const { refetch } = useQuery({ queryFn })`.
    fn refer_into(
        &self,
        value: &'p Expr<'p>,
        owner: Site,
        found: &mut BTreeSet<Site>,
        seen: &mut HashSet<*const Expr<'p>>,
    ) {
        if seen.len() > 64 || !seen.insert(std::ptr::from_ref(value)) {
            return;
        }
        let Some(call) = value.call() else { return };
        if STATE.contains(&call.callee.last_name()) {
            return;
        }
        // What a slice does when somebody else has loaded something is nothing that its actions run.
        if let ("createSlice", Some(entries)) =
            (call.callee.last_name(), call.positional(0).and_then(Expr::entries))
        {
            let others =
                |key: &Option<Expr<'p>>| key.as_ref().and_then(Expr::literal) != Some("extraReducers");
            for entry in entries.iter().filter(|entry| others(&entry.key)) {
                visit::expression(&entry.value, &mut |part| self.refer(part, owner, found, seen));
            }
            return;
        }
        if call.callee.last_name() == "useRef" {
            self.refer_to_current(value, owner, found, seen);
        }
        visit::expression(value, &mut |part| self.refer(part, owner, found, seen));
    }

    /// `ref.current = load` elsewhere in the same function.
    fn refer_to_current(
        &self,
        reference: &'p Expr<'p>,
        owner: Site,
        found: &mut BTreeSet<Site>,
        seen: &mut HashSet<*const Expr<'p>>,
    ) {
        for (value, site) in self.assigned_to_current(reference, owner) {
            visit::expression(value, &mut |part| self.refer(part, site, found, seen));
        }
    }

    /// The places to which a function assigns, and what: `this.http = create()`.
    pub fn places(&self, site: Site) -> &[(&'p Expr<'p>, &'p Expr<'p>)] {
        &self.scope(site).places
    }

    /// The values assigned to `.current` of a reference, in the function that made it and those inside it.
    pub fn assigned_to_current(&self, reference: &'p Expr<'p>, owner: Site) -> Vec<(&'p Expr<'p>, Site)> {
        self.assigned_to_current_within(reference, owner, super::resolve::FARTHEST)
    }

    pub(super) fn assigned_to_current_within(
        &self,
        reference: &'p Expr<'p>,
        owner: Site,
        left: u32,
    ) -> Vec<(&'p Expr<'p>, Site)> {
        let functions = self.module(owner.unit).functions.len();
        let mut found = Vec::new();
        for function in 0..functions {
            let site = Site { unit: owner.unit, function };
            if !self.is_inside(site, owner) {
                continue;
            }
            for (place, value) in &self.scope(site).places {
                let Kind::Member(object, "current") = &place.kind else { continue };
                if self.resolve_within(object, site, left).iter().any(|it| it.is(reference)) {
                    found.push((*value, site));
                }
            }
        }
        found
    }

    /// `true` where a function is `outer` or is written inside it.
    pub fn is_inside(&self, site: Site, outer: Site) -> bool {
        let mut current = site;
        loop {
            if current == outer {
                return true;
            }
            if current.function == 0 || current.unit != outer.unit {
                return false;
            }
            current.function = self.function(current).parent;
        }
    }
}
