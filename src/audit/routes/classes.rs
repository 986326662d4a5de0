//! Views that are classes: what answers a request that reads, and what may have changed them where nobody looks:
//! decorators, metaclasses, bases that rewrite those who inherit from them, and assignments after the class.

use crate::audit::code::visit::{self, Part};
use crate::audit::code::{Expr, Kind, Pattern, StatementKind};
use crate::audit::program::{ClassId, Definition, Program, Site};

use super::decorators::{agreed, through, through_all, unread};
use super::refusal::{Passage, of_methods, of_site};
use super::{Entrance, View};

/// What a class-based view runs for a request that reads: before all others, or one of these.
const BEFORE: [&str; 7] = [
    "dispatch",
    "initialize_request",
    "initial",
    "perform_authentication",
    "check_permissions",
    "check_throttles",
    "finalize_response",
];
pub(super) const READS: [&str; 3] = ["get", "list", "retrieve"];

/// What decides who answers.
const DECIDING: [&str; 9] = [
    "dispatch",
    "initial",
    "get",
    "list",
    "retrieve",
    "http_method_names",
    "as_view",
    "setup",
    "http_method_not_allowed",
];

/// Bases that answer nothing by themselves. Of a `ViewSet` its route says which method answers.
const SILENT: [&str; 3] = ["View", "APIView", "object"];

/// Bases that list, or show one, by themselves.
const READING: [(&str, &[&str]); 4] = [
    ("ModelViewSet", &["list", "retrieve"]),
    ("ReadOnlyModelViewSet", &["list", "retrieve"]),
    ("ListModelMixin", &["list"]),
    ("RetrieveModelMixin", &["retrieve"]),
];

/// Metaclasses that change nothing.
const PLAIN: [&str; 2] = ["ABCMeta", "type"];

/// `method`: the one that answers, where the route says so.
pub(super) fn of(program: &Program<'_>, class: ClassId, method: Option<&str>, left: u32) -> Passage {
    if let Some(decided) = before(program, class, left) {
        return decided;
    }
    let (ancestry, outside) = program.ancestry(class);
    if outside.iter().any(|base| base.ends_with("RedirectView")) {
        return Passage::unclear("it sends whatever reads it elsewhere");
    }
    let names = method.map_or_else(|| READS.to_vec(), |method| vec![method]);
    let own: Vec<(&str, Passage)> =
        names.iter().filter_map(|name| Some((*name, answer(program, &ancestry, name, left)?))).collect();
    let last = |base: &String| base.rsplit('.').next().unwrap_or(base).to_owned();
    if own.is_empty() && method.is_none() {
        // No method that reads: 405.
        if let Some(base) = unknown_base(program, &ancestry) {
            return Passage::Unclear(format!("its base {base} could not be followed"));
        }
        let silent = outside.iter().all(|base| SILENT.contains(&last(base).as_str()));
        let refuses = !program.class(class).methods.is_empty() && !outside.is_empty() && silent;
        return if refuses { Passage::Shut(405) } else { Passage::Open };
    }
    let has = |name: &str| own.iter().any(|(own, _)| *own == name);
    let inherits = |(base, reads): &(&str, &[&str])| {
        outside.iter().any(|it| last(it) == *base) && reads.iter().any(|name| !has(name))
    };
    let more = method.is_none() && !has("get") && READING.iter().any(inherits);
    let ways = own.into_iter().map(|(_, way)| way).chain(more.then_some(Passage::Open));
    Passage::of_ways(ways).unwrap_or(Passage::Open)
}

fn unknown_base(program: &Program<'_>, ancestry: &[ClassId]) -> Option<String> {
    let known = |it: &Definition<'_>| matches!(it, Definition::Class(_) | Definition::External(_));
    ancestry.iter().find_map(|id| {
        let mut bases = program.class(*id).bases.iter();
        let base = bases.find(|base| !program.resolve(base, body_of(program, *id)).iter().any(known))?;
        Some(base.dotted())
    })
}

