//! Views that refuse whatever is asked: 410, 404 or another error, on every way through them.

use crate::audit::code::visit::{self, Context, Guard, Part};
use crate::audit::code::{Call, Expr, Kind, Operator, Pattern, Statement, StatementKind};
use crate::audit::program::{ClassId, Definition, Program, Site};

use super::{Entrance, View, admission, classes, decorators};

/// Functions that give back responses, no deeper.
pub(super) const DEEPEST: u32 = 3;

/// Responses and exceptions that are errors by their names.
const ERRORS: [(&str, u16); 20] = [
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
    ("http_method_not_allowed", 405),
    ("ValidationError", 400),
    ("ParseError", 400),
    ("AuthenticationFailed", 401),
];

/// Answers that send whoever asks to another URL.
const REDIRECTS: [&str; 3] = ["HttpResponseRedirect", "HttpResponsePermanentRedirect", "redirect"];

/// Statuses under the names that Python's own list gives them.
const NAMED: [(&str, u16); 9] = [
    ("NO_CONTENT", 204),
    ("BAD_REQUEST", 400),
    ("UNAUTHORIZED", 401),
    ("FORBIDDEN", 403),
    ("NOT_FOUND", 404),
    ("METHOD_NOT_ALLOWED", 405),
    ("GONE", 410),
    ("NOT_IMPLEMENTED", 501),
    ("SERVICE_UNAVAILABLE", 503),
];

/// How a request that reads fares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::audit) enum Passage {
    /// It may be answered.
    Open,
    /// It is always refused, with this status.
    Shut(u16),
    /// What stands in its way could not be followed; why.
    Unclear(String),
}

impl Passage {
    pub fn unclear(why: &str) -> Self {
        Self::Unclear(why.to_owned())
    }

    /// Of several ways one of which is taken; `None` without any.
    pub fn of_ways(ways: impl IntoIterator<Item = Self>) -> Option<Self> {
        let rank = |way: &Self| match way {
            Self::Open => 0,
            Self::Unclear(_) => 1,
            Self::Shut(_) => 2,
        };
        ways.into_iter().min_by_key(rank)
    }
}

/// Whether the view refuses every request that reads.
pub(super) fn of(program: &Program<'_>, view: &View, entrance: &Entrance) -> Passage {
    if let Some(decided) = entrance.around.clone().or_else(|| admission::refused(program, view)) {
        return decided;
    }
    match view {
        View::Function(site) => of_site(program, *site, DEEPEST),
        View::Action(class, site) => {
            classes::before(program, *class, DEEPEST).unwrap_or_else(|| of_site(program, *site, DEEPEST))
        }
        View::Class(class) => classes::of(program, *class, entrance.method.as_deref(), DEEPEST),
        View::Elsewhere(name) if name.contains("RedirectView") => elsewhere(),
        View::Elsewhere(name) => {
            name.rsplit('.').next().and_then(by_name).map_or(Passage::Open, Passage::Shut)
        }
    }
}

/// Whether the view itself refuses, whatever stands around it.
pub(super) fn inside(program: &Program<'_>, view: &View, entrance: &Entrance) -> Passage {
    let sites: Vec<Site> = match view {
        View::Function(site) | View::Action(_, site) => vec![*site],
        View::Class(class) => {
            let method = entrance.method.as_deref();
            let names = method.map_or_else(|| classes::READS.to_vec(), |method| vec![method]);
            names.into_iter().filter_map(|name| program.method(*class, name)).collect()
        }
        View::Elsewhere(_) => Vec::new(),
    };
    Passage::of_ways(sites.into_iter().map(|site| of_function(program, site, DEEPEST)))
        .unwrap_or(Passage::Open)
}

/// A function with what decorates it.
pub(super) fn of_site(program: &Program<'_>, site: Site, left: u32) -> Passage {
    let function = program.function(site);
    let around = Site { unit: site.unit, function: function.parent };
    let mut through = function.decorators.iter();
    let decided = through.find_map(|it| decorators::through(program, it, around, Some(site), left));
    decided.unwrap_or_else(|| of_function(program, site, left))
}

