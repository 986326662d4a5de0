//! Middlewares that refuse some paths before any view is asked: `if request.path in GONE: return HttpResponseGone()`.

use crate::audit::code::visit::{self, Context, Part};
use crate::audit::code::{Call, Expr, Kind, Operator, Pattern, StatementKind};
use crate::audit::program::{Program, Site, Text};
use crate::audit::urls::{UrlPath, of_regex};

use super::refusal::{self, is_read};

/// The list in the settings that names them.
const LIST: &str = "MIDDLEWARE";

/// What Django runs of a middleware that is a class.
const METHODS: [&str; 4] = ["__call__", "process_request", "process_view", "process_response"];

/// Under which a request has the name of its route.
const NAMES: [&str; 2] = ["url_name", "view_name"];

/// The names under which a request has its path.
const PATHS: [&str; 3] = ["path", "path_info", "get_full_path"];

/// What is done to a path before it is compared.
const TIDIED: [&str; 4] = ["rstrip", "strip", "lower", "removesuffix"];

/// Some paths, and the status with which they are refused.
#[derive(Debug)]
pub(in crate::audit) struct Shut {
    status: u16,
    /// One of each list must hold; without a list the whole site is shut.
    tests: Vec<Vec<Test>>,
    /// Paths that never come there, as something before it may have answered them.
    but: Vec<Test>,
}

#[derive(Debug)]
enum Test {
    Is(UrlPath),
    StartsWith(String),
    Contains(String),
    /// The route is called so.
    Named(String),
}

impl Shut {
    /// The status with which a path is refused, whose route has this name.
    pub fn refuses(&self, path: &UrlPath, name: Option<&str>) -> Option<u16> {
        let holds = |test: &Test| match test {
            Test::Is(own) => own.is_same(path),
            Test::StartsWith(start) => path.to_string().starts_with(start),
            Test::Contains(part) => path.to_string().contains(part),
            Test::Named(own) => name == Some(own.rsplit(':').next().unwrap_or(own)),
        };
        let comes_there = !self.but.iter().any(holds);
        (comes_there && self.tests.iter().all(|tests| tests.iter().any(holds))).then_some(self.status)
    }
}

pub(super) fn find(program: &Program<'_>) -> Vec<Shut> {
    let mut found = Vec::new();
    for unit in program.settings() {
        let top = Site { unit: *unit, function: 0 };
        for name in listed(program, top) {
            for site in runs(program, &name, *unit) {
                found.extend(shut_by(program, site));
            }
        }
    }
    found
}

/// The names in the list, however it is put together.
fn listed(program: &Program<'_>, top: Site) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    visit::function(program.function(top), &mut |part, context| {
        let sure = context.guards.iter().all(|it| program.is_always(it.test, top, it.holds));
        if !sure || program.never_runs(context, top) {
            return;
        }
        let value = match part {
            Part::Statement(statement) => match &statement.kind {
                StatementKind::Assign { target: Pattern::Name(LIST), value, augmented } => {
                    let replaces = !augmented && !visit::any(value, |part| part.is_name(LIST));
                    found.truncate(if replaces { 0 } else { found.len() });
                    value
                }
                _ => return,
            },
            Part::Expression(Expr { kind: Kind::Call(call), .. }) => {
                let adds = matches!(call.callee.last_name(), "append" | "insert" | "extend")
                    && call.callee.receiver().is_some_and(|list| list.is_name(LIST));
                let Some(last) = call.arguments.last().filter(|_| adds) else { return };
                &last.value
            }
            Part::Expression(_) => return,
        };
        visit::expression(value, &mut |part| match &part.kind {
            Kind::Text(text) => found.push(text.to_string()),
            Kind::Name(name) if *name != LIST => {
                let items = program.items(part, top, 8).into_iter();
                let texts = items.flat_map(|(item, owner)| program.texts(item, owner, None));
                let texts = texts.chain(program.texts(part, top, None));
                found.extend(texts.filter_map(|text| text.exact()));
            }
            _ => {}
        });
    });
    found
}

