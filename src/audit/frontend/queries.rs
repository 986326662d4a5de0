//! Query libraries that repeat a request by an option: `refetchInterval`, `refreshInterval`, `pollingInterval`.

use std::collections::BTreeSet;

use crate::audit::code::visit::{self, Part};
use crate::audit::code::{Call, Entry, Expr, Kind, entry};
use crate::audit::program::{CallSite, Definition, Program, Site, Step};

use super::fetches::SWR;
use super::refetches::{Key, begins_with, key_of};

/// Hooks that take their options, where they give none themselves, from the client's `defaultOptions`.
pub(super) const HOOKS: [&str; 5] =
    ["useQuery", "useQueries", "useInfiniteQuery", "useSuspenseQuery", "useSuspenseInfiniteQuery"];

const OPTIONS: [&str; 4] = ["refetchInterval", "refreshInterval", "pollingInterval", "pollInterval"];

pub(super) struct Query<'p> {
    pub site: Site,
    pub line: u32,
    /// The option's name.
    pub form: &'static str,
    pub option: &'p Expr<'p>,
    /// Where the option is written, if elsewhere.
    pub option_site: Site,
    /// What is repeated.
    pub functions: BTreeSet<Site>,
    /// The request itself, where the query is one: `useSWR("/api/x", …)`.
    pub calls: Vec<&'p Call<'p>>,
    /// The innermost records around it, for what else they say (`enabled`).
    pub entries: &'p [Entry<'p>],
}

pub(super) fn find<'p>(program: &Program<'p>) -> Vec<Query<'p>> {
    let mut found: Vec<Query<'p>> = Vec::new();
    let mut units = program.scripts_with(OPTIONS);
    units.retain(|unit| !program.is_test(*unit));
    for site in program.sites(units) {
        let mut calls: Vec<&'p Call<'p>> = Vec::new();
        let mut records: Vec<&'p Expr<'p>> = Vec::new();
        visit::function(program.function(site), &mut |part, _| {
            let Part::Expression(expr) = part else { return };
            match &expr.kind {
                Kind::Call(call) => calls.push(call),
                Kind::Record(_) => records.push(expr),
                _ => {}
            }
        });
        for record in records {
            let Kind::Record(entries) = &record.kind else { continue };
            for entry in entries {
                let key = entry.key.as_ref();
                let form = OPTIONS.into_iter().find(|option| key.and_then(Expr::literal) == Some(option));
                let Some(form) = form.filter(|_| !matches!(entry.value.kind, Kind::Null)) else { continue };
                let line = key.map_or(record.line, |key| key.line);
                let query = query(program, site, (line, form), &entry.value, (record, entries), &calls);
                found.extend(query);
            }
        }
    }
    found
}

/// The option says that nothing is repeated.
pub(super) fn is_off(option: &Expr<'_>) -> bool {
    match option.kind {
        Kind::Bool(on) => !on,
        Kind::Null => true,
        Kind::Name(name) => matches!(name, "undefined" | "Infinity"),
        Kind::Number(number) => number <= 0.0,
        _ => false,
    }
}

fn query<'p>(
    program: &Program<'p>,
    site: Site,
    (line, form): (u32, &'static str),
    option: &'p Expr<'p>,
    (record, entries): (&'p Expr<'p>, &'p [Entry<'p>]),
    calls: &[&'p Call<'p>],
) -> Option<Query<'p>> {
    // The innermost call around the record: visits go from outside in.
    let call = calls.iter().rfind(|call| holds(call, record)).copied();
    // What is said for all hooks is looked at with each of them.
    if call.is_some_and(|call| call.callee.last_name() == "SWRConfig" || passes_on(program, call, site)) {
        return None;
    }
    let mut functions = BTreeSet::new();
    for entry in entries.iter().filter(|entry| !std::ptr::eq(&raw const entry.value, option)) {
        functions.extend(program.referred(&entry.value, site));
    }
    if let Some(call) = call {
        for argument in &call.arguments {
            functions.extend(program.referred(&argument.value, site));
        }
        // `useMarkets({ refetchInterval: 1000 })`: a hook of the tree that hands its options on.
        functions.extend(program.functions(&call.callee, site));
        // `dispatch(api.endpoints.balance.initiate(name, { subscriptionOptions }))`
        if call.callee.last_name() == "initiate" {
            functions.extend(program.referred(&call.callee, site));
        }
    }
    let calls = call.into_iter().collect();
    Some(Query { site, line, form, option, option_site: site, functions, calls, entries })
}

