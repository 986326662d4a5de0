//! What a browser wrote down of a page: its requests and its sockets as arrivals, as if they had been observed here.
//!
//! Which of them are a feature's is known by the configuration. What a HAR cannot prove is said in notes, never made up:
//! an answer from the browser's cache is none, and a connection of whose messages nothing is known was not watched.

mod answers;
mod notes;
mod secrets;
mod sockets;

use std::collections::BTreeMap;

use url::Url;

use crate::model::feature::Feature;
use crate::model::time::Nanos;
use crate::observe::intake::PolledFeature;
use crate::observe::pseudonyms::Pseudonyms;
use crate::observe::queue::{Arrival, Arrived};
use crate::recording::har::{HarEntry, HarLog, HarTimings};
use crate::settings::{Backend, Transport};
use answers::PageAnswers;
use notes::HarNotes;
use sockets::PageSockets;

/// What a browser saw of the configured features.
pub struct BrowserLog {
    answers: PageAnswers,
    /// In the order of their names.
    sockets: Vec<PageSockets>,
    names: Vec<Option<String>>,
    secrets: secrets::HarSecrets,
    /// Requests by path, and sockets, that are nobody's.
    others: BTreeMap<String, u64>,
    has_page: bool,
    /// Of everything in it, whoever's.
    last: i128,
}

/// The same in the order of its times.
pub struct BrowserRun {
    /// Wall-clock time of `t = 0`.
    pub started_at: jiff::Timestamp,
    pub arrivals: Vec<Arrival>,
    pub end: Nanos,
    /// Features, by their place, whose requests are in it.
    pub asked: Vec<bool>,
    /// The sockets' names, in the order of [`Arrival::socket`].
    pub sockets: Vec<Option<String>>,
    features: Vec<Feature>,
    /// What it cannot prove.
    pub notes: Vec<String>,
    /// Paths of requests that are nobody's, the most frequent first, where there is nothing else.
    pub others: Vec<String>,
}

/// Something that happened, in ns since 1970.
struct Happened {
    at: i128,
    /// Of those at one instant: what comes first.
    rank: u8,
    /// When the request was sent that it answers.
    sent: Option<i128>,
    what: Arrived,
    /// Which of the observed sockets it is about, where it is about one.
    socket: usize,
}

/// The year 2001. Chromium reckons times before it where it knows none, as of a connection that it refused to open.
const FIRST_HAR: i128 = 1_000_000_000 * 1_000_000_000;
/// Paths that are listed of what is nobody's.
const LISTED: usize = 8;
/// Different paths that are counted.
const COUNTED: usize = 4096;

impl BrowserLog {
    /// # Errors
    /// In words, where a HAR cannot hold what the configuration names.
    pub fn new(backend: &Backend, features: &[Feature]) -> Result<Self, String> {
        let names = Backend::sockets_of(features);
        for name in &names {
            match backend.for_socket(name.as_deref()).socket.transport {
                Transport::WebSocket => {}
                Transport::Sse => {
                    return Err(
                        "a HAR has no times of server-sent events: nothing can be judged by it".to_owned()
                    );
                }
                Transport::Command(_) => {
                    let why = "a HAR has what a browser got, and transport = \"command\" gets its messages elsewhere";
                    return Err(why.to_owned());
                }
            }
        }
        Ok(Self {
            answers: PageAnswers::new(backend, features)?,
            sockets: names
                .iter()
                .map(|name| PageSockets::new(&backend.for_socket(name.as_deref()), name.clone()))
                .collect(),
            names,
            secrets: secrets::HarSecrets::beside(backend, features),
            others: BTreeMap::new(),
            has_page: false,
            last: i128::MIN,
        })
    }

    /// Takes an entry.
    ///
    /// # Errors
    /// In words, where a feature's entry has no usable time.
    pub fn take(&mut self, entry: &HarEntry) -> Result<(), String> {
        self.secrets.register(entry);
        let Some(url) = entry.request.as_ref().and_then(|request| Url::parse(request.url.as_deref()?).ok())
        else {
            return Ok(());
        };
        let is_page = |kind: &str| kind == "document" || kind.starts_with("text/html");
        let mime_type = || entry.response.as_ref()?.content.as_ref()?.mime_type.as_deref();
        self.has_page |=
            entry.resource_type.as_deref().is_some_and(is_page) || mime_type().is_some_and(is_page);
        let times = EntryTimes::of(entry);
        if let Ok(times) = &times {
            self.last = self.last.max(times.end);
        }
        let is_ours = if entry.is_socket() {
            let fits = |sockets: &&mut PageSockets| sockets.fit(&url).is_some();
            // Of several that fit the one that asks for most.
            match self.sockets.iter_mut().filter(fits).max_by_key(|sockets| sockets.fit(&url)) {
                Some(sockets) => {
                    sockets.take(entry, &url, times)?;
                    true
                }
                None => false,
            }
        } else {
            self.answers.take(entry, &url, times)?
        };
        if !is_ours {
            let what = format!("{}{}", if entry.is_socket() { "WebSocket " } else { "" }, url.path());
            if self.others.len() < COUNTED || self.others.contains_key(&what) {
                *self.others.entry(what).or_default() += 1;
            }
        }
        Ok(())
    }

