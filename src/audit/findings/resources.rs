//! Which Django models code writes and reads: how a job feeds a view without either naming the other.

use std::collections::BTreeSet;

use crate::audit::code::visit::{self, Part};
use crate::audit::code::{Expr, Kind};
use crate::audit::program::{ClassId, Definition, Program, Site};

const WRITES: [&str; 12] = [
    "create",
    "bulk_create",
    "update",
    "bulk_update",
    "update_or_create",
    "get_or_create",
    "acreate",
    "abulk_create",
    "aupdate",
    "aupdate_or_create",
    "save",
    "asave",
];

/// Django's shortcuts that are given the model itself.
const SHORTCUTS: [&str; 4] =
    ["get_object_or_404", "get_list_or_404", "aget_object_or_404", "aget_list_or_404"];

/// Models that these functions write, at any depth.
pub(super) fn written(program: &Program<'_>, sites: impl IntoIterator<Item = Site>) -> BTreeSet<ClassId> {
    let mut found = BTreeSet::new();
    for site in program.reach(sites) {
        visit::function(program.function(site), &mut |part, _| {
            let Part::Expression(Expr { kind: Kind::Call(call), .. }) = part else { return };
            if !WRITES.contains(&call.callee.last_name()) {
                return;
            }
            let Some(receiver) = call.callee.receiver() else { return };
            match manager(receiver) {
                Some(model) => found.extend(class(program, model, site)),
                None => found.extend(instance(program, receiver, site)),
            }
        });
    }
    found
}

/// Models whose managers these functions, at any depth, and expressions use at all.
pub(super) fn read<'p>(
    program: &Program<'p>,
    sites: impl IntoIterator<Item = Site>,
    also: &[(&'p Expr<'p>, Site)],
) -> BTreeSet<ClassId> {
    read_by(program, program.reach(sites), also)
}

/// Models whose managers these functions and expressions use themselves.
pub(super) fn read_by<'p>(
    program: &Program<'p>,
    sites: BTreeSet<Site>,
    also: &[(&'p Expr<'p>, Site)],
) -> BTreeSet<ClassId> {
    let mut found = BTreeSet::new();
    let mut take = |expr: &'p Expr<'p>, site: Site| match &expr.kind {
        Kind::Member(object, "objects") => found.extend(class(program, object, site)),
        Kind::Call(call) if SHORTCUTS.contains(&call.callee.last_name()) => {
            found.extend(call.positional(0).and_then(|model| class(program, model, site)));
        }
        _ => {}
    };
    for site in sites {
        visit::function(program.function(site), &mut |part, _| {
            if let Part::Expression(expr) = part {
                take(expr, site);
            }
        });
    }
    for (expr, site) in also {
        visit::expression(expr, &mut |part| take(part, *site));
    }
    // `model = Market` of a generic view.
    let named = also.iter().filter_map(|(expr, site)| class(program, expr, *site));
    found.extend(named.filter(|class| is_model(program, *class)));
    found
}

fn is_model(program: &Program<'_>, class: ClassId) -> bool {
    let (_, outside) = program.ancestry(class);
    outside.iter().any(|base| base.ends_with("Model"))
}

/// The model of `Model.objects`, `Model.objects.filter(…)`, and so on down the chain.
fn manager<'e, 'p>(expr: &'e Expr<'p>) -> Option<&'e Expr<'p>> {
    match &expr.kind {
        Kind::Member(object, "objects") => Some(object),
        Kind::Member(object, _) => manager(object),
        Kind::Call(call) => manager(&call.callee),
        Kind::Await(inner) => manager(inner),
        _ => None,
    }
}

fn class<'p>(program: &Program<'p>, model: &'p Expr<'p>, site: Site) -> Option<ClassId> {
    program.class_named(model, site)
}

/// `row = Model(…)` and then `row.save()`; so of one that a manager gave, by itself or in a list.
fn instance<'p>(program: &Program<'p>, object: &'p Expr<'p>, site: Site) -> Option<ClassId> {
    let of_manager = |given: &'p Expr<'p>, owner: Site| {
        let mut values = program.values(given, owner);
        values.find_map(|(value, owner)| class(program, manager(value)?, owner))
    };
    program.resolve(object, site).into_iter().find_map(|definition| match definition {
        Definition::Instance(class) => is_model(program, class).then_some(class),
        Definition::Value(given, owner)
        | Definition::Part(given, owner, _)
        | Definition::Element(given, owner, _) => of_manager(given, owner),
        _ => None,
    })
}