/// The queries whose interval is written elsewhere: in options that they spread or name, else in those of the client:
/// `new QueryClient({ defaultOptions: { queries: { refetchInterval: 5000 } } })`.
pub(super) fn said_elsewhere<'p>(program: &Program<'p>) -> Vec<Query<'p>> {
    let (default, by_swr, by_key) = (by_default(program), by_swr(program), by_key(program));
    let mut found = Vec::new();
    let hooks = HOOKS.iter().chain(&SWR).flat_map(|name| program.script_calls(name));
    for CallSite { call, site } in hooks.filter(|hook| !program.is_test(hook.site.unit)) {
        let given = call.arguments.iter().map(|argument| &argument.value);
        let mut own = given.clone().flat_map(|value| program.resolve(value, site));
        let own = own.find_map(|own| said(program, &own, FARTHEST));
        let is_hook = HOOKS.contains(&call.callee.last_name());
        let of_key = || {
            let own = key_of(program, call.positional(0).filter(|_| is_hook)?, site);
            by_key.iter().find(|(key, _)| begins_with(&own, key)).map(|(_, said)| *said)
        };
        let of_client = if is_hook { default } else { by_swr };
        let Some((option, option_site)) =
            own.or_else(of_key).or(of_client).filter(|(option, _)| !holds(call, option))
        else {
            continue;
        };
        found.push(Query {
            site,
            line: call.line,
            form: OPTIONS[0],
            option,
            option_site,
            functions: given.clone().flat_map(|value| program.referred(value, site)).collect(),
            calls: vec![call],
            entries: given.clone().find_map(Expr::entries).unwrap_or_default(),
        });
    }
    found
}

/// What the client says for queries whose key begins so: `setQueryDefaults(['balance'], { refetchInterval: 1000 })`.
fn by_key<'p>(program: &Program<'p>) -> Vec<(Key, (&'p Expr<'p>, Site))> {
    let calls = program.script_calls("setQueryDefaults").into_iter();
    let said_by = |client: CallSite<'p>| {
        let key = key_of(program, client.call.positional(0)?, client.site);
        let options = program.resolve(client.call.positional(1)?, client.site);
        let said = options.iter().find_map(|options| said(program, options, FARTHEST));
        Some((key, said.filter(|(option, _)| !is_off(option))?))
    };
    calls.filter(|client| !program.is_test(client.site.unit)).filter_map(said_by).collect()
}

/// The query says nothing of whether it is enabled, and the client says that queries are not.
pub(super) fn is_off_by_client<'p>(program: &Program<'p>, query: &Query<'p>) -> bool {
    let says =
        |entry: &Entry<'p>| entry.key.as_ref().and_then(Expr::literal).is_none_or(|key| key == "enabled");
    query.calls.iter().any(|call| HOOKS.contains(&call.callee.last_name()))
        && !query.entries.iter().any(says)
        && of_client(program, |options| {
            let Definition::Value(Expr { kind: Kind::Record(entries), .. }, owner) = options else {
                return None;
            };
            entry(entries, "enabled").filter(|it| program.is_always(&it.value, *owner, false)).map(|_| ())
        })
        .is_some()
}

/// How often the client asks anew for all queries.
fn by_default<'p>(program: &Program<'p>) -> Option<(&'p Expr<'p>, Site)> {
    of_client(program, |queries| said(program, queries, FARTHEST).filter(|(option, _)| !is_off(option)))
}

