//! Queries that are asked again by their key: `queryClient.invalidateQueries({ queryKey: ['markets'] })`.

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::code::visit::{self, Part};
use crate::audit::code::{Call, Expr, Kind, entry};
use crate::audit::program::{Definition, Program, Site, Text};

use super::fetches::SWR;

const AGAIN: [&str; 4] = ["invalidateQueries", "refetchQueries", "resetQueries", "fetchQuery"];

/// The parts of a key, as far as they are known.
pub(super) type Key = Vec<Option<String>>;

#[derive(Default)]
pub(super) struct Refetches {
    /// The functions that ask, for each query that has a key.
    queries: Vec<(Key, BTreeSet<Site>)>,
    /// The functions that ask some of them again, and which keys.
    again: BTreeMap<Site, Vec<Key>>,
    /// What routes load, and the functions that make them load again.
    loaders: BTreeSet<Site>,
    reloading: BTreeSet<Site>,
}

impl Refetches {
    pub fn of(program: &Program<'_>) -> Self {
        let mut found = Self::default();
        for call in AGAIN.iter().flat_map(|name| program.script_calls(name)) {
            if !program.is_test(call.site.unit) {
                let key = call.call.positional(0).map(|given| key_of(program, given, call.site));
                found.again.entry(call.site).or_default().push(key.unwrap_or_default());
            }
        }
        // `mutate('/api/x')` of SWR itself, which asks unless it is given what the answer would be.
        for call in program.script_calls("mutate").into_iter().filter(|call| !program.is_test(call.site.unit))
        {
            let key = call.call.positional(0).filter(|_| call.call.positional(1).is_none());
            if let Some(key) = key.filter(|_| is_of_swr(program, &call.call.callee, call.site)) {
                found.again.entry(call.site).or_default().push(key_of(program, key, call.site));
            }
        }
        found.of_routes(program);
        found.of_tags(program);
        if found.again.is_empty() {
            return found;
        }
        let mut units = program.scripts_with(
            ["queryKey", "useQuery", "useInfiniteQuery", "useSuspenseQuery"].into_iter().chain(SWR),
        );
        units.retain(|unit| !program.is_test(*unit));
        for site in program.sites(units) {
            visit::function(program.function(site), &mut |part, _| {
                let Part::Expression(expr) = part else { return };
                found.queries.extend(match &expr.kind {
                    Kind::Record(entries) => entry(entries, "queryFn").and_then(|asks| {
                        let key = key_of(program, expr, site);
                        Some((key, program.referred(&asks.value, site)))
                            .filter(|_| entry(entries, "queryKey").is_some())
                    }),
                    Kind::Call(call) => in_order(program, call, site),
                    _ => None,
                });
            });
        }
        found
    }

    /// `dispatch(api.util.invalidateTags(["Rows"]))` asks the endpoints anew that provide the tag.
    fn of_tags(&mut self, program: &Program<'_>) {
        let calls = program.script_calls("invalidateTags");
        for call in calls.into_iter().filter(|call| !program.is_test(call.site.unit)) {
            let given = call.call.positional(0);
            let tags = given.map(|tags| tags_of(program, tags, call.site)).unwrap_or_default();
            self.again.entry(call.site).or_default().extend(tags);
        }
        if self.again.is_empty() {
            return;
        }
        for made in ["createApi", "injectEndpoints"].iter().flat_map(|name| program.script_calls(name)) {
            for endpoint in program.endpoints_of(made.call, made.site) {
                let Some(tags) = entry(endpoint.says, "providesTags") else { continue };
                let asks: BTreeSet<Site> = program.asking(&endpoint).into_iter().collect();
                let tags = tags_of(program, &tags.value, endpoint.site).into_iter();
                self.queries.extend(tags.map(|tag| (tag, asks.clone())));
            }
        }
    }

    /// `useRevalidator().revalidate()` makes every route load again that is shown: `{ path: "/", loader }`.
    fn of_routes(&mut self, program: &Program<'_>) {
        let mut units = program.scripts_with(["useRevalidator", "useRouter", "revalidator", "router"]);
        units.retain(|unit| !program.is_test(*unit));
        let calls = ["revalidate", "invalidate"].into_iter().flat_map(|name| program.script_calls(name));
        let own = calls.filter(|call| units.binary_search(&call.site.unit).is_ok());
        self.reloading = own.map(|call| call.site).collect();
        for site in program.sites(program.scripts_with(["loader"])).filter(|_| !self.reloading.is_empty()) {
            visit::function(program.function(site), &mut |part, _| {
                let Part::Expression(Expr { kind: Kind::Record(entries), .. }) = part else { return };
                let loader = entry(entries, "loader").map(|loader| program.referred(&loader.value, site));
                self.loaders.extend(loader.into_iter().flatten());
            });
        }
    }