/// The functions that Django runs of the middleware of this dotted name.
fn runs(program: &Program<'_>, dotted: &str, settings: usize) -> Vec<Site> {
    let top = Site { unit: settings, function: 0 };
    if let Some(class) = program.class_at(dotted, top) {
        return METHODS.iter().filter_map(|method| program.method(class, method)).collect();
    }
    let Some((module, name)) = dotted.rsplit_once('.') else { return Vec::new() };
    let Some(unit) = program.python_modules().resolve(program.path(settings), module) else {
        return Vec::new();
    };
    let factories = program.sites([unit]).filter(|site| program.function(*site).name == name);
    let made = factories.flat_map(|it| program.returns(it).into_iter().map(move |result| (result, it)));
    made.flat_map(|(result, factory)| program.functions(result, factory)).collect()
}

fn shut_by(program: &Program<'_>, site: Site) -> Vec<Shut> {
    let mut found = Vec::new();
    visit::function(program.function(site), &mut |part, context| {
        let Part::Statement(statement) = part else { return };
        let status = match &statement.kind {
            StatementKind::Return(Some(value)) | StatementKind::Raise(Some(value)) => {
                refusal::status(program, value, site)
            }
            // `response.status_code = 410`
            StatementKind::Assign { target: Pattern::Place(place), value, .. } => {
                (place.last_name() == "status_code").then(|| refusal::told(program, value, site)).flatten()
            }
            _ => return,
        };
        let quiet = context.tries.is_empty() && context.loops.is_empty() && context.handling == 0;
        if !quiet || program.never_runs(context, site) {
            return;
        }
        if let Some(status) = status
            && let Some((tests, but)) = tests(program, context, site)
        {
            found.push(Shut { status, tests, but });
        }
    });
    found
}

/// The tests of the path that stand around a place, and those that must not hold; `None`: it hangs on something else as
/// well.
fn tests<'p>(
    program: &Program<'p>,
    context: &Context<'p, 'p>,
    site: Site,
) -> Option<(Vec<Vec<Test>>, Vec<Test>)> {
    let (mut found, mut but) = (Vec::new(), Vec::new());
    for guard in &context.guards {
        let (mut test, mut holds) = (guard.test, guard.holds);
        while let Kind::Operation(Operator::Not, parts) = &test.kind {
            (test, holds) = (parts.first()?, !holds);
        }
        if program.is_always(test, site, holds) || is_read(test) == Some(holds) {
            continue;
        }
        if holds {
            found.push(path_tests(program, test, site)?);
        } else {
            but.extend(answered_before(program, test, site)?);
        }
    }
    Some((found, but))
}

/// The tests of the path in a condition that asks for nothing else of the request.
fn path_tests<'p>(program: &Program<'p>, test: &'p Expr<'p>, site: Site) -> Option<Vec<Test>> {
    // `if is_gone(request):`, a helper that gives back the test.
    if let Some(call) = test.call() {
        let helpers = program.functions(&call.callee, site);
        if let ([helper], true) = (helpers.as_slice(), helpers != [site]) {
            let returned = program.returns(*helper);
            let [only] = returned.as_slice() else { return None };
            return path_tests(program, only, *helper);
        }
    }
    let parameters = &program.function(site).parameters;
    let mut asks_more = false;
    if let Kind::Operation(Operator::And, parts) = &test.kind {
        let others = parts
            .iter()
            .filter(|part| is_read(part).is_none() && tests_within(program, part, site).is_empty());
        for part in others {
            visit::expression(part, &mut |it| {
                asks_more |= parameters.iter().any(|parameter| it.is_name(parameter.name()));
            });
        }
    }
    let of_path = tests_within(program, test, site);
    (!of_path.is_empty() && !asks_more).then_some(of_path)
}

