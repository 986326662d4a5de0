//! HTTP clients: `fetch`, axios and its instances with their base URLs, and whatever takes a path by a verb.

use std::collections::{BTreeSet, HashSet};

use crate::audit::code::{Call, CallForm, Expr, Kind, entry};
use crate::audit::names::Names;
use crate::audit::program::{Definition, Program, Site, Text};

use super::by_path;
use super::fetches::{SWR, configured_fetchers};
use super::verbs;

pub(super) const VERBS: [&str; 8] = ["get", "post", "put", "patch", "delete", "head", "options", "request"];

/// The fields of a request that decide what is asked.
const ADDRESS: [&str; 2] = ["url", "baseURL"];

/// The base that a client puts before a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Base {
    /// Nothing: the path stands as it is written.
    None,
    /// These texts, in any of which holes may remain.
    Known(Vec<String>),
    /// The client could not be followed: any base of this tree, or none.
    Unknown,
}

/// One call that asks a server.
pub(super) struct Request<'p> {
    pub call: &'p Call<'p>,
    pub site: Site,
    pub url: &'p Expr<'p>,
    pub base: Base,
}

/// All requests in TypeScript, wrappers of the tree not yet followed.
pub(super) fn requests<'p>(program: &Program<'p>, features: &Names<'_>) -> Vec<Request<'p>> {
    let global = global_base(program);
    let mut found = Vec::new();
    let mut names: Vec<&str> = VERBS.to_vec();
    names.extend([
        "fetch",
        "axios",
        "ajax",
        "getJSON",
        "useSWR",
        "open",
        "sendBeacon",
        "ky",
        "ofetch",
        "$fetch",
        "src",
        "setAttribute",
        "attr",
        "eval",
        "Function",
        "url",
        // `api[verb](path)`
        "",
    ]);
    let (near, verbs) = (near(program), program.words_like(|word| VERBS.contains(&&*word.to_lowercase())));
    let instances: Vec<&str> = instances(program).into_iter().chain(verbs::kept_as(program, &near)).collect();
    names.extend(&instances);
    names.sort_unstable();
    names.dedup();
    let opening: BTreeSet<usize> = program.files_with(verbs).into_iter().collect();
    for name in names {
        let among = |unit: usize| match name {
            _ if program.is_python(unit) => false,
            _ if instances.contains(&name) => true,
            "open" => opening.contains(&unit),
            "" => near.contains(&unit),
            _ => !VERBS.contains(&name) || near.contains(&unit),
        };
        for call in program.calls_among(name, among) {
            let is_made = call.call.form == CallForm::New && name == "Function";
            if is_made || matches!(call.call.form, CallForm::Plain | CallForm::Later) {
                found.extend(request(program, call.call, call.site, &global));
            }
        }
    }
    found.extend(described(program));
    let known: HashSet<*const Call<'p>> = found.iter().map(|it| std::ptr::from_ref(it.call)).collect();
    found.extend(by_path::find(program, features, &known));
    found
}

/// The endpoints of Redux Toolkit Query: `balance: build.query({ query: () => "accounts/balance/" })`.
fn described<'p>(program: &Program<'p>) -> Vec<Request<'p>> {
    let mut found = Vec::new();
    let bases: Vec<Base> = ["fetchBaseQuery", "axiosBaseQuery"]
        .iter()
        .flat_map(|name| program.script_calls(name))
        .filter(|call| !program.is_test(call.site.unit))
        .map(|call| {
            call.call
                .positional(0)
                .and_then(|config| base_of(program, config, call.site))
                .unwrap_or(Base::None)
        })
        .collect();
    // Which of several is meant is not followed.
    let base = match bases.as_slice() {
        [only] => only.clone(),
        _ => Base::Unknown,
    };
    for made in ["createApi", "injectEndpoints"].iter().flat_map(|name| program.script_calls(name)) {
        for endpoint in program.endpoints_of(made.call, made.site) {
            let asks =
                entry(endpoint.says, "query").map(|asks| program.functions(&asks.value, endpoint.site));
            for site in asks.into_iter().flatten() {
                for url in program.returns(site) {
                    let (url, base) = configured(program, url, site, base.clone());
                    found.extend(url.map(|url| Request { call: endpoint.call, site, url, base }));
                }
            }
        }
    }
    found
}

/// The files in which a verb may be that of a client: something there is named like one, or imports may lead to a
/// library that makes them.
fn near(program: &Program<'_>) -> BTreeSet<usize> {
    let library = program.words_like(is_library);
    let named = program.words_like(|word| is_client(&word.to_lowercase()));
    let mut near = program.leading_to(program.files_with(library));
    near.extend(program.files_with(named));
    near
}