/// What happens to a request before one of the class's methods is chosen; `None`: nothing.
pub(super) fn before(program: &Program<'_>, class: ClassId, left: u32) -> Option<Passage> {
    let Some(left) = left.checked_sub(1) else {
        return Some(Passage::unclear("its class is made by classes"));
    };
    let (ancestry, outside) = program.ancestry(class);
    let taken = || {
        let (id, (_, methods)) = ancestry.iter().find_map(|id| {
            let mut attributes = program.class(*id).attributes.iter().rev();
            Some((id, attributes.find(|(name, _)| *name == "http_method_names")?))
        })?;
        of_methods(program, methods, body_of(program, *id))
    };
    let first = |name: &str| {
        let site = ancestry.iter().find_map(|id| program.own_method(*id, name))?;
        match of_site(program, site, left) {
            // It asks the method of the request, or answers by itself.
            Passage::Open if name != "dispatch" || asks_on(program, site) => None,
            decided => Some(decided),
        }
    };
    decorated(program, &ancestry, "dispatch", left)
        .or_else(|| rewritten(program, &ancestry, left))
        .or_else(taken)
        .or_else(|| permitted(program, &ancestry, &outside))
        .or_else(|| ungiven(program, &ancestry, left))
        .or_else(|| BEFORE.iter().find_map(|name| first(name)))
}

/// `get_permissions` that gives back what nobody has, of a class of the REST framework.
fn permitted(program: &Program<'_>, ancestry: &[ClassId], outside: &[String]) -> Option<Passage> {
    if is_plain(outside) {
        return None;
    }
    let site = ancestry.iter().find_map(|id| program.own_method(*id, "get_permissions"))?;
    let returned = program.returns(site);
    let [only] = returned.as_slice() else { return None };
    never_given(program, only, site, "has_permission").then_some(Passage::Shut(403))
}

/// Whether a class with these bases from outside is none of the REST framework.
pub(super) fn is_plain(outside: &[String]) -> bool {
    outside.iter().all(|base| matches!(base.rsplit('.').next(), Some("View" | "object")))
}

/// What a view of the framework's own asks of the class: `get_queryset` that always raises.
fn ungiven(program: &Program<'_>, ancestry: &[ClassId], left: u32) -> Option<Passage> {
    let own = |name: &str| ancestry.iter().find_map(|id| program.own_method(*id, name));
    if ["get", "list"].iter().any(|name| own(name).is_some()) {
        return None;
    }
    let asked =
        ["get_queryset", "filter_queryset", "get_serializer_class"].iter().filter_map(|name| own(name));
    let ways = asked.map(|site| of_site(program, site, left));
    ways.into_iter().find(|way| matches!(way, Passage::Shut(_)))
}

/// A list of classes of which one never says yes when it is asked.
pub(super) fn never_given<'p>(program: &Program<'p>, listed: &'p Expr<'p>, site: Site, asks: &str) -> bool {
    let never = |(item, owner): (&'p Expr<'p>, Site)| {
        let item = item.call().map_or(item, |made| &made.callee);
        let class = match &item.kind {
            Kind::Name(_) | Kind::Member(..) => program.class_named(item, owner),
            Kind::Text(dotted) => program.class_at(dotted, owner),
            _ => None,
        };
        let asked = class.and_then(|class| program.method(class, asks));
        asked.is_some_and(|asked| program.never_says_yes(asked))
    };
    program.items(listed, site, 8).into_iter().any(never)
}

/// Every way through the view gives back nothing: `Response([])`, a query of none.
pub(super) fn answers_nothing(program: &Program<'_>, view: &View, entrance: &Entrance) -> bool {
    let of_site = |site: Site| {
        let returned = program.returns(site);
        !returned.is_empty() && returned.into_iter().all(is_empty_answer)
    };
    match view {
        View::Function(site) | View::Action(_, site) => of_site(*site),
        View::Class(class) => {
            let names = entrance.method.as_deref().map_or_else(|| READS.to_vec(), |method| vec![method]);
            let own: Vec<Site> = names.into_iter().filter_map(|name| program.method(*class, name)).collect();
            if !own.is_empty() {
                return own.into_iter().all(of_site);
            }
            let (ancestry, _) = program.ancestry(*class);
            let none = |value: &Expr<'_>| value.call().is_some_and(|it| it.callee.last_name() == "none");
            match program.method(*class, "get_queryset") {
                Some(site) => {
                    let returned = program.returns(site);
                    !returned.is_empty() && returned.into_iter().all(none)
                }
                None => ancestry.iter().any(|id| {
                    let mut attributes = program.class(*id).attributes.iter();
                    attributes.any(|(name, value)| *name == "queryset" && none(value))
                }),
            }
        }
        View::Elsewhere(_) => false,
    }
}

