//! A client's verb under a name of its own: `const { get } = client`, `const ask = client.get.bind(client)`.

use std::collections::BTreeSet;

use crate::audit::code::visit::{self, Part};
use crate::audit::code::{Expr, Kind, Pattern, StatementKind};
use crate::audit::program::{Definition, Program, Site, Step};

use super::clients::{Base, VERBS, created};

/// The names that verbs are kept under, in these files.
pub(super) fn kept_as<'p>(program: &Program<'p>, near: &BTreeSet<usize>) -> Vec<&'p str> {
    let mut found = Vec::new();
    let units = program.scripts_with(VERBS).into_iter().filter(|unit| near.contains(unit));
    for site in program.sites(units) {
        visit::function(program.function(site), &mut |part, _| {
            let Part::Statement(statement) = part else { return };
            let StatementKind::Assign { target, value, .. } = &statement.kind else { return };
            match target {
                Pattern::Name(name) if taken(value).is_some() => found.push(*name),
                Pattern::Record(fields) => {
                    found.extend(fields.iter().filter_map(|field| match &field.pattern {
                        Pattern::Name(name) if VERBS.contains(&field.key) => Some(*name),
                        _ => None,
                    }));
                }
                _ => {}
            }
        });
    }
    found
}

/// `client.get` and `client.get.bind(client)`: the first of these.
fn taken<'p>(value: &'p Expr<'p>) -> Option<&'p Expr<'p>> {
    match &value.kind {
        Kind::Member(_, verb) => VERBS.contains(verb).then_some(value),
        Kind::Call(call) if call.callee.last_name() == "bind" => taken(call.callee.receiver()?),
        _ => None,
    }
}

/// The base of the client whose verb a value is.
pub(super) fn base<'p>(
    program: &Program<'p>,
    value: &'p Expr<'p>,
    owner: Site,
    global: &Base,
) -> Option<Base> {
    let verb = taken(value)?;
    program.resolve(verb, owner).into_iter().find_map(|definition| match definition {
        Definition::External(path) => of_axios(&path).then(|| global.clone()),
        Definition::Part(client, owner, steps) => base_of_part(program, client, owner, &steps),
        _ => None,
    })
}

/// The same where the verb is a part of what makes the client.
pub(super) fn base_of_part<'p>(
    program: &Program<'p>,
    client: &'p Expr<'p>,
    owner: Site,
    steps: &[Step<'p>],
) -> Option<Base> {
    let [Step::Key(verb)] = steps else { return None };
    VERBS.contains(verb).then(|| created(program, client, owner)).flatten()
}

/// `axios.get` by its path among the packages.
pub(super) fn of_axios(path: &str) -> bool {
    path.rsplit_once('.')
        .is_some_and(|(of, verb)| VERBS.contains(&verb) && matches!(of, "axios" | "axios.default"))
}