    /// What else asks when these functions run.
    pub fn of_functions(&self, reached: &BTreeSet<Site>) -> BTreeSet<Site> {
        if !self.reloading.is_disjoint(reached) {
            return self.of_keys(reached).union(&self.loaders).copied().collect();
        }
        self.of_keys(reached)
    }

    fn of_keys(&self, reached: &BTreeSet<Site>) -> BTreeSet<Site> {
        let keys = self.again.iter().filter(|(site, _)| reached.contains(site)).flat_map(|(_, keys)| keys);
        let asked = |key: &Key| {
            let of_key = |(own, _): &&(Key, BTreeSet<Site>)| begins_with(own, key);
            self.queries
                .iter()
                .filter(of_key)
                .flat_map(|(_, asks)| asks.iter().copied())
                .collect::<Vec<Site>>()
        };
        keys.flat_map(asked).collect()
    }
}

/// `useQuery(['markets'], load, …)`, as it was written before version 5.
fn in_order<'p>(program: &Program<'p>, call: &'p Call<'p>, site: Site) -> Option<(Key, BTreeSet<Site>)> {
    let (first, second) = (call.positional(0)?, call.positional(1)?);
    let name = call.callee.last_name();
    let is_hook = name.ends_with("Query") || SWR.contains(&name);
    let asks = is_hook && !matches!(first.kind, Kind::Record(_));
    let functions = program.referred(second, site);
    (asks && !functions.is_empty()).then(|| (key_of(program, first, site), functions))
}

/// `import { mutate } from 'swr'`, `const { mutate } = useSWRConfig()`.
fn is_of_swr<'p>(program: &Program<'p>, callee: &'p Expr<'p>, site: Site) -> bool {
    program.resolve(callee, site).iter().any(|definition| match definition {
        Definition::External(path) => path.starts_with("swr"),
        Definition::Value(value, _) | Definition::Part(value, ..) => {
            value.call().is_some_and(|made| made.callee.last_name() == "useSWRConfig")
        }
        _ => false,
    })
}

/// The tags of a list, each as a key that no query has; one of which nothing is known where there is no list.
fn tags_of<'p>(program: &Program<'p>, tags: &'p Expr<'p>, site: Site) -> Vec<Key> {
    let tag = |(item, owner): (&'p Expr<'p>, Site)| {
        let named = item.entries().and_then(|entries| entry(entries, "type")).map_or(item, |it| &it.value);
        vec![Some("a tag".to_owned()), known(program, named, owner)]
    };
    match program.items(tags, site, 8) {
        none if none.is_empty() => vec![vec![Some("a tag".to_owned())]],
        items => items.into_iter().map(tag).collect(),
    }
}

/// A part that is not known may be any.
pub(super) fn begins_with(own: &Key, asked: &Key) -> bool {
    asked.iter().zip(own).all(|(asked, own)| asked.is_none() || own.is_none() || asked == own)
}

/// The key that options or a list give; empty where nothing is known of it.
pub(super) fn key_of<'p>(program: &Program<'p>, given: &'p Expr<'p>, site: Site) -> Key {
    let mut queue = vec![(given, site)];
    for _ in 0..8 {
        let Some((expr, site)) = queue.pop() else { break };
        match &expr.kind {
            Kind::List(parts) => return parts.iter().map(|part| known(program, part, site)).collect(),
            Kind::Text(text) => return vec![Some(text.to_string())],
            Kind::Record(entries) => queue.extend(entry(entries, "queryKey").map(|key| (&key.value, site))),
            _ => {
                for definition in program.resolve(expr, site) {
                    match definition {
                        Definition::Value(value, owner) if !std::ptr::eq(value, expr) => {
                            queue.push((value, owner))
                        }
                        Definition::Value(value, owner) => {
                            let callees = value.call().map(|call| program.functions(&call.callee, owner));
                            let results = callees.into_iter().flatten().flat_map(|callee| {
                                program.returns(callee).into_iter().map(move |result| (result, callee))
                            });
                            queue.extend(results);
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    Vec::new()
}

fn known<'p>(program: &Program<'p>, part: &'p Expr<'p>, site: Site) -> Option<String> {
    match program.texts(part, site, None).as_slice() {
        [only] => Text::exact(only),
        _ => None,
    }
}