fn is_empty_answer(value: &Expr<'_>) -> bool {
    let Some(call) = value.call() else { return matches!(value.kind, Kind::Null) };
    let answers = ["Response", "JsonResponse", "HttpResponse"].contains(&call.callee.last_name());
    let content = call.positional(0).or_else(|| call.keyword("data")).or_else(|| call.keyword("content"));
    answers
        && content.is_none_or(|it| match &it.kind {
            Kind::List(items) => items.is_empty(),
            Kind::Record(entries) => entries.is_empty(),
            Kind::Null => true,
            Kind::Text(text) => text.is_empty(),
            _ => false,
        })
}

fn asks_on(program: &Program<'_>, dispatch: Site) -> bool {
    let asks = ["dispatch", "getattr", "as_view", "handler"];
    program.calls_in_function(dispatch).iter().any(|call| asks.contains(&call.callee.last_name()))
}

fn body_of(program: &Program<'_>, id: ClassId) -> Site {
    Site { unit: id.unit, function: program.class(id).parent }
}

/// How the method of this name answers, with what decorates it; `None` where the class has none.
fn answer(program: &Program<'_>, ancestry: &[ClassId], name: &str, left: u32) -> Option<Passage> {
    let own = ancestry.iter().find_map(|id| {
        if let Some(site) = program.own_method(*id, name) {
            return Some(of_site(program, site, left));
        }
        let (_, value) = program.class(*id).attributes.iter().rev().find(|(own, _)| *own == name)?;
        let functions = match program.own_method(*id, value.last_name()) {
            Some(method) => vec![method],
            None => program.functions(value, body_of(program, *id)),
        };
        let ways = functions.into_iter().map(|site| of_site(program, site, left));
        Some(Passage::of_ways(ways).unwrap_or_else(|| Passage::Unclear(format!("its {name} is assigned"))))
    });
    decorated(program, ancestry, name, left).or(own)
}

/// What the decorators of the class do to one of its methods; those of the whole class count for `dispatch`.
fn decorated(program: &Program<'_>, ancestry: &[ClassId], method: &str, left: u32) -> Option<Passage> {
    ancestry.iter().enumerate().find_map(|(depth, id)| {
        let mut decorators = program.class(*id).decorators.iter();
        let decided = decorators.find_map(|it| by_decorator(program, it, *id, method, left))?;
        // A nearer class has its own method, which may ask this one.
        let hidden = ancestry[..depth].iter().any(|near| program.own_method(*near, method).is_some());
        Some(if hidden { Passage::unclear("it overrides a method that is decorated") } else { decided })
    })
}

fn by_decorator<'p>(
    program: &Program<'p>,
    decorator: &'p Expr<'p>,
    class: ClassId,
    method: &str,
    left: u32,
) -> Option<Passage> {
    let around = body_of(program, class);
    let call = decorator.call();
    let callee = call.map_or(decorator, |call| &call.callee);
    if callee.last_name() == "method_decorator" {
        let name = call.and_then(|call| call.keyword("name").or_else(|| call.positional(1)));
        let given = call.and_then(|call| call.positional(0).or_else(|| call.keyword("decorator")));
        let (Some(name), Some(given)) = (name, given) else { return Some(unread(callee)) };
        let names: Option<Vec<String>> =
            program.texts(name, around, None).iter().map(|text| text.exact()).collect();
        if names.as_ref().is_some_and(|names| !names.iter().any(|name| name == method)) {
            return None;
        }
        let decided = through_all(program, given, around, None, left)?;
        return Some(if names.is_some() {
            decided
        } else {
            Passage::unclear("its decorator names no method")
        });
    }
    if method != "dispatch" {
        return None;
    }
    let is_outside = program.is_outside(callee, around, |_| true);
    let makers = if is_outside { Vec::new() } else { program.functions(decorator, around) };
    let results = makers.iter().flat_map(|maker| {
        let written = rewrites(program, *maker, left);
        program
            .returns(*maker)
            .into_iter()
            .map(move |value| written.clone().or_else(|| in_place(program, value, *maker, left)))
    });
    agreed(results).unwrap_or_else(|| through(program, decorator, around, None, left))
}

