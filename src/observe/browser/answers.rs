//! The requests of a page that are a feature's, and what they were answered with.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;
use url::Url;

use super::notes::HarNotes;
use super::{EntryTimes, Happened};
use crate::model::feature::Feature;
use crate::model::rest_cause::{RestCause, Unusable};
use crate::model::text::{cut, visible};
use crate::model::time::Nanos;
use crate::observe::queue::{Arrived, RequestId};
use crate::observe::{answer, template};
use crate::recording::har::{HarEntry, HarResponse};
use crate::secrets;
use crate::settings::Backend;

/// What pages add to a query so that no cache answers.
const CACHE_BUSTERS: [&str; 6] = ["_", "_t", "_ts", "cb", "nocache", "cachebust"];

/// One request of a feature, as a page would ask it.
struct PageRequest {
    request: RequestId,
    path: String,
    query: Vec<(String, String)>,
    post: Option<Value>,
}

pub(super) struct PageAnswers {
    wanted: Vec<PageRequest>,
    /// Names in the query that are no part of what is asked for.
    unasked: Vec<String>,
    origin: String,
    found: Vec<PageAnswer>,
    left_out: LeftOutRequests,
}

/// An answer of one origin.
struct PageAnswer {
    origin: String,
    request: RequestId,
    times: EntryTimes,
    what: PageSaid,
}

#[derive(Clone)]
enum PageSaid {
    Answer {
        status: u16,
        body: Vec<u8>,
    },
    /// 304 without a body: the one before stands.
    Unchanged,
    Error(Unusable),
}

#[derive(Default)]
struct LeftOutRequests {
    from_cache: u64,
    aborted: u64,
    /// Requests of a feature's path that ask for something else, by what tells them apart.
    otherwise: BTreeMap<String, u64>,
}

impl PageAnswers {
    pub fn new(backend: &Backend, features: &[Feature]) -> Result<Self, String> {
        let mut wanted = Vec::new();
        let base = backend.rest_url.as_str().trim_end_matches('/');
        for (feature, it) in features.iter().enumerate() {
            let post = match &it.rest.post {
                Some(post) => Some(serde_json::from_str(&post.body).map_err(|error| error.to_string())?),
                None => None,
            };
            for (combination, request) in template::requests(&it.rest).into_iter().enumerate() {
                let url =
                    Url::parse(&format!("{base}{}", request.path)).map_err(|error| error.to_string())?;
                wanted.push(PageRequest {
                    request: RequestId { feature, combination },
                    path: url.path().to_owned(),
                    query: pairs(&url),
                    post: post.clone(),
                });
            }
        }
        Ok(Self {
            wanted,
            unasked: backend.query_env.keys().cloned().collect(),
            origin: backend.rest_url.origin().ascii_serialization(),
            found: Vec::new(),
            left_out: LeftOutRequests::default(),
        })
    }

    /// Whether it is a feature's.
    pub fn take(
        &mut self,
        entry: &HarEntry,
        url: &Url,
        times: Result<EntryTimes, String>,
    ) -> Result<bool, String> {
        let method = entry.request.as_ref().and_then(|it| it.method.as_deref()).unwrap_or("GET");
        let at_path: Vec<&PageRequest> = self.wanted.iter().filter(|it| it.path == url.path()).collect();
        if at_path.is_empty() || !matches!(method, "GET" | "POST") {
            return Ok(false);
        }
        let query = self.asked_for(pairs(url));
        let body = || -> Option<Value> {
            serde_json::from_str(&entry.request.as_ref()?.post.as_ref()?.text()?).ok()
        };
        let is_it = |wanted: &&&PageRequest| {
            self.asked_for(wanted.query.clone()) == query
                && match &wanted.post {
                    Some(post) => method == "POST" && body().as_ref() == Some(post),
                    None => method == "GET",
                }
        };
        let requests: Vec<RequestId> = at_path.iter().filter(is_it).map(|it| it.request).collect();
        if requests.is_empty() {
            let names: Vec<&str> = query.iter().map(|(name, _)| name.as_str()).collect();
            let names = if names.is_empty() { "no query".to_owned() } else { names.join(", ") };
            let otherwise =
                format!("{method} {} with {}", cut(&visible(url.path()), 80), cut(&visible(&names), 80));
            if self.left_out.otherwise.len() < 16 || self.left_out.otherwise.contains_key(&otherwise) {
                *self.left_out.otherwise.entry(otherwise).or_default() += 1;
            }
            return Ok(true);
        }
        if entry.is_from_cache() {
            self.left_out.from_cache += 1;
            return Ok(true);
        }
        let Some(said) = said(entry) else {
            self.left_out.aborted += 1;
            return Ok(true);
        };
        let times = times?;
        // Of two features that ask for the same each gets the answer.
        let origin = url.origin().ascii_serialization();
        let copies = std::iter::repeat_n((origin, said), requests.len());
        self.found.extend(requests.into_iter().zip(copies).map(|(request, (origin, what))| PageAnswer {
            origin,
            request,
            times,
            what,
        }));
        Ok(true)
    }

