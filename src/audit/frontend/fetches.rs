//! Requests with their full paths: bases put before them, wrapper functions followed to the calls that say which
//! path is asked.

use std::collections::BTreeSet;

use crate::audit::code::{Call, Expr, entry};
use crate::audit::names::Names;
use crate::audit::program::{CallSite, Given, Piece, Program, Site, Text, within};
use crate::audit::routes::Routes;
use crate::audit::urls::UrlPath;

use super::clients::{self, Base, Request};

/// A request whose path is known, as far as it is.
pub(in crate::audit) struct Fetch<'p> {
    pub site: Site,
    pub call: &'p Call<'p>,
    /// Several where it depends on something; none where nothing of it could be found out.
    pub paths: Vec<FullPath>,
    /// What is known of the address, with `{}` for each unknown part, where no path could be made of it.
    pub unknown: Vec<String>,
    /// The function that makes the request; another than `site` where helpers are given the path.
    pub asker: Site,
    /// The helpers on the way from `call` to the request, outermost first.
    pub through: Vec<Given<'p>>,
    /// The request that is made in the end.
    request: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::audit) struct FullPath {
    pub path: UrlPath,
    /// The base is known: this is what is asked, not one of several guesses.
    pub sure: bool,
}

#[derive(Default)]
pub(in crate::audit) struct Fetches<'p> {
    pub list: Vec<Fetch<'p>>,
    /// The bases that clients of this tree put before a path.
    pub bases: Vec<String>,
    /// The paths that a path behind an unknown base may be the end of.
    known: Vec<UrlPath>,
    /// Requests of which something is known: a path, another host, or that it cannot be known.
    settled: BTreeSet<usize>,
}

/// Wrappers around wrappers around `fetch`, no deeper.
const DEEPEST: usize = 4;

/// Methods of a list that give each element to a function.
const EACH: [&str; 5] = ["map", "forEach", "flatMap", "some", "every"];

pub(super) const SWR: [&str; 3] = ["useSWR", "useSWRImmutable", "useSWRInfinite"];

/// A function that is given the path: the request inside it, and the calls on the way there, outermost first.
struct Wrapper<'p> {
    function: Site,
    request: usize,
    chain: Vec<Given<'p>>,
}

impl<'p> Fetches<'p> {
    /// `extra`: base URLs from the configuration.
    pub fn new(program: &Program<'p>, names: &Names<'_>, routes: &Routes, extra: &[String]) -> Self {
        let requests = clients::requests(program, names);
        let mut bases: Vec<String> = extra.to_vec();
        bases.extend(clients::bases(program).iter().filter_map(|base| path_of(base)));
        for request in &requests {
            if let Base::Known(known) = &request.base {
                bases.extend(known.iter().filter_map(|base| path_of(base)));
            }
        }
        bases.sort();
        bases.dedup();
        let served = routes.routes.iter().flat_map(|route| &route.paths);
        let known = names.endpoints().map(|(path, _)| path).chain(served).cloned().collect();
        let mut found = Self { list: Vec::new(), bases, known, settled: BTreeSet::new() };
        let mut wrappers = Vec::new();
        for (index, request) in requests.iter().enumerate() {
            let texts = program.texts(request.url, request.site, None);
            found.take(&texts, request, (request.call, request.site), index, &[], &mut wrappers);
        }
        while let Some(wrapper) = wrappers.pop() {
            found.callers(program, &requests, &wrapper, &mut wrappers);
        }
        for (index, request) in requests.iter().enumerate() {
            let of_it = |fetch: &Fetch<'_>| fetch.request == index;
            if !found.settled.contains(&index) && !found.list.iter().any(of_it) {
                found.unresolved(program, request, index);
            }
        }
        found.list.sort_by_key(|fetch| (fetch.site.unit, fetch.call.line));
        found
            .list
            .dedup_by(|a, b| std::ptr::eq(a.call, b.call) && a.paths == b.paths && a.unknown == b.unknown);
        found
    }

