//! Django Ninja: functions under `@api.get("path")`, and routers that an API takes with `add_router`.

use crate::audit::code::{Expr, Kind};
use crate::audit::program::{Program, Site};
use crate::audit::urls::{UrlPath, of_path};

use super::urlconf::Reader;
use super::{Entrance, View};

const VERBS: [&str; 6] = ["get", "post", "put", "patch", "delete", "api_operation"];

/// The call that made the API or the router, where the object is one.
pub(super) fn made<'p>(program: &Program<'p>, object: &'p Expr<'p>, site: Site) -> Option<&'p Expr<'p>> {
    program.values(object, site).find_map(|(value, owner)| {
        let callee = &value.call()?.callee;
        program.is_outside(callee, owner, |path| path.starts_with("ninja")).then_some(value)
    })
}

/// What the API, or a router in it, serves.
pub(super) fn routes<'p>(
    reader: &mut Reader<'_, 'p>,
    object: &'p Expr<'p>,
    site: Site,
    prefix: &str,
    left: u32,
) {
    let program = reader.program;
    let (Some(own), Some(left)) = (made(program, object, site), left.checked_sub(1)) else { return };
    let is_own = |object: &'p Expr<'p>, site: Site| {
        made(program, object, site).is_some_and(|it| std::ptr::eq(it, own))
    };
    for call in program.python_calls("add_router") {
        let Some((under, router)) = call.call.positional(0).zip(call.call.positional(1)) else { continue };
        if !call.call.callee.receiver().is_some_and(|receiver| is_own(receiver, call.site)) {
            continue;
        }
        for text in program.texts(under, call.site, None) {
            let prefix = joined(prefix, &text.with_holes());
            match named(program, router, call.site) {
                Some((router, site)) => routes(reader, router, site, &prefix, left),
                None => routes(reader, router, call.site, &prefix, left),
            }
        }
    }
    for site in program.sites(program.python_with(VERBS)) {
        for decorator in &program.function(site).decorators {
            let Some(call) = decorator.call().filter(|call| VERBS.contains(&call.callee.last_name())) else {
                continue;
            };
            let around = Site { unit: site.unit, function: program.function(site).parent };
            if !call.callee.receiver().is_some_and(|receiver| is_own(receiver, around)) {
                continue;
            }
            let place = usize::from(call.callee.last_name() == "api_operation");
            let path = call.positional(place).or_else(|| call.keyword("path"));
            for text in path.map(|path| program.texts(path, around, None)).unwrap_or_default() {
                let path = UrlPath::of_route(&joined(prefix, &of_path(&text.with_holes())), None);
                reader.push_route(site.unit, decorator.line, path, View::Function(site), Entrance::default());
            }
        }
    }
}

/// `"shop.api.router"`: the router of that module.
fn named<'p>(program: &Program<'p>, router: &'p Expr<'p>, site: Site) -> Option<(&'p Expr<'p>, Site)> {
    let (module, name) = router.literal()?.rsplit_once('.')?;
    let unit = program.python_modules().resolve(program.path(site.unit), module)?;
    let top = Site { unit, function: 0 };
    program
        .assigned_at_top(top, name)
        .map(|value| (value, top))
        .filter(|(value, _)| matches!(value.kind, Kind::Call(_)))
}

/// One slash between, as Ninja puts it.
fn joined(prefix: &str, path: &str) -> String {
    format!("{}/{}", prefix.trim_end_matches('/'), path.trim_start_matches('/'))
}
