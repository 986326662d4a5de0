//! DRF routers: `router.register(prefix, ViewSet)` and what a ViewSet then serves.

use crate::audit::code::{Call, Expr, Kind};
use crate::audit::program::{ClassId, Definition, Program, Site, Step, Text};
use crate::audit::urls::{Slash, UrlPath, of_regex};

use super::urlconf::Reader;
use super::{Entrance, View};

/// The call that made the router, where the object is one.
pub(super) fn made<'p>(
    program: &Program<'p>,
    object: &'p Expr<'p>,
    site: Site,
) -> Option<(&'p Expr<'p>, &'p Call<'p>)> {
    program.resolve(object, site).into_iter().find_map(|definition| match definition {
        Definition::Value(value, _) => {
            let call = value.call()?;
            call.callee.last_name().ends_with("Router").then_some((value, call))
        }
        // Of a class of the tree that is a router.
        Definition::Instance(class) => {
            let outside = program.ancestry(class).1;
            let (value, _) =
                program.origins(object, site).into_iter().find(|(value, _)| value.call().is_some())?;
            outside.iter().any(|base| base.ends_with("Router")).then_some((value, value.call()?))
        }
        _ => None,
    })
}

/// Whether its routes end in a slash; `None`: either way.
fn slash<'p>(program: &Program<'p>, call: &'p Call<'p>, site: Site) -> Option<bool> {
    if call.keyword("trailing_slash").is_some_and(|value| matches!(value.kind, Kind::Bool(false))) {
        return Some(false);
    }
    // `self.trailing_slash = "/?"`
    let class = program.class_named(&call.callee, site);
    let sets = |class: ClassId| {
        let methods =
            program.class(class).methods.iter().map(|method| Site { unit: class.unit, function: *method });
        methods.flat_map(|site| program.places(site)).any(|(place, _)| place.last_name() == "trailing_slash")
            || program.class(class).attributes.iter().any(|(name, _)| *name == "trailing_slash")
    };
    let own = class.map(|class| program.ancestry(class).0).unwrap_or_default();
    (!own.into_iter().any(sets)).then_some(true)
}

pub(super) fn routes<'p>(reader: &mut Reader<'_, 'p>, object: &'p Expr<'p>, site: Site, prefix: &str) {
    let program = reader.program;
    let Some((router, call)) = made(program, object, site) else { return };
    let slash = slash(program, call, site);
    if call.callee.last_name() == "DefaultRouter" {
        let root = View::Elsewhere("API root".to_owned());
        reader.push_route(site.unit, call.line, UrlPath::of_route(prefix, None), root, Entrance::default());
    }
    for made_by in registered(program, router) {
        let (Some(route), Some(view)) = (made_by.0.positional(0), made_by.0.positional(1)) else { continue };
        for (route, view, owner, line) in pairs(program, route, view, made_by.1, made_by.0.line) {
            let Some(class) = program.class_named(view, owner) else {
                // Served by something that could not be seen: nothing below the prefix is called unserved.
                reader.routes.unknown.push(UrlPath::of_route(prefix, None));
                continue;
            };
            for text in program.texts(route, owner, None) {
                for (own, _) in of_regex(&text.with_holes()) {
                    let base = match own.is_empty() {
                        true => prefix.trim_end_matches('/').to_owned(),
                        false => format!("{prefix}{own}"),
                    };
                    view_set(reader, class, &base, slash, (owner.unit, line));
                }
            }
        }
    }
}

/// Route and view as they are written, or for `for prefix, viewset in (…): router.register(prefix, viewset)` each
/// pair of the list, or of a record's `items()`, with its own line.
pub(super) fn pairs<'p>(
    program: &Program<'p>,
    route: &'p Expr<'p>,
    view: &'p Expr<'p>,
    site: Site,
    line: u32,
) -> Vec<(&'p Expr<'p>, &'p Expr<'p>, Site, u32)> {
    let element = |expr: &'p Expr<'p>| {
        program.resolve(expr, site).into_iter().find_map(|definition| match definition {
            Definition::Element(over, owner, steps) => match steps.as_slice() {
                [Step::Index(index)] => Some((over, owner, *index)),
                _ => None,
            },
            _ => None,
        })
    };
    match (element(route), element(view)) {
        (Some((over, owner, first)), Some((other, _, second))) if std::ptr::eq(over, other) => {
            let items = program.items(over, owner, 8).into_iter();
            let listed = items.filter_map(|(item, owner)| match &item.kind {
                Kind::List(parts) => Some((parts.get(first)?, parts.get(second)?, owner, item.line)),
                _ => None,
            });
            let record =
                over.call().filter(|call| call.callee.last_name() == "items" && (first, second) == (0, 1));
            let record = record.and_then(|call| call.callee.receiver());
            let named = record.into_iter().flat_map(|record| program.records(record, owner));
            let entries = named.flat_map(|(entries, owner)| {
                entries.iter().filter_map(move |it| {
                    let key = it.key.as_ref()?;
                    Some((key, &it.value, owner, key.line))
                })
            });
            listed.chain(entries).collect()
        }
        _ => vec![(route, view, site, line)],
    }
}