/// A list of methods, among which `GET` is not; `None` where that is not known.
pub(super) fn reads_nothing<'p>(program: &Program<'p>, methods: &'p Expr<'p>, site: Site) -> Option<bool> {
    if matches!(&methods.kind, Kind::List(items) if items.is_empty()) {
        return Some(true);
    }
    let items = program.items(methods, site, 8).into_iter();
    let texts = items.flat_map(|(item, owner)| program.texts(item, owner, None));
    // Also what is added to the list later.
    let texts = texts.chain(program.element_texts(methods, site));
    let names: Vec<Option<String>> = texts.map(|text| Some(text.exact()?.to_uppercase())).collect();
    match names.iter().flatten().any(|name| name == "GET") {
        true => Some(false),
        false => (!names.is_empty() && names.iter().all(Option::is_some)).then_some(true),
    }
}

/// What a list of the methods that are taken does to a request that reads; `None`: it passes.
pub(super) fn of_methods<'p>(program: &Program<'p>, methods: &'p Expr<'p>, site: Site) -> Option<Passage> {
    match reads_nothing(program, methods, site) {
        Some(true) => Some(Passage::Shut(405)),
        Some(false) => None,
        None => Some(Passage::unclear("its list of methods could not be followed")),
    }
}

fn of_function(program: &Program<'_>, site: Site, left: u32) -> Passage {
    let Some(left) = left.checked_sub(1) else {
        return Passage::unclear("it answers by functions of functions");
    };
    let (mut answers, mut always) = (Vec::new(), false);
    // Where the configuration says so, it refuses.
    let mut switched: Option<u32> = None;
    // Something that never comes back was called.
    let mut over = false;
    // `answer.status_code = 410`
    let mut told: Vec<(&str, u16)> = Vec::new();
    visit::function(program.function(site), &mut |part, context| {
        let Part::Statement(statement) = part else { return };
        if over || program.never_runs(context, site) {
            return;
        }
        let Some(asks) = of_read(context) else { return };
        let quiet = context.tries.is_empty() && context.loops.is_empty();
        let sure = asks.is_empty() && quiet;
        let by_switch =
            quiet && !asks.is_empty() && asks.iter().all(|it| program.is_configured(it.test, site));
        match &statement.kind {
            StatementKind::Assign { target: Pattern::Place(place), value, .. } if sure => {
                if let Kind::Member(object, "status_code") = &place.kind
                    && let (Kind::Name(name), Some(status)) = (&object.kind, number(program, value, site))
                {
                    told.push((*name, status));
                }
            }
            StatementKind::Return(value) => {
                let told =
                    told.iter().rev().find(|(name, _)| value.as_ref().is_some_and(|it| it.is_name(name)));
                let raised = value.as_ref().and_then(|it| raised_within(program, it, site, left));
                let answer = match (told, value) {
                    _ if raised.is_some() => raised.unwrap_or(Passage::Open),
                    (Some((_, status)), _) => by_status(*status),
                    (None, Some(value)) => status_within(program, value, site, left),
                    (None, None) => Passage::Open,
                };
                if by_switch && answer != Passage::Open {
                    switched = Some(statement.line);
                }
                answers.push(answer);
            }
            StatementKind::Expression(value) | StatementKind::Assign { value, .. }
                if sure && context.handling == 0 =>
            {
                if let Some(raised) = raised_within(program, value, site, left) {
                    (always, over) = (true, true);
                    answers.push(raised);
                }
            }
            StatementKind::Raise(Some(_)) if by_switch && context.handling == 0 => {
                switched = Some(statement.line);
            }
            StatementKind::Raise(Some(value)) if sure && context.handling == 0 => {
                always = true;
                answers.push(match status_within(program, value, site, left) {
                    Passage::Open => raised(program, value, site),
                    known => known,
                });
            }
            _ => {}
        }
    });
    let found = match Passage::of_ways(answers) {
        Some(Passage::Shut(_)) if !always && !ends(&program.function(site).body) => Passage::Open,
        found => found.unwrap_or(Passage::Open),
    };
    match switched.filter(|_| found == Passage::Open) {
        Some(line) => Passage::Unclear(format!("line {line} refuses it where the configuration says so")),
        None => found,
    }
}