/// By the name of what the verb is asked of.
fn is_client(name: &str) -> bool {
    ["api", "http", "axios", "client", "request"].iter().any(|word| name.contains(word))
}

/// Names of variables that hold an axios instance: they can be called themselves.
fn instances<'p>(program: &Program<'p>) -> Vec<&'p str> {
    let mut found = Vec::new();
    let is_made = |value: &Expr<'p>| {
        value.call().is_some_and(|call| matches!(call.callee.last_name(), "create" | "extend"))
    };
    for unit in program.scripts_with(["create", "extend"]) {
        for site in program.sites([unit]) {
            let kept = program.places(site).iter().filter(|(_, value)| is_made(value));
            found.extend(kept.map(|(place, _)| place.last_name()));
        }
        let fields = program.module(unit).classes.iter().flat_map(|class| &class.attributes);
        found.extend(fields.filter(|(_, value)| is_made(value)).map(|(name, _)| *name));
        let Some(top) = program.module(unit).functions.first() else { continue };
        for statement in &top.body {
            if let crate::audit::code::StatementKind::Assign { target, value, .. } = &statement.kind
                && let crate::audit::code::Pattern::Name(name) = target
                && is_made(value)
            {
                found.push(*name);
            }
        }
    }
    found
}

fn request<'p>(program: &Program<'p>, call: &'p Call<'p>, site: Site, global: &Base) -> Option<Request<'p>> {
    let name = call.callee.last_name();
    let first = call.positional(0);
    let (base, url) = match call.callee.receiver() {
        _ if name == "open" => {
            let verb = first.and_then(Expr::literal).map(str::to_lowercase);
            let is_verb = verb.is_some_and(|verb| VERBS.contains(&&*verb));
            let mut made = call.callee.receiver().into_iter().flat_map(|it| program.results_of(it, site));
            let asks = is_verb || made.any(|(made, _)| made.callee.last_name() == "XMLHttpRequest");
            (Base::None, call.positional(1).filter(|_| asks)?)
        }
        // `image.src = url` and `image.setAttribute("src", url)`
        Some(element) if name == "src" => {
            (Base::None, first.filter(|url| !is_shown(element) || is_address(program, url, site))?)
        }
        Some(_) if matches!(name, "setAttribute" | "attr") => {
            let is_source = first.and_then(Expr::literal) == Some("src");
            (Base::None, call.positional(1).filter(|_| is_source)?)
        }
        Some(receiver) if name == "url" => (chained(program, receiver, site, 6)?, first?),
        None if name.is_empty() => {
            let Kind::Index(client, _) = &call.callee.kind else { return None };
            (self::client(program, client, site, first, global)?, first?)
        }
        None => bare(program, call, site, global)?,
        Some(receiver) if matches!(name, "fetch" | "sendBeacon") => {
            matches!(receiver.last_name(), "window" | "globalThis" | "self" | "navigator")
                .then_some((Base::None, first?))?
        }
        Some(receiver) if matches!(name, "ajax" | "getJSON") => {
            matches!(receiver.last_name(), "$" | "jQuery").then_some((Base::None, first?))?
        }
        // `this.http({ url })`
        Some(_) if !VERBS.contains(&name) => bare(program, call, site, global)?,
        Some(receiver) => (client(program, receiver, site, first, global)?, first?),
    };
    let (url, base) = configured(program, url, site, base);
    Some(Request { call, site, url: url?, base })
}

/// An element that JSX writes, of which most show a picture of the page's own.
fn is_shown(element: &Expr<'_>) -> bool {
    const SHOWN: [&str; 7] = ["img", "iframe", "script", "source", "video", "audio", "embed"];
    SHOWN.iter().any(|tag| element.is_name(tag))
}

/// Something of the address is known.
fn is_address<'p>(program: &Program<'p>, url: &'p Expr<'p>, site: Site) -> bool {
    let texts = program.texts(url, site, None);
    texts.iter().any(|text| text.with_holes().trim_matches(['{', '}']).contains('/'))
}

