//! Types that stand in a table: `KINDS[what]`, where the function's caller says which of its entries it is.

use std::hash::{Hash, Hasher};

use crate::audit::code::{Entry, Expr, Kind, entry};
use crate::audit::program::{Definition, Env, Piece, Program, Site};

use super::message::{Message, types};

/// A record of types, and the function in which it is written; the same where it is the same record.
#[derive(Debug, Clone, Copy)]
pub(super) struct TypeTable<'p> {
    entries: &'p [Entry<'p>],
    site: Site,
}

impl PartialEq for TypeTable<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.entries, other.entries)
    }
}

impl Eq for TypeTable<'_> {}

impl Hash for TypeTable<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.entries.as_ptr().hash(state);
    }
}

impl<'p> TypeTable<'p> {
    /// The types of the entries that this key may name; `None` where nobody says which those are.
    pub fn types(
        self,
        program: &Program<'p>,
        key: &'p Expr<'p>,
        site: Site,
        env: Option<&Env<'_, 'p>>,
    ) -> Option<Vec<Message<'p>>> {
        let mut found = Vec::new();
        for text in program.texts(key, site, env) {
            match (text.exact(), text.pieces.as_slice()) {
                (Some(key), _) => found.extend(self.of_key(program, &key)),
                (None, [Piece::Parameter(function, index, steps)]) => {
                    found.push(Message::Chosen(self, *function, *index, steps.clone()));
                }
                _ => return None,
            }
        }
        Some(if found.is_empty() { vec![Message::Unknown] } else { found })
    }

    /// None where the table has no such key: then nothing is sent.
    fn of_key(self, program: &Program<'p>, key: &str) -> Vec<Message<'p>> {
        // By its text, or by a constant that has it.
        let written = entry(self.entries, key).or_else(|| {
            let is_it = |own: &'p Expr<'p>| {
                program.texts(own, self.site, None).iter().any(|text| text.exact().as_deref() == Some(key))
            };
            self.entries.iter().find(|it| it.key.as_ref().is_some_and(is_it))
        });
        written.map(|it| types(program, &it.value, self.site, None)).unwrap_or_default()
    }

    /// The types of all entries: it may be any of them.
    pub fn all(self, program: &Program<'p>) -> Vec<Message<'p>> {
        self.entries.iter().flat_map(|it| types(program, &it.value, self.site, None)).collect()
    }
}

/// What a type is that is looked up in a table, `KINDS[what]` or `KINDS.get(what)`; `None` where it is not.
pub(super) fn looked_up<'p>(
    program: &Program<'p>,
    value: &'p Expr<'p>,
    site: Site,
    env: Option<&Env<'_, 'p>>,
) -> Option<Vec<Message<'p>>> {
    let origins = program.origins(value, site);
    let [(value, site)] = origins.as_slice() else { return None };
    let (table, key) = match &value.kind {
        Kind::Index(table, key) => (&**table, &**key),
        Kind::Call(call) if call.callee.last_name() == "get" => {
            (call.callee.receiver()?, call.positional(0)?)
        }
        // `KINDS[what].value` of members of an enumeration.
        Kind::Member(inner, "value") => return looked_up(program, inner, *site, env),
        _ => return None,
    };
    let meant = program.resolve(table, *site);
    let [Definition::Value(record, owner)] = meant.as_slice() else { return None };
    let table = TypeTable { entries: record.entries()?, site: *owner };
    let is_whole = table.entries.iter().all(|it| it.key.is_some());
    is_whole.then(|| table.types(program, key, *site, env)).flatten()
}