    /// The query without what is no part of the question, in order.
    fn asked_for(&self, mut query: Vec<(String, String)>) -> Vec<(String, String)> {
        query.retain(|(name, _)| {
            !CACHE_BUSTERS.contains(&name.as_str())
                && !self.unasked.contains(name)
                && !secrets::is_secret_name(name)
        });
        query.sort();
        query
    }

    /// Adds what happened; which of the features were asked for.
    pub fn finish(
        self,
        features: &[Feature],
        happened: &mut Vec<Happened>,
        notes: &mut HarNotes,
    ) -> Vec<bool> {
        let Self { origin, mut found, left_out, .. } = self;
        let mut origins: BTreeMap<String, u64> = BTreeMap::new();
        for it in &found {
            *origins.entry(it.origin.clone()).or_default() += 1;
        }
        if let Some(chosen) = chosen(&origins, &origin) {
            let others = found.iter().filter(|it| it.origin != chosen).count() as u64;
            found.retain(|it| it.origin == chosen);
            if chosen != origin {
                notes.add(format!("REST's answers are those of {}, which the page asked", visible(&chosen)));
            }
            notes.count(others, "requests to other hosts by the same paths were left out");
        }
        found.sort_by_key(|it| it.times.end);
        let mut asked = vec![false; features.len()];
        let mut bodies: HashMap<RequestId, (u16, Vec<u8>)> = HashMap::new();
        let mut sent_at: Vec<Vec<i128>> = vec![Vec::new(); features.len()];
        let mut absent = 0;
        for PageAnswer { request, times, what, .. } in found {
            asked[request.feature] = true;
            if request.combination == 0 {
                sent_at[request.feature].push(times.sent);
            }
            // Known once the run's beginning is.
            let sent = Nanos::ZERO;
            let what = match what {
                PageSaid::Answer { status, body } => {
                    bodies.insert(request, (status, body.clone()));
                    Arrived::Answer { request, sent, status, body }
                }
                PageSaid::Unchanged => match bodies.get(&request) {
                    Some((status, body)) => {
                        Arrived::Answer { request, sent, status: *status, body: body.clone() }
                    }
                    None => Arrived::RestError { request, sent, why: not_there() },
                },
                PageSaid::Error(why) => Arrived::RestError { request, sent, why },
            };
            absent += u64::from(matches!(&what, Arrived::RestError { why, .. } if why.why == NOT_THERE));
            happened.push(Happened { at: times.end, rank: 1, sent: Some(times.sent), what, socket: 0 });
        }
        notes.add(pacing(features, &sent_at));
        notes.count(absent, "answers have no body in it: export it \"with content\"");
        notes.count(left_out.from_cache, "answers came from the browser's cache and prove nothing");
        notes.count(
            left_out.aborted,
            "requests were given up by the page, or had no answer yet when the log ended",
        );
        for (what, count) in left_out.otherwise {
            notes.count(count, &format!("× {what}: not what the configuration asks for"));
        }
        asked
    }
}