/// The tests around a place but for those that every request that reads passes; `None`: no such request comes there.
fn of_read<'c, 'p>(context: &'c Context<'p, 'p>) -> Option<Vec<&'c Guard<'p, 'p>>> {
    let mut found = Vec::new();
    for guard in &context.guards {
        match is_read(guard.test) {
            Some(reads) if reads == guard.holds => {}
            Some(_) => return None,
            None => found.push(guard),
        }
    }
    Some(found)
}

/// What `request.method == "GET"` says of a request that reads; `None`: it asks something else.
pub(super) fn is_read(test: &Expr<'_>) -> Option<bool> {
    let Kind::Operation(operator, parts) = &test.kind else { return None };
    let [one, other] = parts.as_slice() else { return is_read(parts.first()?).map(|reads| !reads) };
    let (asked, given) = if one.last_name() == "method" { (one, other) } else { (other, one) };
    (asked.last_name() == "method").then_some(())?;
    let reads = |it: &Expr<'_>| it.literal().map(|text| text.eq_ignore_ascii_case("GET"));
    match (operator, &given.kind) {
        (Operator::Equal, _) => reads(given),
        (Operator::Unequal, _) => reads(given).map(|reads| !reads),
        (Operator::Among, Kind::List(items)) => Some(items.iter().any(|it| reads(it) == Some(true))),
        (Operator::Among, _) => (given.last_name() == "SAFE_METHODS").then_some(true),
        _ => None,
    }
}

/// What one of the calls raises that a value is made of.
fn raised_within<'p>(program: &Program<'p>, value: &'p Expr<'p>, site: Site, left: u32) -> Option<Passage> {
    let mut calls = Vec::new();
    sure_calls(value, &mut calls);
    calls.into_iter().find_map(|call| always_raised(program, call, site, left))
}

/// The calls in a value that happen whenever it is asked for.
fn sure_calls<'p>(value: &'p Expr<'p>, found: &mut Vec<&'p Call<'p>>) {
    match &value.kind {
        Kind::Call(call) => {
            sure_calls(&call.callee, found);
            call.arguments.iter().for_each(|it| sure_calls(&it.value, found));
            found.push(call);
        }
        Kind::Member(inner, _) | Kind::Spread(inner) | Kind::Await(inner) => sure_calls(inner, found),
        Kind::Record(entries) => entries.iter().for_each(|it| sure_calls(&it.value, found)),
        Kind::List(items) | Kind::Template(items) => items.iter().for_each(|it| sure_calls(it, found)),
        Kind::Choice(parts) => sure_calls(&parts[0], found),
        _ => {}
    }
}

/// What a call raises that never comes back.
fn always_raised<'p>(program: &Program<'p>, call: &'p Call<'p>, site: Site, left: u32) -> Option<Passage> {
    let callees = program.functions(&call.callee, site);
    // `self.body(request)` of a base, which its heirs have in its place.
    let is_overridden = |callee: &Site| {
        let class = program.function(*callee).class.map(|class| ClassId { unit: callee.unit, class });
        let name = program.function(*callee).name;
        let mut heirs = class.map(|class| program.heirs(class)).unwrap_or_default().into_iter();
        heirs.any(|heir| program.own_method(heir, name).is_some())
    };
    if callees.iter().any(is_overridden) {
        return None;
    }
    let raises = |callee: &Site| {
        let mut returns = false;
        visit::function(program.function(*callee), &mut |part, context| {
            if let Part::Statement(Statement { kind: StatementKind::Return(_), .. }) = part {
                returns |= !program.never_runs(context, *callee);
            }
        });
        !returns && ends(&program.function(*callee).body) && program.function(*callee).decorators.is_empty()
    };
    let all = !callees.is_empty() && callees.iter().all(raises);
    let ways = callees.into_iter().filter(|_| all).map(|callee| of_raises(program, callee, left));
    Passage::of_ways(ways).filter(|way| *way != Passage::Open)
}

/// The best that a function raises of which every way raises.
fn of_raises(program: &Program<'_>, site: Site, left: u32) -> Passage {
    let mut ways = Vec::new();
    visit::function(program.function(site), &mut |part, _| {
        if let Part::Statement(Statement { kind: StatementKind::Raise(Some(value)), .. }) = part {
            ways.push(match status_within(program, value, site, left) {
                Passage::Open => raised(program, value, site),
                known => known,
            });
        }
    });
    Passage::of_ways(ways).unwrap_or(Passage::Open)
}