/// How often SWR asks anew for all hooks: `<SWRConfig value={{ refreshInterval: 1000 }}>`.
fn by_swr<'p>(program: &Program<'p>) -> Option<(&'p Expr<'p>, Site)> {
    let configs = program.script_calls("SWRConfig").into_iter();
    configs.filter(|config| !program.is_test(config.site.unit)).find_map(|config| {
        let value = entry(config.call.positional(0)?.entries()?, "value")?;
        let options = program.resolve(&value.value, config.site);
        let said = options.iter().find_map(|options| said(program, options, FARTHEST));
        said.filter(|(option, _)| !is_off(option))
    })
}

/// What the client's options for all queries say.
fn of_client<'p, T>(program: &Program<'p>, said: impl Fn(&Definition<'p>) -> Option<T>) -> Option<T> {
    let ways = [
        ("QueryClient", &[Step::Key("defaultOptions"), Step::Key("queries")][..]),
        ("setDefaultOptions", &[Step::Key("queries")]),
    ];
    ways.into_iter().find_map(|(name, steps)| {
        let calls = program.script_calls(name).into_iter();
        calls.filter(|client| !program.is_test(client.site.unit)).find_map(|client| {
            let options = Definition::Value(client.call.positional(0)?, client.site);
            program.stepped(&options, steps, client.site).iter().find_map(&said)
        })
    })
}

/// The expression is written in the call's own arguments.
fn holds<'p>(call: &'p Call<'p>, wanted: &'p Expr<'p>) -> bool {
    let mut inside = false;
    for argument in &call.arguments {
        visit::expression(&argument.value, &mut |part| inside |= std::ptr::eq(part, wanted));
    }
    inside
}

const FARTHEST: u32 = 6;

/// The interval that options say, written out, spread into them, or made by a function that is given them.
fn said<'p>(program: &Program<'p>, options: &Definition<'p>, left: u32) -> Option<(&'p Expr<'p>, Site)> {
    let left = left.checked_sub(1)?;
    let Definition::Value(value, owner) = options else { return None };
    let inside = |expr: &'p Expr<'p>, site: Site| {
        program.resolve(expr, site).iter().find_map(|options| said(program, options, left))
    };
    match &value.kind {
        Kind::Record(entries) => {
            let own = OPTIONS.iter().find_map(|option| entry(entries, option));
            let spread = || entries.iter().filter(|entry| entry.key.is_none());
            own.map(|own| (&own.value, *owner))
                .or_else(|| spread().find_map(|entry| inside(&entry.value, *owner)))
        }
        Kind::Call(call) => {
            let made = program.functions(&call.callee, *owner).into_iter();
            let made = made
                .flat_map(|callee| program.returns(callee).into_iter().map(move |result| (result, callee)));
            let given = call.arguments.iter().map(|argument| (&argument.value, *owner));
            made.chain(given).find_map(|(options, site)| inside(options, site))
        }
        _ => None,
    }
}

/// The call is of a hook of this tree that has the option itself: the poller is there.
fn passes_on<'p>(program: &Program<'p>, call: &'p Call<'p>, site: Site) -> bool {
    program.resolve(&call.callee, site).iter().any(|definition| match definition {
        Definition::Function(hook) => *hook != site && says_option(program, *hook),
        _ => false,
    })
}

/// The function, or one written inside it, gives the option itself.
fn says_option(program: &Program<'_>, hook: Site) -> bool {
    let functions = 0..program.module(hook.unit).functions.len();
    let mut inside = functions.map(|function| Site { unit: hook.unit, function });
    inside.any(|site| {
        let mut found = false;
        if program.is_inside(site, hook) {
            visit::function(program.function(site), &mut |part, _| {
                let Part::Expression(Expr { kind: Kind::Record(entries), .. }) = part else { return };
                let mut keys = entries.iter().filter_map(|entry| entry.key.as_ref()?.literal());
                found |= keys.any(|key| OPTIONS.contains(&key));
            });
        }
        found
    })
}