/// What a decorator of a class gives back in its place; `None`: the class itself, or one that answers as it does.
fn in_place<'p>(program: &Program<'p>, value: &'p Expr<'p>, maker: Site, left: u32) -> Option<Passage> {
    let meant = program.resolve(value, maker);
    if meant.iter().any(|it| matches!(it, Definition::Parameter(owner, ..) if *owner == maker)) {
        return None;
    }
    let unclear = || Some(Passage::Unclear(format!("{} puts something in its place", program.name(maker))));
    if let Some(inner) = program.class_named(value, maker) {
        let own = program.class(inner);
        let decides = |name: &str| DECIDING.contains(&name);
        let decided = DECIDING.iter().any(|name| program.own_method(inner, name).is_some())
            || own.attributes.iter().any(|(name, _)| decides(name));
        return match before(program, inner, left) {
            None if program.own_method(inner, "get").is_some() => Some(of(program, inner, Some("get"), left)),
            None if decided => unclear(),
            found => found,
        };
    }
    let functions = program.functions(value, maker).into_iter();
    match Passage::of_ways(functions.map(|site| of_site(program, site, left))) {
        Some(Passage::Shut(status)) => Some(Passage::Shut(status)),
        _ => unclear(),
    }
}

/// What a function does to the class that it is given.
fn rewrites(program: &Program<'_>, function: Site, left: u32) -> Option<Passage> {
    let name = program.function(function).parameters.first().map_or("", |first| first.name());
    writes(program, function, left, &|object, _| object.is_name(name))
}

/// What changes the class where it is not written.
fn rewritten(program: &Program<'_>, ancestry: &[ClassId], left: u32) -> Option<Passage> {
    let metaclass = |id: &ClassId| {
        let made_by = program.class(*id).metaclass.as_ref()?;
        let plain = PLAIN.contains(&made_by.last_name());
        (!plain).then(|| Passage::Unclear(format!("its metaclass {} may change it", made_by.dotted())))
    };
    let heirs = |id: &ClassId| rewrites(program, program.own_method(*id, "__init_subclass__")?, left);
    let bases = ancestry.iter().skip(1);
    if let Some(found) = ancestry.iter().find_map(metaclass).or_else(|| bases.clone().find_map(heirs)) {
        return Some(found);
    }
    let means = |object: &Expr<'_>, definitions: Vec<Definition<'_>>| {
        matches!(object.kind, Kind::Name(_) | Kind::Member(..))
            && definitions.iter().any(|it| matches!(it, Definition::Class(class) if ancestry.contains(class)))
    };
    let names = ancestry.iter().map(|id| program.class(*id).name);
    let units = program.python_with(names).into_iter().filter(|unit| !program.is_test(*unit));
    program.sites(units).find_map(|site| {
        let found = writes(program, site, left, &|object, site| {
            let own = program.resolve(object, site);
            // `for view in VIEWS: view.get = gone`
            let each = own.iter().any(|it| match it {
                Definition::Element(over, owner, _) => program
                    .items(over, *owner, 8)
                    .into_iter()
                    .any(|(item, owner)| means(item, program.resolve(item, owner))),
                _ => false,
            });
            each || means(object, own)
        })?;
        // A function may never be called.
        Some(if site.function == 0 { found } else { Passage::unclear("a function changes its class") })
    })
}

/// What a function assigns to what decides who answers: `View.get = gone`, `setattr(View, "get", gone)`.
fn writes<'p>(
    program: &Program<'p>,
    site: Site,
    left: u32,
    is_it: &dyn Fn(&'p Expr<'p>, Site) -> bool,
) -> Option<Passage> {
    let mut found: Vec<Passage> = Vec::new();
    visit::function(program.function(site), &mut |part, context| {
        let sure = context.guards.is_empty() && context.tries.is_empty();
        let (object, name, value) = match part {
            Part::Statement(statement) => match &statement.kind {
                StatementKind::Assign { target: Pattern::Place(place), value, .. } => match &place.kind {
                    Kind::Member(object, name) => (&**object, Some(*name), value),
                    _ => return,
                },
                _ => return,
            },
            Part::Expression(expr) => {
                let Some(call) = expr.call().filter(|call| call.callee.is_name("setattr")) else { return };
                let (Some(object), Some(name), Some(value)) =
                    (call.positional(0), call.positional(1), call.positional(2))
                else {
                    return;
                };
                (object, name.literal(), value)
            }
        };
        if name.is_some_and(|name| !DECIDING.contains(&name)) || !is_it(object, site) {
            return;
        }
        let decided = match name {
            Some("http_method_names") => match of_methods(program, value, site) {
                None => return,
                decided => decided,
            },
            Some("dispatch" | "get") => {
                let functions = program.functions(value, site).into_iter();
                Passage::of_ways(functions.map(|it| of_site(program, it, left)))
            }
            _ => None,
        };
        found.push(match decided {
            Some(Passage::Shut(status)) if sure => Passage::Shut(status),
            _ => Passage::Unclear(format!("its class's {} is set later", name.unwrap_or("attributes"))),
        });
    });
    Passage::of_ways(found)
}