/// `fetch(url)`, `axios(config)`, `api(url)`, `useSWR(url, …)`.
fn bare<'p>(
    program: &Program<'p>,
    call: &'p Call<'p>,
    site: Site,
    global: &Base,
) -> Option<(Base, &'p Expr<'p>)> {
    let first = call.positional(0)?;
    // The fetcher is written out: it makes the request, with the key as its argument.
    let fetches =
        |given: Option<&'p Expr<'p>>| given.is_some_and(|it| !program.functions(it, site).is_empty());
    if SWR.contains(&call.callee.last_name())
        && (fetches(call.positional(1)) || !configured_fetchers(program).is_empty())
    {
        return None;
    }
    program.resolve(&call.callee, site).into_iter().find_map(|definition| match definition {
        Definition::External(path) => match path.as_str() {
            "fetch" | "ky" | "ky.default" | "ofetch.ofetch" | "ofetch.$fetch" => Some((Base::None, first)),
            "axios.default" | "axios" => Some((global.clone(), first)),
            // Code that is a text may ask anything: its address is nothing that can be known.
            "eval" | "Function" => Some((Base::Unknown, &call.callee)),
            _ if verbs::of_axios(&path) => Some((global.clone(), first)),
            _ if path.ends_with("useSWR") || path == "swr.default" => Some((Base::None, first)),
            _ => None,
        },
        Definition::Value(value, owner) => {
            let base = created(program, value, owner);
            Some((base.or_else(|| verbs::base(program, value, owner, global))?, first))
        }
        Definition::Part(value, owner, steps) => {
            Some((verbs::base_of_part(program, value, owner, &steps)?, first))
        }
        _ => None,
    })
}

/// The client a verb is called on; `None`: it is no client, `map.get(key)` for one.
fn client<'p>(
    program: &Program<'p>,
    receiver: &'p Expr<'p>,
    site: Site,
    first: Option<&'p Expr<'p>>,
    global: &Base,
) -> Option<Base> {
    let definitions = program.resolve(receiver, site);
    for definition in &definitions {
        match definition {
            Definition::External(path) if path == "axios.default" || path == "axios" => {
                return Some(global.clone());
            }
            Definition::External(path) if path.starts_with("ky") => return Some(Base::None),
            Definition::Value(value, owner) => {
                if let Some(base) = created(program, value, *owner) {
                    return Some(base);
                }
            }
            _ => {}
        }
    }
    // Not followed: a client by its name, and only if what it is given looks like a path.
    let name = receiver.last_name().to_lowercase();
    let by_name = is_client(&name);
    let looks = first.is_some_and(|first| {
        program.texts(first, site, None).iter().any(|text| {
            let text = text.with_holes();
            text.starts_with('/') || text.starts_with("{}") || text.starts_with("http")
        })
    });
    let in_tree = definitions.iter().any(|found| match found {
        Definition::Instance(_) | Definition::Module(_) => true,
        Definition::Value(value, _) => matches!(value.kind, Kind::Record(_)),
        _ => false,
    });
    (by_name && looks && !in_tree).then_some(Base::Unknown)
}

/// The base of a client that is asked in a chain, `wretch("/api").url("/x").get()`.
fn chained<'p>(program: &Program<'p>, client: &'p Expr<'p>, site: Site, left: u32) -> Option<Base> {
    let left = left.checked_sub(1)?;
    program.resolve(client, site).into_iter().find_map(|definition| match definition {
        Definition::External(path) if path.starts_with("wretch") => Some(Base::None),
        Definition::Value(value, owner) => {
            let call = value.call()?;
            let made = program.is_outside(&call.callee, owner, |path| path.starts_with("wretch"));
            match call.callee.receiver() {
                None if made => {
                    let texts = call.positional(0).map(|base| program.texts(base, owner, None));
                    Some(
                        texts.map_or(Base::None, |it| Base::Known(it.iter().map(Text::with_holes).collect())),
                    )
                }
                receiver => chained(program, receiver?, owner, left),
            }
        }
        _ => None,
    })
}

/// The base of an instance: `axios.create({ baseURL })`.
pub(super) fn created<'p>(program: &Program<'p>, value: &'p Expr<'p>, owner: Site) -> Option<Base> {
    let call = value.call()?;
    if !matches!(call.callee.last_name(), "create" | "extend") {
        // A function of the tree that makes the instance.
        return program.functions(&call.callee, owner).into_iter().find_map(|maker| {
            let made = program.returns(maker).into_iter().flat_map(|result| program.values(result, maker));
            let mut others = made.filter(|(made, _)| !std::ptr::eq(*made, value));
            others.find_map(|(made, site)| created(program, made, site))
        });
    }
    let receiver = call.callee.receiver()?;
    let said = || call.positional(0).and_then(|config| base_of(program, config, owner));
    if program.is_outside(receiver, owner, is_library) {
        return Some(said().unwrap_or_else(|| base_set_later(program, value)));
    }
    // `root.extend({ timeout: 1000 })` asks as what it was made from.
    let mut before = program.values(receiver, owner).filter(|(it, _)| !std::ptr::eq(*it, value));
    let inherited = before.find_map(|(it, site)| created(program, it, site))?;
    Some(said().unwrap_or(inherited))
}

