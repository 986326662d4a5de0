//! Who may ask a view of the REST framework at all: its permissions, authentications and throttles, by itself or by
//! the settings' defaults; and whether it answers with nothing.

use crate::audit::code::{Expr, Kind, entry};
use crate::audit::program::{ClassId, Program, Site};

use super::refusal::Passage;
use super::{Entrance, View, classes};

/// What a view says by an attribute or a decorator, and what the settings say where it says nothing.
const LISTS: [(&str, &str); 3] = [
    ("permission_classes", "DEFAULT_PERMISSION_CLASSES"),
    ("authentication_classes", "DEFAULT_AUTHENTICATION_CLASSES"),
    ("throttle_classes", "DEFAULT_THROTTLE_CLASSES"),
];

/// Permissions of whoever looks at a page.
const OF_ANYBODY: [&str; 3] = ["AllowAny", "IsAuthenticated", "IsAuthenticatedOrReadOnly"];

/// Permissions that somebody who is not logged in never has.
const OF_USERS: [&str; 3] = ["IsAuthenticated", "IsAdminUser", "DjangoModelPermissions"];

/// Where a list is written, and its names; none where it could not be followed.
struct Admission<'p> {
    list: &'p Expr<'p>,
    site: Site,
    names: Option<Vec<String>>,
}

/// What the lists that hold for a view say, in words that can be compared; empty where none does.
pub(super) fn said(program: &Program<'_>, view: &View, entrance: &Entrance) -> String {
    let mut words = Vec::new();
    for (at, (name, _)) in LISTS.iter().enumerate() {
        let Some(listed) = listed(program, view, at) else { continue };
        let mut names = listed.names.unwrap_or_else(|| vec![format!("{}?", listed.list.dotted())]);
        names.retain(|name| at != 0 || !OF_ANYBODY.contains(&name.as_str()));
        names.sort();
        if at != 0 || !names.is_empty() {
            words.push(format!("{name} {}", names.join(", ")));
        }
    }
    if is_limited(program, view) {
        words.extend(
            setting(program, "DEFAULT_THROTTLE_RATES").map(|(rates, site)| rates_of(program, rates, site)),
        );
    }
    words.extend(classes::answers_nothing(program, view, entrance).then(|| "nothing in it".to_owned()));
    words.join("; ")
}

/// The refusal that these lists mean for everybody.
pub(super) fn refused(program: &Program<'_>, view: &View) -> Option<Passage> {
    let [permissions, authentications, throttles] = [0, 1, 2].map(|at| listed(program, view, at));
    if never(program, permissions.as_ref(), "has_permission") {
        return Some(Passage::Shut(403));
    }
    let of_users = permissions
        .is_some_and(|it| it.names.unwrap_or_default().iter().any(|name| OF_USERS.contains(&name.as_str())));
    let nobody = authentications.is_some_and(|it| it.names.is_some_and(|names| names.is_empty()));
    if of_users && nobody {
        return Some(Passage::Shut(401));
    }
    let spent = || {
        let (rates, site) = setting(program, "DEFAULT_THROTTLE_RATES")?;
        rates_of(program, rates, site).split(", ").any(|rate| rate.contains(" 0/")).then_some(())
    };
    if never(program, throttles.as_ref(), "allow_request") || is_limited(program, view) && spent().is_some() {
        return Some(Passage::Shut(429));
    }
    None
}

fn never<'p>(program: &Program<'p>, listed: Option<&Admission<'p>>, asks: &str) -> bool {
    listed.is_some_and(|it| classes::never_given(program, it.list, it.site, asks))
}

fn is_limited(program: &Program<'_>, view: &View) -> bool {
    listed(program, view, 2).is_some_and(|it| it.names.is_none_or(|names| !names.is_empty()))
}

fn rates_of<'p>(program: &Program<'p>, rates: &'p Expr<'p>, site: Site) -> String {
    let records = program.records(rates, site).flat_map(|(entries, owner)| {
        entries.iter().map(move |it| {
            let key = it.key.as_ref().and_then(Expr::literal).unwrap_or("?").to_owned();
            let texts = program.texts(&it.value, owner, None);
            format!("{key} {}", texts.iter().find_map(|text| text.exact()).unwrap_or_else(|| "?".to_owned()))
        })
    });
    records.collect::<Vec<_>>().join(", ")
}

fn listed<'p>(program: &Program<'p>, view: &View, at: usize) -> Option<Admission<'p>> {
    let (name, default) = LISTS[at];
    let (list, site) = match view {
        View::Elsewhere(_) => return None,
        View::Function(site) => {
            let function = program.function(*site);
            let around = Site { unit: site.unit, function: function.parent };
            let calls = || function.decorators.iter().filter_map(|it| it.call());
            calls().find(|it| it.callee.last_name() == "api_view")?;
            let own = calls().find(|it| it.callee.last_name() == name).and_then(|it| it.positional(0));
            own.map(|own| (own, around)).or_else(|| setting(program, default))?
        }
        View::Action(class, site) => {
            let mut decorators = program.function(*site).decorators.iter().filter_map(|it| it.call());
            let own = decorators.find_map(|it| it.keyword(name));
            let around = Site { unit: site.unit, function: program.function(*site).parent };
            own.map(|own| (own, around)).or_else(|| of_class(program, *class, name, default))?
        }
        View::Class(class) => of_class(program, *class, name, default)?,
    };
    let items = program.items(list, site, 8);
    let named = |(item, owner): &(&'p Expr<'p>, Site)| {
        let item = item.call().map_or(*item, |made| &made.callee);
        let text = match item.kind {
            Kind::Name(_) | Kind::Member(..) => item.last_name().to_owned(),
            _ => program.texts(item, *owner, None).iter().find_map(|text| text.exact())?,
        };
        Some(text.rsplit('.').next().unwrap_or(&text).to_owned())
    };
    let is_read = !items.is_empty() || matches!(&list.kind, Kind::List(items) if items.is_empty());
    // Whom a permission of the tree's own lets in is its own affair, and so is `IsAuthenticated | Own`.
    let is_own = |(item, owner): &&(&'p Expr<'p>, Site)| match item.kind {
        Kind::Name(_) | Kind::Member(..) => at == 0 && program.class_named(item, *owner).is_some(),
        Kind::Operation(..) => at == 0,
        _ => false,
    };
    let names: Option<Vec<String>> = items.iter().filter(|it| !is_own(it)).map(named).collect();
    Some(Admission { list, site, names: names.filter(|_| is_read) })
}

fn of_class<'p>(
    program: &Program<'p>,
    class: ClassId,
    name: &str,
    default: &str,
) -> Option<(&'p Expr<'p>, Site)> {
    let (ancestry, outside) = program.ancestry(class);
    if classes::is_plain(&outside) {
        return None;
    }
    let own = ancestry.into_iter().find_map(|id| {
        let body = program.class(id);
        let (_, value) = body.attributes.iter().rev().find(|(own, _)| *own == name)?;
        Some((value, Site { unit: id.unit, function: body.parent }))
    });
    own.or_else(|| setting(program, default))
}

/// An entry of `REST_FRAMEWORK` in the settings.
fn setting<'p>(program: &Program<'p>, key: &str) -> Option<(&'p Expr<'p>, Site)> {
    program.settings().iter().find_map(|unit| {
        let top = Site { unit: *unit, function: 0 };
        let value = program.assigned_at_top(top, "REST_FRAMEWORK")?;
        Some((&entry(value.entries()?, key)?.value, top))
    })
}