    /// Puts it in order.
    pub fn finish(self, log: &HarLog, features: &[Feature]) -> BrowserRun {
        let Self { answers, sockets, names, others, has_page, mut last, secrets: _ } = self;
        let mut notes = HarNotes::default();
        let mut happened = Vec::new();
        let asked = answers.finish(features, &mut happened, &mut notes);
        for (index, sockets) in sockets.into_iter().enumerate() {
            last = sockets.finish(index, last, &mut happened, &mut notes, log);
        }
        notes.add(
            "it has no close codes, and when a connection opened and ended is reckoned from its times"
                .to_owned(),
        );
        if !has_page && log.entries > 0 {
            notes.add(
                "the log begins in the middle of the page's life: what was before it is not in it".to_owned(),
            );
        }
        let start = happened.iter().map(|it| it.sent.unwrap_or(it.at)).min().unwrap_or(0);
        let end = happened.iter().map(|it| it.at).max().unwrap_or(start).max(last);
        happened.sort_by_key(|it| (it.at, it.rank));
        // A clock that was centuries off is still one on which the end comes last.
        let since = |at: i128| Nanos(u64::try_from((at - start).max(0)).unwrap_or(u64::MAX));
        let arrivals = happened.into_iter().map(|it| it.placed(since)).collect();
        let mut others: Vec<(String, u64)> = others.into_iter().collect();
        others.sort_by_key(|(what, count)| (std::cmp::Reverse(*count), what.clone()));
        BrowserRun {
            started_at: jiff::Timestamp::from_nanosecond(start).unwrap_or(jiff::Timestamp::UNIX_EPOCH),
            arrivals,
            end: since(end),
            asked,
            sockets: names,
            features: features.to_vec(),
            notes: notes.all,
            others: others.into_iter().take(LISTED).map(|(what, _)| what).collect(),
        }
    }
}

impl Happened {
    /// With its times counted from the run's beginning.
    fn placed(self, since: impl Fn(i128) -> Nanos) -> Arrival {
        let Self { at, sent: sent_at, mut what, socket, .. } = self;
        if let (Some(sent_at), Arrived::Answer { sent, .. } | Arrived::RestError { sent, .. }) =
            (sent_at, &mut what)
        {
            *sent = since(sent_at);
        }
        Arrival { at: since(at), what, socket }
    }
}

impl BrowserRun {
    /// The features' requests, as their answers are labelled.
    pub fn polled(&self, pseudonyms: Option<&Pseudonyms>) -> Vec<PolledFeature> {
        self.features.iter().map(|feature| PolledFeature::of(feature, pseudonyms)).collect()
    }
}

/// When an entry was, in ns since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct EntryTimes {
    started: i128,
    /// When the request had its connection.
    sent: i128,
    /// When the last was received; of what never ended, when it was last heard of.
    end: i128,
}

impl EntryTimes {
    fn of(entry: &HarEntry) -> Result<Self, String> {
        let written = entry.started.as_deref().unwrap_or_default();
        let started: jiff::Timestamp = written.parse().map_err(|_| {
            format!("its startedDateTime is no instant: {:?}", crate::model::text::cut(written, 40))
        })?;
        let started = started.as_nanosecond();
        if started < FIRST_HAR {
            return Err(format!("its startedDateTime is none of a browser's: {written:?}"));
        }
        let timings = entry.timings.unwrap_or_default();
        let HarTimings { blocked, dns, connect, send, wait, receive } = timings;
        let whole = entry
            .time
            .filter(|time| *time >= 0.0)
            .unwrap_or_else(|| [blocked, dns, connect, send, wait, receive].into_iter().map(ms).sum());
        let end = started + ns(whole);
        let sent = started + ns(ms(blocked) + ms(dns) + ms(connect));
        Ok(Self { started, sent: sent.min(end), end })
    }
}

/// Milliseconds, as far as there are any.
fn ms(timing: Option<f64>) -> f64 {
    timing.unwrap_or_default().max(0.0)
}

/// More than a century is no duration.
fn ns(ms: f64) -> i128 {
    const CENTURY: f64 = 100.0 * 365.25 * 86_400.0 * 1e3;
    (ms.clamp(0.0, CENTURY) * 1e6) as i128
}