/// The paths of which alone a condition can hold: all others come past it.
fn answered_before<'p>(program: &Program<'p>, test: &'p Expr<'p>, site: Site) -> Option<Vec<Test>> {
    match &test.kind {
        Kind::Operation(Operator::And, parts) => {
            parts.iter().find_map(|part| answered_before(program, part, site))
        }
        Kind::Operation(Operator::Or, parts) => {
            let all: Option<Vec<Vec<Test>>> =
                parts.iter().map(|part| answered_before(program, part, site)).collect();
            Some(all?.into_iter().flatten().collect())
        }
        Kind::Operation(Operator::Not, _) => None,
        _ => Some(tests_within(program, test, site)).filter(|tests| !tests.is_empty()),
    }
}

fn tests_within<'p>(program: &Program<'p>, test: &'p Expr<'p>, site: Site) -> Vec<Test> {
    let mut of_path = Vec::new();
    visit::expression(test, &mut |part| of_path.extend(test_of(program, part, site).into_iter().flatten()));
    of_path
}

/// `request.path == "/api/x"`, `request.path in GONE`, `request.path.startswith("/api/x")`, `re.match("^/api/x", …)`.
fn test_of<'p>(program: &Program<'p>, test: &'p Expr<'p>, site: Site) -> Option<Vec<Test>> {
    let texts = |value: &'p Expr<'p>| {
        let listed =
            program.items(value, site, 8).into_iter().flat_map(|(it, owner)| program.texts(it, owner, None));
        let texts = program.texts(value, site, None).into_iter().chain(listed);
        texts.filter_map(|text| Text::exact(&text)).collect::<Vec<String>>()
    };
    let is = |text: &String| Test::Is(UrlPath::of_route(text, None));
    match &test.kind {
        Kind::Operation(Operator::Equal | Operator::Among, parts) => {
            let [one, other] = parts.as_slice() else { return None };
            if matches!(test.kind, Kind::Operation(Operator::Among, _)) && is_path(other) {
                return Some(texts(one).into_iter().map(Test::Contains).collect());
            }
            if let Some(given) =
                [(one, other), (other, one)].into_iter().find(|it| NAMES.contains(&it.0.last_name()))
            {
                return Some(texts(given.1).into_iter().map(Test::Named).collect());
            }
            let given = if is_path(one) {
                other
            } else if is_path(other) {
                one
            } else {
                return None;
            };
            Some(texts(given).iter().map(is).collect())
        }
        Kind::Call(call) => {
            let Call { callee, .. } = &**call;
            match callee.last_name() {
                "startswith" if callee.receiver().is_some_and(is_path) => {
                    Some(texts(call.positional(0)?).into_iter().map(Test::StartsWith).collect())
                }
                "match" | "fullmatch" => {
                    let regex = match call.positional(1) {
                        Some(subject) => is_path(subject).then(|| call.positional(0)).flatten()?,
                        None => {
                            return compiled(program, callee, site)
                                .filter(|_| call.positional(0).is_some_and(is_path));
                        }
                    };
                    Some(texts(regex).iter().flat_map(|text| taken(text)).collect())
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// `request.path`, also without the slash at its end.
fn is_path(part: &Expr<'_>) -> bool {
    let Some(call) = part.call() else { return PATHS.contains(&part.last_name()) };
    let name = call.callee.last_name();
    PATHS.contains(&name) || TIDIED.contains(&name) && call.callee.receiver().is_some_and(is_path)
}

/// `GONE.match(request.path)`, where `GONE = re.compile("^/api/x")`.
fn compiled<'p>(program: &Program<'p>, callee: &'p Expr<'p>, site: Site) -> Option<Vec<Test>> {
    let mut made = program.results_of(callee.receiver()?, site);
    let (call, owner) = made.find(|(call, _)| call.callee.last_name() == "compile")?;
    let texts = program.texts(call.positional(0)?, owner, None);
    let regexes = texts.iter().filter_map(Text::exact);
    Some(regexes.flat_map(|text| taken(&text)).collect())
}

fn taken(regex: &str) -> Vec<Test> {
    of_regex(regex).iter().map(|(path, _)| Test::Is(UrlPath::of_route(path, None))).collect()
}
