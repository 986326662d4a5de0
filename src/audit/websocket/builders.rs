//! Functions that build a WebSocket message. A record with a `type` alone is no WebSocket message: Redis
//! messages have one too. So where its result goes decides, and where it goes nowhere, whether the type is one
//! that the WebSocket knows.

use std::collections::BTreeSet;

use crate::audit::code::{Expr, Kind, Role, entry};
use crate::audit::names::{Names, type_key};
use crate::audit::program::{Program, Site, Text};

use super::broadcasts::Broadcasts;
use super::handlers::Consumers;

pub(in crate::audit) struct Builder {
    pub site: Site,
    pub message_type: String,
    /// Code that sends calls it.
    pub used: bool,
}

pub(in crate::audit) fn find(
    program: &Program<'_>,
    names: &Names<'_>,
    consumers: &Consumers,
    broadcasts: &Broadcasts<'_>,
) -> Vec<Builder> {
    let mut sending: BTreeSet<Site> = broadcasts.list.iter().map(|broadcast| broadcast.site).collect();
    sending.extend(broadcasts.sends.iter().map(|(_, site)| *site));
    let mut found = Vec::new();
    let units = program.python_with(["type"]);
    for site in program.sites(units) {
        let function = program.function(site);
        if !matches!(function.role, Role::Function | Role::Method | Role::StaticMethod)
            || program.is_test(site.unit)
        {
            continue;
        }
        for message_type in built(program, site) {
            let known = !names.of_type(&message_type).is_empty()
                || consumers.handlers_of(&message_type).next().is_some();
            let uses = uses(program, site, &sending);
            if uses.sent || (known && !uses.published && !is_handler(consumers, site)) {
                found.push(Builder { site, message_type, used: uses.sent });
            }
        }
    }
    found
}

fn is_handler(consumers: &Consumers, site: Site) -> bool {
    consumers.handlers.iter().any(|handler| handler.site == site)
}

/// The types of the records with `type` and a payload that a function returns.
fn built(program: &Program<'_>, site: Site) -> Vec<String> {
    let mut found = Vec::new();
    for value in program.returns(site) {
        for definition in program.resolve(value, site) {
            let crate::audit::program::Definition::Value(Expr { kind: Kind::Record(entries), .. }, owner) =
                definition
            else {
                continue;
            };
            let Some(own) = entry(entries, "type").filter(|_| owner == site && entries.len() >= 2) else {
                continue;
            };
            found.extend(program.texts(&own.value, owner, None).iter().filter_map(Text::exact));
        }
    }
    found.sort_by_key(|found| type_key(found));
    found.dedup();
    found
}

struct Uses {
    sent: bool,
    published: bool,
}

/// Where the results of a function go: into a function that broadcasts, or into `publish` and `dumps`.
fn uses(program: &Program<'_>, site: Site, sending: &BTreeSet<Site>) -> Uses {
    let mut uses = Uses { sent: false, published: false };
    for call in program.python_calls(program.function(site).name) {
        if !program.functions(&call.call.callee, call.site).contains(&site) {
            continue;
        }
        uses.sent |= sending.contains(&call.site);
        let mut publishes = false;
        crate::audit::code::visit::function(program.function(call.site), &mut |part, _| {
            if let crate::audit::code::visit::Part::Expression(Expr { kind: Kind::Call(outer), .. }) = part {
                publishes |=
                    matches!(outer.callee.last_name(), "publish" | "xadd" | "rpush" | "lpush" | "dumps");
            }
        });
        uses.published |= publishes && !sending.contains(&call.site);
    }
    uses
}