/// Every way through the block leaves the function.
fn ends(block: &[Statement<'_>]) -> bool {
    block.last().is_some_and(|last| match &last.kind {
        StatementKind::Return(_) | StatementKind::Raise(_) => true,
        StatementKind::If { then, otherwise, .. } => ends(then) && ends(otherwise),
        StatementKind::Block { body, .. } => ends(body),
        StatementKind::Try(it) => {
            ends(&it.after) || ends(&it.body) && it.handlers.iter().all(|it| ends(&it.body))
        }
        _ => false,
    })
}

/// An exception that has no status of its own: an error, unless something makes an answer of it.
fn raised<'p>(program: &Program<'p>, value: &'p Expr<'p>, site: Site) -> Passage {
    let callee = value.call().map_or(value, |call| &call.callee);
    let outside = program.class_named(callee, site).map(|class| program.ancestry(class).1);
    let names = outside.unwrap_or_else(|| vec![callee.dotted()]);
    match names.iter().any(|name| name.ends_with("Error") || name.ends_with("Exception")) {
        true => Passage::Shut(500),
        false => Passage::Unclear(format!("it raises {}", callee.dotted())),
    }
}

/// The status of a response or an exception, where it is an error.
pub(super) fn status<'p>(program: &Program<'p>, value: &'p Expr<'p>, site: Site) -> Option<u16> {
    match status_within(program, value, site, DEEPEST) {
        Passage::Shut(status) => Some(status),
        _ => None,
    }
}

/// The status that an answer is given afterwards, where it is an error: `answer.status_code = 410`.
pub(super) fn told<'p>(program: &Program<'p>, value: &'p Expr<'p>, site: Site) -> Option<u16> {
    number(program, value, site).filter(|status| matches!(by_status(*status), Passage::Shut(_)))
}

fn status_within<'p>(program: &Program<'p>, value: &'p Expr<'p>, site: Site, left: u32) -> Passage {
    let callee = value.call().map_or(value, |call| &call.callee);
    if let Some(known) = by_name(callee.last_name()) {
        return Passage::Shut(known);
    }
    if REDIRECTS.contains(&callee.last_name()) && program.class_named(callee, site).is_none() {
        return elsewhere();
    }
    if let Some(said) = value.call().and_then(|call| said(program, call, site)) {
        return said;
    }
    if let Some(class) = program.class_named(callee, site) {
        return of_response(program, class).map_or(Passage::Open, by_status);
    }
    let callees = value.call().map(|call| program.functions(&call.callee, site)).unwrap_or_default();
    let ways = callees.into_iter().map(|callee| of_function(program, callee, left));
    Passage::of_ways(ways).unwrap_or(Passage::Open)
}

/// The status of a response or exception of the tree's own.
fn of_response(program: &Program<'_>, class: ClassId) -> Option<u16> {
    let (ancestry, outside) = program.ancestry(class);
    let own = ancestry.iter().find_map(|id| {
        let (_, value) =
            program.class(*id).attributes.iter().rev().find(|(name, _)| *name == "status_code")?;
        number(program, value, Site { unit: id.unit, function: program.class(*id).parent })
    });
    own.or_else(|| outside.iter().find_map(|base| by_name(base.rsplit('.').next()?)))
}

fn by_status(status: u16) -> Passage {
    match status {
        204 | 205 | 400.. => Passage::Shut(status),
        300..304 | 307 | 308 => elsewhere(),
        _ => Passage::Open,
    }
}

fn elsewhere() -> Passage {
    Passage::unclear("it sends whatever reads it elsewhere")
}

fn by_name(name: &str) -> Option<u16> {
    ERRORS.iter().find(|(error, _)| *error == name).map(|(_, status)| *status)
}

/// `Response({}, status=410)`, `Response({}, HTTP_410_GONE)`.
fn said<'p>(program: &Program<'p>, call: &'p Call<'p>, site: Site) -> Option<Passage> {
    let second = || call.positional(1).filter(|_| call.callee.last_name() == "Response");
    let value = call.keyword("status").or_else(|| call.keyword("status_code")).or_else(second)?;
    if let Some(status) = number(program, value, site) {
        return Some(by_status(status));
    }
    let given = program.resolve(value, site).into_iter().any(|it| match it {
        Definition::Parameter(owner, ..) => owner != site,
        Definition::External(path) => path.contains("settings."),
        _ => false,
    });
    given.then(|| Passage::Unclear(format!("its status is {}", value.dotted())))
}

/// The lowest status that a value may be.
fn number<'p>(program: &Program<'p>, value: &'p Expr<'p>, site: Site) -> Option<u16> {
    let named = program.resolve(value, site).into_iter().find_map(|it| match it {
        Definition::External(path) if path.contains("HTTPStatus.") => {
            let name = path.rsplit_once("HTTPStatus.")?.1.trim_end_matches(".value").to_owned();
            NAMED.iter().find(|(known, _)| *known == name).map(|(_, status)| *status)
        }
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
