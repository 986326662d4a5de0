//! The groups that consumers join: by `group_add`, wherever it is called, and by their own `groups`.

use std::collections::BTreeSet;

use crate::audit::code::visit::{self, Part};
use crate::audit::code::{Call, Expr, Kind};
use crate::audit::program::{ClassId, Program, Site, Text};

use super::handlers::Consumer;

const JOIN: &str = "group_add";

/// The groups that a function joins; `None`: one whose name the source does not say.
pub(super) fn of_function(program: &Program<'_>, site: Site, groups: &mut BTreeSet<Option<String>>) {
    for call in program.calls_in_function(site) {
        let wrapped = call.callee.call().and_then(|inner| inner.positional(0));
        let adds = [Some(&call.callee), wrapped].into_iter().flatten().any(|it| it.last_name() == JOIN);
        if adds {
            groups.extend(of_call(program, call, site));
        }
    }
}

fn of_call<'p>(program: &Program<'p>, call: &'p Call<'p>, site: Site) -> Vec<Option<String>> {
    let group = call.positional(0).or_else(|| call.keyword("group"));
    let texts = group.map(|group| program.texts(group, site, None)).unwrap_or_default();
    if texts.is_empty() { vec![None] } else { texts.iter().map(Text::exact).collect() }
}

/// `groups = ["stream"]` of a consumer and the classes it descends from.
pub(super) fn of_class(program: &Program<'_>, ancestry: &[ClassId]) -> BTreeSet<Option<String>> {
    let mut found = BTreeSet::new();
    for id in ancestry {
        let class = program.class(*id);
        let body = Site { unit: id.unit, function: class.parent };
        for (_, groups) in class.attributes.iter().filter(|(name, _)| *name == "groups") {
            let items = program.items(groups, body, 8);
            found.extend(
                items.iter().flat_map(|(item, owner)| program.texts(item, *owner, None)).map(|it| it.exact()),
            );
            let is_empty = matches!(&groups.kind, Kind::List(items) if items.is_empty());
            found.extend((items.is_empty() && !is_empty).then_some(None));
        }
        let methods = class.methods.iter().map(|method| Site { unit: id.unit, function: *method });
        let mut places = methods.flat_map(|method| program.places(method));
        found.extend(places.any(|(place, _)| place.last_name() == "groups").then_some(None));
    }
    found
}

/// All groups that anything in the tree joins.
pub(super) fn joined(program: &Program<'_>, consumers: &[Consumer]) -> BTreeSet<Option<String>> {
    let mut found: BTreeSet<Option<String>> =
        consumers.iter().flat_map(|it| it.groups.iter().cloned()).collect();
    // What a base from elsewhere joins, the source does not say.
    let is_foreign = |it: &Consumer| {
        let (_, outside) = program.ancestry(it.class);
        outside.iter().any(|base| !base.starts_with("channels") && base != "object")
    };
    found.extend(consumers.iter().any(is_foreign).then_some(None));
    let units = program.python_with([JOIN]).into_iter().filter(|unit| !program.is_test(*unit));
    for site in program.sites(units) {
        of_function(program, site, &mut found);
        let mut called: Vec<*const Expr<'_>> = Vec::new();
        visit::function(program.function(site), &mut |part, _| {
            let Part::Expression(expr) = part else { return };
            if let Kind::Call(call) = &expr.kind
                && call.callee.last_name() == JOIN
            {
                called.push(&raw const call.callee);
                called.extend(call.callee.call().into_iter().map(|inner| &raw const inner.callee));
                called
                    .extend(call.callee.call().and_then(|inner| inner.positional(0)).map(std::ptr::from_ref));
            }
            // Handed on under another name.
            let named =
                matches!(expr.kind, Kind::Name(JOIN) | Kind::Member(_, JOIN)) || expr.literal() == Some(JOIN);
            found.extend((named && !called.contains(&std::ptr::from_ref(expr))).then_some(None));
        });
    }
    found
}
