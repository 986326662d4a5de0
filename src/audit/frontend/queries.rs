//! Query libraries that repeat a request by an option: `refetchInterval`, `refreshInterval`, `pollingInterval`.

use std::collections::BTreeSet;

use crate::audit::code::visit::{self, Part};
use crate::audit::code::{Call, Entry, Expr, Kind};
use crate::audit::paths;
use crate::audit::program::{Definition, Program, Site};

const OPTIONS: [&str; 4] = ["refetchInterval", "refreshInterval", "pollingInterval", "pollInterval"];

pub(super) struct Query<'p> {
    pub site: Site,
    pub line: u32,
    pub option: &'p Expr<'p>,
    /// What is repeated.
    pub functions: BTreeSet<Site>,
    /// The request itself, where the query is one: `useSWR("/api/x", …)`.
    pub calls: Vec<&'p Call<'p>>,
    /// The innermost records around it, for what else they say (`enabled`).
    pub entries: &'p [Entry<'p>],
}

pub(super) fn find<'p>(program: &Program<'p>) -> Vec<Query<'p>> {
    let mut found: Vec<Query<'p>> = Vec::new();
    let mentions = |text: &str| {
        OPTIONS.iter().any(|option| memchr::memmem::find(text.as_bytes(), option.as_bytes()).is_some())
    };
    // Once a file, not once a function: the search through the text is what takes the time.
    let wanted: Vec<bool> = program
        .units
        .iter()
        .enumerate()
        .map(|(index, unit)| !program.is_python(index) && !paths::is_test(unit.path) && mentions(unit.text))
        .collect();
    for site in program.sites().filter(|site| wanted[site.unit]) {
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
                let named =
                    entry.key.as_ref().and_then(Expr::literal).is_some_and(|key| OPTIONS.contains(&key));
                if !named || is_off(&entry.value) {
                    continue;
                }
                let line = entry.key.as_ref().map_or(record.line, |key| key.line);
                let query = query(program, site, line, &entry.value, (record, entries), &calls);
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
        Kind::Name(name) => name == "undefined",
        Kind::Number(number) => number <= 0.0,
        _ => false,
    }
}

fn query<'p>(
    program: &Program<'p>,
    site: Site,
    line: u32,
    option: &'p Expr<'p>,
    (record, entries): (&'p Expr<'p>, &'p [Entry<'p>]),
    calls: &[&'p Call<'p>],
) -> Option<Query<'p>> {
    let holds = |call: &&&'p Call<'p>| {
        call.arguments.iter().any(|argument| {
            let mut inside = false;
            visit::expression(&argument.value, &mut |part| inside |= std::ptr::eq(part, record));
            inside
        })
    };
    // The innermost call around the record: visits go from outside in.
    let call = calls.iter().rfind(holds).copied();
    if let Some(call) = call
        && passes_on(program, call, site)
    {
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
    }
    Some(Query { site, line, option, functions, calls: call.into_iter().collect(), entries })
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
    let functions = 0..program.units[hook.unit].module.functions.len();
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
