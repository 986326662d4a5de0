//! Which components use a request: upwards from the function that makes it, through services and hooks.

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::code::visit;
use crate::audit::code::{Kind, Pattern, StatementKind};
use crate::audit::program::{ClassId, Program, Site};

use super::mounted::Mounted;

/// Components further up than this are not looked for.
const MOST: usize = 200;

pub(in crate::audit) struct User {
    pub unit: usize,
    pub line: u32,
    pub name: String,
}

/// One user a file: the component, or the file's top level, that leads to the function.
pub(in crate::audit) fn of(program: &Program<'_>, mounted: &Mounted, start: Site) -> Vec<User> {
    let mut users: BTreeMap<usize, User> = BTreeMap::new();
    let mut queue = vec![start];
    let mut seen = BTreeSet::from([start]);
    while let Some(site) = queue.pop() {
        if seen.len() > MOST {
            break;
        }
        let owner = program.owner(site);
        if owner.function == 0
            && let Some((inner, name)) = variable(program, site)
        {
            for next in referring(program, inner, name) {
                if seen.insert(next) {
                    queue.push(next);
                }
            }
            continue;
        }
        if let Some(class) = rendering(program, owner) {
            let (line, name) = (program.class(class).line, program.class(class).name.to_owned());
            users.entry(owner.unit).or_insert(User { unit: owner.unit, line, name });
            continue;
        }
        let name = program.name(owner);
        let is_component =
            name.starts_with(|first: char| first.is_uppercase()) && program.class_of(owner).is_none();
        if is_component || owner.function == 0 {
            let line = program.function(owner).line;
            let name = if name.is_empty() { program.path(owner.unit).to_owned() } else { name.to_owned() };
            users.entry(owner.unit).or_insert(User { unit: owner.unit, line, name });
            continue;
        }
        // A field of a record is referred to by the record's name: `{ ...lotsOptions }`.
        let record = variable(program, owner).filter(|(inner, _)| *inner == owner);
        let names = std::iter::once(name).chain(record.map(|(_, name)| name));
        for next in names.flat_map(|name| referring(program, owner, name)) {
            if seen.insert(next) {
                queue.push(next);
            }
        }
    }
    let shown = |user: &User| mounted.contains(user.unit) && !program.is_test(user.unit);
    users.into_values().filter(shown).collect()
}

/// The component that the function is a method of.
pub(in crate::audit) fn rendering(program: &Program<'_>, site: Site) -> Option<ClassId> {
    program.class_of(site).filter(|class| program.own_method(*class, "render").is_some())
}

/// The top-level variable whose value a nameless function is a part of: `const useStore = create(() => …)`.
fn variable<'p>(program: &Program<'p>, site: Site) -> Option<(Site, &'p str)> {
    let mut outermost = site;
    while outermost.function != 0 && program.function(outermost).parent != 0 {
        outermost.function = program.function(outermost).parent;
    }
    let top = Site { unit: site.unit, function: 0 };
    program.function(top).body.iter().find_map(|statement| {
        let StatementKind::Assign { target: Pattern::Name(name), value, .. } = &statement.kind else {
            return None;
        };
        let inside = visit::any(
            value,
            |part| matches!(part.kind, Kind::Function(index) if index == outermost.function),
        );
        (inside && outermost.function != 0).then_some((outermost, *name))
    })
}

/// The functions that refer to a function, in the files that mention its name.
fn referring(program: &Program<'_>, target: Site, name: &str) -> Vec<Site> {
    let mut found = Vec::new();
    for unit in program.leading_to([target.unit]) {
        let text = program.units[unit].text;
        if memchr::memmem::find(text.as_bytes(), name.as_bytes()).is_none() {
            continue;
        }
        for site in program.sites([unit]) {
            let function = site.function;
            let inside = program.is_inside(target, site) && function == 0;
            if !inside && site != target && program.edges(site).contains(&target) {
                found.push(site);
            }
        }
    }
    found
}
