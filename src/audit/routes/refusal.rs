//! Views that refuse whatever is asked: 410, 404 or another error, on every way through them.

use crate::audit::code::visit::{self, Part};
use crate::audit::code::{Call, Expr, StatementKind};
use crate::audit::program::{ClassId, Definition, Program, Site};

use super::View;

/// Functions that give back responses, no deeper.
const DEEPEST: u32 = 3;

/// Responses and exceptions that are errors by their names.
const ERRORS: [(&str, u16); 16] = [
    ("HttpResponseGone", 410),
    ("HttpResponseNotFound", 404),
    ("HttpResponseForbidden", 403),
    ("HttpResponseNotAllowed", 405),
    ("HttpResponseBadRequest", 400),
    ("HttpResponseServerError", 500),
    ("Http404", 404),
    ("NotFound", 404),
    ("PermissionDenied", 403),
    ("MethodNotAllowed", 405),
    ("NotAuthenticated", 401),
    ("APIException", 500),
    ("HttpError", 400),
    ("NotImplementedError", 500),
    ("page_not_found", 404),
    ("permission_denied", 403),
];

/// What a class-based view runs for a request that reads: before all others, or one of these.
const BEFORE: [&str; 2] = ["dispatch", "initial"];
const READS: [&str; 3] = ["get", "list", "retrieve"];

/// Bases that answer nothing by themselves. Of a `ViewSet` its route says which method answers.
const SILENT: [&str; 3] = ["View", "APIView", "object"];

/// The status with which the view always answers a request that reads; `None`: it may answer.
pub(super) fn of(program: &Program<'_>, view: &View) -> Option<u16> {
    match view {
        View::Function(site) | View::Action(_, site) => {
            by_decorator(program, *site).or_else(|| of_function(program, *site, DEEPEST))
        }
        View::Class(class) => of_class(program, *class),
        View::Elsewhere(name) => by_name(name.rsplit('.').next()?),
    }
}

/// A decorator takes no request that reads, as `@require_POST` and `@api_view(["POST"])` do, or stands in the view's
/// place with a function that refuses.
fn by_decorator(program: &Program<'_>, site: Site) -> Option<u16> {
    let function = program.function(site);
    let around = Site { unit: site.unit, function: function.parent };
    function.decorators.iter().find_map(|decorator| {
        let call = decorator.call();
        let methods = match call.map_or(decorator.last_name(), |call| call.callee.last_name()) {
            "require_POST" => return Some(405),
            "api_view" | "require_http_methods" => call?.positional(0).or(call?.keyword("http_method_names")),
            "action" => call?.keyword("methods"),
            _ => None,
        };
        if methods.is_some_and(|methods| reads_nothing(program, methods, around)) {
            return Some(405);
        }
        let stands_in = program.functions(decorator, around).into_iter();
        let stands_in =
            stands_in.flat_map(|it| program.returns(it).into_iter().map(move |result| (result, it)));
        let results = stands_in.flat_map(|(result, maker)| program.functions(result, maker));
        results.filter(|result| *result != site).find_map(|result| of_function(program, result, DEEPEST))
    })
}

/// A list of methods, all of them known, among which `GET` is not.
fn reads_nothing<'p>(program: &Program<'p>, methods: &'p Expr<'p>, site: Site) -> bool {
    let items = program.items(methods, site, 8).into_iter();
    let texts = items.flat_map(|(item, owner)| program.texts(item, owner, None));
    let names: Option<Vec<String>> = texts.map(|text| Some(text.exact()?.to_uppercase())).collect();
    names.is_some_and(|names| !names.is_empty() && !names.iter().any(|name| name == "GET"))
}