    /// Keeps the texts that are paths; a text that begins with a parameter makes its function a wrapper.
    fn take(
        &mut self,
        texts: &[Text<'p>],
        request: &Request<'p>,
        (call, site): (&'p Call<'p>, Site),
        index: usize,
        chain: &[Given<'p>],
        wrappers: &mut Vec<Wrapper<'p>>,
    ) {
        let (mut paths, mut unknown) = (Vec::new(), Vec::new());
        for text in texts {
            if let Some(function) = wraps(text) {
                if chain.len() < DEEPEST && !chain.iter().any(|(known, _, _)| *known == function) {
                    wrappers.push(Wrapper { function, request: index, chain: chain.to_vec() });
                }
                continue;
            }
            let full = self.full(text, &request.base);
            let shown = text.with_holes();
            match full.is_empty() {
                true if !is_own_host(&shown) => {
                    self.settled.insert(index);
                }
                true => unknown.push(shown),
                false => paths.extend(full),
            }
        }
        paths.dedup();
        if paths.is_empty() && unknown.is_empty() {
            return;
        }
        if !paths.is_empty() {
            unknown.clear();
        }
        self.settled.insert(index);
        let (asker, through) = (request.site, chain.to_vec());
        self.list.push(Fetch { site, call, paths, unknown, asker, through, request: index });
    }

    /// A request of which no call says what is asked: unknown, unless nothing ever runs it.
    fn unresolved(&mut self, program: &Program<'p>, request: &Request<'p>, index: usize) {
        let texts = program.texts(request.url, request.site, None);
        let unknown: Vec<String> = texts.iter().map(Text::with_holes).collect();
        let owner = program.owner(request.site);
        let name = program.own_name(owner);
        let written = program.files_with([name]).into_iter().any(|unit| {
            let text = program.units[unit].text;
            unit != owner.unit || memchr::memmem::find_iter(text.as_bytes(), name.as_bytes()).nth(1).is_some()
        });
        if owner.function == 0 || name.is_empty() || written {
            let (site, call, asker) = (request.site, request.call, request.site);
            let (paths, through) = (Vec::new(), Vec::new());
            self.list.push(Fetch { site, call, paths, unknown, asker, through, request: index });
        }
    }

    fn callers(
        &mut self,
        program: &Program<'p>,
        requests: &[Request<'p>],
        wrapper: &Wrapper<'p>,
        wrappers: &mut Vec<Wrapper<'p>>,
    ) {
        let request = &requests[wrapper.request];
        for call in program.script_calls_to(wrapper.function) {
            let mut chain = vec![(wrapper.function, call.call, call.site)];
            chain.extend(&wrapper.chain);
            let texts = within(&chain, None, &mut |env| program.texts(request.url, request.site, env));
            self.take(&texts, request, (call.call, call.site), wrapper.request, &chain, wrappers);
        }
        // `paths.forEach(load)` gives each element to the wrapper.
        for (call, site) in program.handed_by_name(wrapper.function) {
            let Some(list) = call.callee.receiver().filter(|_| EACH.contains(&call.callee.last_name()))
            else {
                continue;
            };
            let own = program.texts(request.url, request.site, None);
            let texts: Vec<Text<'p>> = program
                .element_texts(list, site)
                .iter()
                .flat_map(|given| own.iter().map(|text| text.filled(wrapper.function, 0, given)))
                .collect();
            self.take(&texts, request, (call, site), wrapper.request, &wrapper.chain, wrappers);
        }
        // `useSWR(key, fetcher)` calls the fetcher with the key.
        for call in SWR.iter().flat_map(|name| program.script_calls(name)) {
            let own = call.call.positional(1).map(|it| program.functions(it, call.site)).unwrap_or_default();
            let fetchers = if own.is_empty() { configured_fetchers(program) } else { own };
            if !fetchers.contains(&wrapper.function) {
                continue;
            }
            let mut chain = vec![(wrapper.function, call.call, call.site)];
            chain.extend(&wrapper.chain);
            let texts = within(&chain, None, &mut |env| program.texts(request.url, request.site, env));
            self.take(&texts, request, (call.call, call.site), wrapper.request, &chain, wrappers);
        }
    }

    /// The paths that a text and a base make; none for another host or for what is no path.
    fn full(&self, text: &Text<'p>, base: &Base) -> Vec<FullPath> {
        let text = text.with_holes();
        if !is_own_host(&text) {
            return Vec::new();
        }
        let sure = |text: &str, sure: bool| FullPath { path: UrlPath::of_request(text), sure };
        if text.contains("://") {
            return vec![sure(&text, true)];
        }
        // `${protocol}//${host}/x`
        if let Some((_, rest)) =
            text.split_once("//{}").filter(|(before, _)| before.trim_matches(['{', '}']).is_empty())
        {
            return if rest.starts_with('/') { vec![sure(rest, true)] } else { Vec::new() };
        }
        if let Some(rest) = text.strip_prefix("{}").filter(|rest| rest.starts_with('/')) {
            // `${unknown}/x`: the unknown part may be a host, or a host and a base.
            if rest.replace("{}", "").trim_matches('/').is_empty() {
                return Vec::new();
            }
            return self.guesses(rest);
        }
        match base {
            Base::None if text.starts_with('/') => vec![sure(&text, true)],
            Base::None => Vec::new(),
            Base::Known(_) if text.replace("{}", "").trim_matches('/').is_empty() => Vec::new(),
            Base::Known(bases) => bases
                .iter()
                .filter(|base| is_own_host(base))
                .flat_map(|base| match path_of(base) {
                    Some(base) => vec![sure(&combine(&base, &text), bases.len() == 1)],
                    None => self.guesses(&text),
                })
                .collect(),
            // Nothing of the path itself is known.
            Base::Unknown if text.replace("{}", "").trim_matches('/').is_empty() => Vec::new(),
            Base::Unknown => self.guesses(&text),
        }
    }

    /// What a path behind an unknown base may be: by itself, behind the bases of this tree, the end of a known path.
    fn guesses(&self, path: &str) -> Vec<FullPath> {
        let end = UrlPath::of_request(path);
        let own = std::iter::once("").chain(self.bases.iter().map(String::as_str));
        let own = own.map(|base| UrlPath::of_request(&combine(base, path)));
        let mut found: Vec<FullPath> = Vec::new();
        for path in own.chain(self.known.iter().filter_map(|known| end.at_end_of(known))) {
            if !found.iter().any(|guess| guess.path == path) {
                found.push(FullPath { path, sure: false });
            }
        }
        found
    }
}

/// What asks for hooks that say nothing themselves: `<SWRConfig value={{ fetcher }}>`.
pub(super) fn configured_fetchers(program: &Program<'_>) -> Vec<Site> {
    let mut found = Vec::new();
    for CallSite { call, site } in program.script_calls("SWRConfig") {
        let given = call.positional(0).and_then(Expr::entries).and_then(|it| entry(it, "value"));
        for (says, owner) in given.into_iter().flat_map(|it| program.records(&it.value, site)) {
            found.extend(
                entry(says, "fetcher").into_iter().flat_map(|it| program.functions(&it.value, owner)),
            );
        }
    }
    found
}

/// The function whose parameter decides the path: `fetch(path)`, `` `/api${path}` ``. A parameter further back,
/// as in `` `/api/orders/${id}` ``, is only a part of it.
fn wraps(text: &Text<'_>) -> Option<Site> {
    let (before, parameter) = match text.pieces.as_slice() {
        [Piece::Parameter(function, ..), ..] => ("", function),
        [Piece::Literal(before), Piece::Parameter(function, ..), ..] => (before.as_str(), function),
        [Piece::Unknown, Piece::Parameter(function, ..), ..] => ("", function),
        [Piece::Unknown, Piece::Literal(before), Piece::Parameter(function, ..), ..] => {
            (before.as_str(), function)
        }
        _ => return None,
    };
    let parts = UrlPath::of_request(before).known();
    (!before.contains('?') && (!before.ends_with('/') || parts <= 1)).then_some(*parameter)
}

/// As axios joins them: one slash between.
fn combine(base: &str, path: &str) -> String {
    if path.is_empty() {
        return base.to_owned();
    }
    format!("{}/{}", base.trim_end_matches('/'), path.trim_start_matches('/'))
}

/// The path of a base URL; `None` where nothing of it is known.
fn path_of(base: &str) -> Option<String> {
    if let Some(at) = base.find("://") {
        let rest = &base[at + 3..];
        return Some(rest.find('/').map_or(String::new(), |slash| rest[slash..].to_owned()));
    }
    let known = base.trim_start_matches("{}");
    if base.starts_with("{}") && known.is_empty() { None } else { Some(known.to_owned()) }
}

/// No host, this machine, a host the source does not say, or a service name without a dot.
pub(in crate::audit) fn is_own_host(url: &str) -> bool {
    let Some(at) = url.find("://") else { return !url.starts_with("//") };
    let host = url[at + 3..].split(['/', '?']).next().unwrap_or("");
    let host = host.rsplit('@').next().unwrap_or(host).split(':').next().unwrap_or(host);
    host.is_empty()
        || host.contains("{}")
        || host.starts_with("127.")
        || host == "0.0.0.0"
        || !host.contains('.')
}