/// `path(f"{name}/", view) for name, view in PAIRS`: each text with the view that belongs to it.
pub(super) fn zipped<'p>(
    program: &Program<'p>,
    texts: &[Text<'p>],
    view: &'p Expr<'p>,
    site: Site,
) -> Vec<(&'p Expr<'p>, Site, u32)> {
    let of = |definition| {
        let Definition::Element(over, owner, steps) = definition else { return None };
        let [Step::Index(index)] = steps[..] else { return None };
        let items = program.items(over, owner, 8).into_iter();
        let views = items.filter_map(|(item, owner)| match &item.kind {
            Kind::List(parts) => Some((parts.get(index)?, owner, item.line)),
            _ => None,
        });
        Some(views.collect::<Vec<_>>()).filter(|views| views.len() == texts.len())
    };
    program.resolve(view, site).into_iter().find_map(of).unwrap_or_default()
}

/// The `register` calls on this router, also those of a router whose registry it took over.
fn registered<'p>(program: &Program<'p>, router: &'p Expr<'p>) -> Vec<(&'p Call<'p>, Site)> {
    let is_router = |object: &'p Expr<'p>, site: Site| {
        made(program, object, site).is_some_and(|(value, _)| std::ptr::eq(value, router))
    };
    let mut found = Vec::new();
    for site in program.python_calls("register") {
        if site.call.callee.receiver().is_some_and(|receiver| is_router(receiver, site.site)) {
            found.push((site.call, site.site));
        }
    }
    for site in program.python_calls("extend") {
        let own = site.call.callee.receiver().filter(|receiver| receiver.last_name() == "registry");
        let own = own.and_then(Expr::receiver).is_some_and(|object| is_router(object, site.site));
        let other =
            site.call.positional(0).filter(|other| other.last_name() == "registry").and_then(Expr::receiver);
        if let Some((other, _)) = other.filter(|_| own).and_then(|other| made(program, other, site.site))
            && !std::ptr::eq(other, router)
        {
            found.extend(registered(program, other));
        }
    }
    found
}

/// The list, the single object and every extra action.
fn view_set(
    reader: &mut Reader<'_, '_>,
    class: ClassId,
    base: &str,
    slash: Option<bool>,
    place: (usize, u32),
) {
    let program = reader.program;
    let end = if slash == Some(false) { "" } else { "/" };
    let either = slash.is_none().then_some(Slash::Either);
    let (classes, outside) = program.ancestry(class);
    let inherits = |marks: &[&str]| {
        outside.iter().any(|base| marks.iter().any(|mark| base.rsplit('.').next() == Some(mark)))
    };
    let has = |name: &str| classes.iter().any(|class| program.own_method(*class, name).is_some());
    if has("list") || has("create") || inherits(&["ModelViewSet", "ReadOnlyModelViewSet", "ListModelMixin"]) {
        reader.push_route(
            place.0,
            place.1,
            UrlPath::of_route(&format!("{base}{end}"), either),
            View::Class(class),
            Entrance { around: None, method: Some("list".to_owned()) },
        );
    }
    let single = ["ModelViewSet", "ReadOnlyModelViewSet", "RetrieveModelMixin"];
    if has("retrieve") || inherits(&single) {
        let path = UrlPath::of_route(&format!("{base}/{{}}{end}"), either);
        let entrance = Entrance { around: None, method: Some("retrieve".to_owned()) };
        reader.push_route(place.0, place.1, path, View::Class(class), entrance);
    }
    for owner in classes {
        for method in program.class(owner).methods.clone() {
            let site = Site { unit: owner.unit, function: method };
            let Some((detail, paths)) = action(program, site) else { continue };
            let middle = if detail { "/{}" } else { "" };
            for path in paths {
                let path = UrlPath::of_route(&format!("{base}{middle}/{path}{end}"), either);
                reader.push_route(place.0, place.1, path, View::Action(class, site), Entrance::default());
            }
        }
    }
}

/// `@action(detail=False, url_path="x")`: whether it is on one object, and its paths.
fn action(program: &Program<'_>, site: Site) -> Option<(bool, Vec<String>)> {
    let function = program.function(site);
    function.decorators.iter().find_map(|decorator| {
        let call = decorator.call()?;
        let detail = match call.callee.last_name() {
            "action" => call
                .keyword("detail")
                .or_else(|| call.positional(1))
                .is_some_and(|value| matches!(value.kind, Kind::Bool(true))),
            "detail_route" => true,
            "list_route" => false,
            _ => return None,
        };
        let written = call.keyword("url_path").and_then(Expr::literal).map(of_regex);
        let paths = written.map(|all| all.into_iter().map(|(path, _)| path).collect());
        Some((detail, paths.unwrap_or_else(|| vec![function.name.to_owned()])))
    })
}