fn is_library(path: &str) -> bool {
    ["axios", "ky", "ofetch"].iter().any(|name| path.starts_with(name))
}

/// `http.defaults.baseURL = "/api"`; unknown where something changes each request before it is sent.
fn base_set_later<'p>(program: &Program<'p>, made: &'p Expr<'p>) -> Base {
    let is_it = |object: &'p Expr<'p>, site: Site| program.is_value(object, site, made);
    if let Some(base) = base_set(program, is_it) {
        return base;
    }
    // `http.interceptors.request.use((config) => { config.url = … })`
    let changes = program.script_calls("use").iter().any(|call| {
        let object = call.call.callee.receiver().filter(|it| it.last_name() == "request");
        let object = object.and_then(Expr::receiver).filter(|it| it.last_name() == "interceptors");
        let given = call.call.positional(0).map(|given| program.functions(given, call.site));
        let sets = |function: Site| {
            let mut places = program.places(function).iter();
            let mut returned = program.returns(function).into_iter();
            places.any(|(place, _)| ADDRESS.contains(&place.last_name()))
                || returned.any(|value| {
                    let says = |entries| ADDRESS.iter().any(|key| entry(entries, key).is_some());
                    program.records(value, function).any(|(entries, _)| says(entries))
                })
        };
        object.and_then(Expr::receiver).is_some_and(|object| is_it(object, call.site))
            && given.into_iter().flatten().any(sets)
    });
    if changes { Base::Unknown } else { Base::None }
}

/// What is assigned to `client.defaults.baseURL`.
fn base_set<'p>(program: &Program<'p>, is_client: impl Fn(&'p Expr<'p>, Site) -> bool) -> Option<Base> {
    let mut units = program.scripts_with(["baseURL"]);
    units.retain(|unit| program.units[*unit].text.contains("defaults.baseURL"));
    program.sites(units).find_map(|site| {
        program.places(site).iter().find_map(|(place, value)| {
            let defaults = place.receiver().filter(|_| place.last_name() == "baseURL");
            let object = defaults.filter(|it| it.last_name() == "defaults").and_then(Expr::receiver)?;
            let texts = is_client(object, site).then(|| program.texts(value, site, None))?;
            Some(Base::Known(texts.iter().map(Text::with_holes).collect()))
        })
    })
}

/// The bases of all clients that the tree makes, asked or not.
pub(super) fn bases(program: &Program<'_>) -> Vec<String> {
    let made = ["create", "extend"].iter().flat_map(|name| program.script_calls(name));
    let known = made.filter_map(|call| base_of(program, call.call.positional(0)?, call.site));
    let texts = known.flat_map(|base| match base {
        Base::Known(texts) => texts,
        _ => Vec::new(),
    });
    texts.collect()
}

fn base_of<'p>(program: &Program<'p>, config: &'p Expr<'p>, site: Site) -> Option<Base> {
    base_in(program, config, site, 4)
}

fn base_in<'p>(program: &Program<'p>, config: &'p Expr<'p>, site: Site, left: u32) -> Option<Base> {
    let left = left.checked_sub(1)?;
    program.records(config, site).find_map(|(entries, owner)| {
        if let Some(base) = ["baseURL", "prefixUrl", "baseUrl"].iter().find_map(|key| entry(entries, key)) {
            let texts = program.texts(&base.value, owner, None);
            return Some(Base::Known(texts.iter().map(Text::with_holes).collect()));
        }
        // `{ ...common, timeout }`, where what is spread may say anything if it could not be followed.
        let mut spread = entries.iter().filter(|entry| entry.key.is_none()).map(|entry| &entry.value);
        spread.find_map(|value| match program.records(value, owner).next() {
            Some(_) => base_in(program, value, owner, left),
            None => Some(Base::Unknown),
        })
    })
}

/// `axios.defaults.baseURL = "/api"`.
fn global_base(program: &Program<'_>) -> Base {
    let is_axios = |path: &str| path.starts_with("axios");
    base_set(program, |object, site| program.is_outside(object, site, is_axios)).unwrap_or(Base::None)
}

/// A configuration record instead of a path: its `url`, and its own base if it has one.
fn configured<'p>(
    program: &Program<'p>,
    url: &'p Expr<'p>,
    site: Site,
    base: Base,
) -> (Option<&'p Expr<'p>>, Base) {
    let Kind::Record(entries) = &url.kind else { return (Some(url), base) };
    let own = base_of(program, url, site).unwrap_or(base);
    (entry(entries, "url").map(|found| &found.value), own)
}