fn of_class(program: &Program<'_>, class: ClassId) -> Option<u16> {
    let taken = |id: &ClassId| {
        let own =
            program.class(*id).attributes.iter().rev().find(|(name, _)| *name == "http_method_names")?;
        Some((&own.1, Site { unit: id.unit, function: program.class(*id).parent }))
    };
    let taken = program.ancestry(class).0.iter().find_map(taken);
    if taken.is_some_and(|(methods, site)| reads_nothing(program, methods, site)) {
        return Some(405);
    }
    let refused = |name: &str| of_function(program, program.method(class, name)?, DEEPEST);
    if let Some(status) = BEFORE.iter().find_map(|name| refused(name)) {
        return Some(status);
    }
    let reads: Vec<Site> = READS.iter().filter_map(|name| program.method(class, name)).collect();
    let (ancestry, outside) = program.ancestry(class);
    let is_silent = |base: &String| SILENT.contains(&base.rsplit('.').next().unwrap_or(base));
    if reads.is_empty() {
        // No method that reads: 405.
        let is_read = |(name, _): &(&str, Expr<'_>)| READS.contains(name);
        let assigned = ancestry.iter().any(|id| program.class(*id).attributes.iter().any(is_read));
        let own = !program.class(class).methods.is_empty() && !assigned;
        return (own && !outside.is_empty() && outside.iter().all(is_silent)).then_some(405);
    }
    let all: Option<Vec<u16>> = reads.into_iter().map(|site| of_function(program, site, DEEPEST)).collect();
    all?.first().copied()
}

fn of_function(program: &Program<'_>, site: Site, left: u32) -> Option<u16> {
    let left = left.checked_sub(1)?;
    let (mut answers, mut always) = (Vec::new(), false);
    visit::function(program.function(site), &mut |part, context| {
        let Part::Statement(statement) = part else { return };
        if program.never_runs(context, site) {
            return;
        }
        let sure = context.guards.is_empty() && context.tries.is_empty() && context.loops.is_empty();
        match &statement.kind {
            StatementKind::Return(value) => {
                answers.push(value.as_ref().and_then(|value| status_within(program, value, site, left)));
            }
            StatementKind::Raise(Some(value)) if sure && context.handling == 0 => {
                always = true;
                answers.push(status_within(program, value, site, left));
            }
            _ => {}
        }
    });
    let ends = program.function(site).body.last();
    let ends =
        ends.is_some_and(|last| matches!(last.kind, StatementKind::Return(_) | StatementKind::Raise(_)));
    let all: Option<Vec<u16>> = answers.into_iter().collect();
    all?.first().copied().filter(|_| always || ends)
}

/// The status of a response or an exception, where it is an error.
pub(super) fn status<'p>(program: &Program<'p>, value: &'p Expr<'p>, site: Site) -> Option<u16> {
    status_within(program, value, site, DEEPEST)
}

fn status_within<'p>(program: &Program<'p>, value: &'p Expr<'p>, site: Site, left: u32) -> Option<u16> {
    let own = value.call().map_or(value.last_name(), |call| call.callee.last_name());
    if let Some(known) = by_name(own) {
        return Some(known);
    }
    let call = value.call()?;
    if let Some(said) = said(program, call, site) {
        return (said >= 400).then_some(said);
    }
    let callees = program.functions(&call.callee, site).into_iter();
    callees.map(|callee| of_function(program, callee, left)).collect::<Option<Vec<u16>>>()?.first().copied()
}

fn by_name(name: &str) -> Option<u16> {
    ERRORS.iter().find(|(error, _)| *error == name).map(|(_, status)| *status)
}

/// `Response({}, status=410)`, `Response({}, HTTP_410_GONE)`.
fn said<'p>(program: &Program<'p>, call: &'p Call<'p>, site: Site) -> Option<u16> {
    let value =
        call.keyword("status").or_else(|| call.keyword("status_code")).or_else(|| call.positional(1))?;
    let named = program.resolve(value, site).into_iter().find_map(|it| match it {
        Definition::External(path) => path.rsplit("HTTP_").next()?.get(..3)?.parse().ok(),
        _ => None,
    });
    let written = || {
        let numbers = program.numbers(value, site, None);
        let lowest = numbers.into_iter().reduce(f64::min).filter(|number| (100.0..600.0).contains(number));
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be small")]
        lowest.map(|number| number as u16)
    };
    named.or_else(written)
}