const NOT_THERE: &str = "the HAR has no body of it";

fn not_there() -> Unusable {
    Unusable::new(RestCause::Other, NOT_THERE)
}

/// The configured origin where it was asked, else the one that was asked most.
fn chosen(origins: &BTreeMap<String, u64>, configured: &str) -> Option<String> {
    if origins.contains_key(configured) {
        return Some(configured.to_owned());
    }
    origins
        .iter()
        .max_by_key(|(origin, count)| (**count, std::cmp::Reverse(*origin)))
        .map(|(origin, _)| origin.clone())
}

/// What an entry's answer amounts to; `None` where the page did not wait for it.
fn said(entry: &HarEntry) -> Option<PageSaid> {
    let response = entry.response.as_ref();
    let status = response.and_then(|it| it.status).unwrap_or_default();
    let status = if (100.0..1000.0).contains(&status) { status as u16 } else { 0 };
    let content = response.and_then(|it| it.content.as_ref());
    let body = content.and_then(|content| content.body());
    let header = |name: &str| header(response?, name);
    let why = response.and_then(HarResponse::failure).unwrap_or_default();
    let is_given_up = ["ABORT", "CANCEL"].iter().any(|word| why.to_uppercase().contains(word));
    let is_json = |body: &Vec<u8>| serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok();
    Some(match (status, body) {
        (0, _) if why.is_empty() || is_given_up => return None,
        // after the head came, and before the body had
        (200..300, body) if is_given_up && !body.as_ref().is_some_and(is_json) => return None,
        (0, _) => {
            let why = cut(&visible(&secrets::redacted(why)), 120);
            PageSaid::Error(Unusable::new(RestCause::Unreachable, why))
        }
        (304, None) => PageSaid::Unchanged,
        (304, Some(body)) if body.is_empty() => PageSaid::Unchanged,
        (200..300 | 304, Some(body)) => {
            let size = content.and_then(|content| content.size).unwrap_or_default();
            if size > body.len() as f64 && !is_json(&body) {
                let why = format!("its body is cut off in the HAR, after {} of {size:.0} bytes", body.len());
                return Some(PageSaid::Error(Unusable::new(RestCause::Body, why)));
            }
            PageSaid::Answer { status: if status == 304 { 200 } else { status }, body }
        }
        (200..300, None) if content.is_some_and(|content| content.size == Some(0.0)) => {
            PageSaid::Answer { status, body: Vec::new() }
        }
        (200..300, None) if entry.is_unfinished() => return None,
        (200..300, None) => PageSaid::Error(not_there()),
        (status, body) => {
            let body = body.as_deref().unwrap_or_default();
            PageSaid::Error(answer::of_status(status, header("location"), body))
        }
    })
}

fn header<'r>(response: &'r HarResponse, name: &str) -> Option<&'r str> {
    let headers = response.headers.iter().flatten();
    let mut ours =
        headers.filter(|pair| pair.name.as_deref().is_some_and(|it| it.eq_ignore_ascii_case(name)));
    ours.find_map(|pair| pair.value.as_deref())
}

/// How often the page asked by itself.
fn pacing(features: &[Feature], sent_at: &[Vec<i128>]) -> String {
    let mut told = Vec::new();
    for (feature, sent) in features.iter().zip(sent_at) {
        let mut sent = sent.clone();
        sent.sort_unstable();
        let mut pauses: Vec<i128> = sent.windows(2).map(|pair| pair[1] - pair[0]).collect();
        pauses.sort_unstable();
        if let Some(middle) = pauses.get(pauses.len() / 2) {
            told.push(format!("{} about every {:.1} s", feature.name, *middle as f64 / 1e9));
        }
    }
    let told = if told.is_empty() { String::new() } else { format!(" ({})", told.join(", ")) };
    format!(
        "judged by what a page asked, at its own pace{told}: no fresh sample was taken where something seemed wrong"
    )
}

fn pairs(url: &Url) -> Vec<(String, String)> {
    url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}
