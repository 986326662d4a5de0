//! The sockets of a page: when each opened, what came by it, when it ended as far as the HAR tells.

use url::Url;

use super::notes::HarNotes;
use super::{EntryTimes, Happened, ms};
use crate::model::text::{cut, visible};
use crate::observe::queue::Arrived;
use crate::recording::har::{HarEntry, HarLog, HarMessage};
use crate::secrets;
use crate::settings::{Backend, SocketSettings};

/// EntryTimes beyond this are milliseconds: as seconds they would be in the year 5138.
const MILLISECONDS: f64 = 1e11;

pub(super) struct PageSockets {
    /// In `[sockets]`.
    name: Option<String>,
    path: String,
    /// What the query has to have.
    query: Vec<(String, String)>,
    host: String,
    socket: SocketSettings,
    found: Vec<PageSocket>,
    /// Attempts that failed, nobody knows when: how many, and why the last one did.
    untimed: u64,
    why_untimed: String,
}

/// One connection.
struct PageSocket {
    host: String,
    opened: i128,
    /// `None`: the HAR does not tell.
    closed: Option<(i128, String)>,
    /// `None`: what came by it is not in the HAR.
    messages: Option<Vec<PageMessage>>,
    /// When it was last heard of.
    last: i128,
    /// Why it never opened.
    refused: Option<String>,
}

struct PageMessage {
    at: i128,
    what: Arrived,
}

impl PageSockets {
    pub fn new(backend: &Backend, name: Option<String>) -> Self {
        let pairs = backend.ws_url.query_pairs();
        Self {
            name,
            path: trimmed(&backend.ws_url).to_owned(),
            query: pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect(),
            host: host(&backend.ws_url),
            socket: backend.socket.clone(),
            found: Vec::new(),
            untimed: 0,
            why_untimed: String::new(),
        }
    }

    /// Whether this URL is the configured one, and of how much it is told.
    pub fn fit(&self, url: &Url) -> Option<usize> {
        let has = |(name, value): &(String, String)| {
            url.query_pairs().any(|pair| pair.0 == *name && pair.1 == *value)
        };
        (trimmed(url) == self.path && self.query.iter().all(has)).then_some(self.query.len())
    }

    /// # Errors
    /// In words, where what came by it has no usable time.
    pub fn take(
        &mut self,
        entry: &HarEntry,
        url: &Url,
        times: Result<EntryTimes, String>,
    ) -> Result<(), String> {
        let status = entry.response.as_ref().and_then(|it| it.status).unwrap_or_default();
        let has_come = |message: &HarMessage| message.way.as_deref() == Some("receive");
        let is_open = [101.0, 200.0].contains(&status) || entry.messages.iter().flatten().any(has_come);
        let times = match times {
            Err(_) if !is_open => {
                self.untimed += 1;
                self.why_untimed = why_refused(entry, status);
                return Ok(());
            }
            times => times?,
        };
        let timings = entry.timings.unwrap_or_default();
        // Chromium moves the end of `wait` to each message, and has a time of `receive` once it is closed.
        let opened = times.sent + super::ns(ms(timings.send));
        let mut closed = (ms(timings.receive) > 0.0).then(|| (times.end, String::new()));
        let mut last = opened;
        let mut messages = None;
        if let Some(written) = &entry.messages {
            let mut all = Vec::with_capacity(written.len());
            for message in written {
                let at = instant(message)?;
                last = last.max(at);
                match message.way.as_deref() {
                    Some("receive") => {
                        all.extend(self.arrived(message).into_iter().map(|what| PageMessage { at, what }));
                    }
                    Some("error") => {
                        let why = message.text().unwrap_or_default();
                        closed.get_or_insert((at, cut(&visible(&secrets::redacted(&why)), 200)));
                    }
                    _ => {}
                }
            }
            all.sort_by_key(|message| message.at);
            messages = Some(all);
        }
        let refused = (!is_open).then(|| why_refused(entry, status));
        let first = messages.as_ref().and_then(|all| Some(all.first()?.at));
        self.found.push(PageSocket {
            host: host(url),
            opened: first.map_or(opened, |first| first.min(opened)),
            closed: closed.map(|(at, why)| (at.max(last), why)),
            messages,
            last,
            refused,
        });
        Ok(())
    }

    fn arrived(&self, message: &HarMessage) -> Vec<Arrived> {
        if message.opcode == Some(2.0) {
            let content = message.bytes().unwrap_or_default();
            let bytes = content.len();
            return vec![Arrived::Binary {
                bytes,
                content: self.socket.decodes_binary.then(|| content.into()),
            }];
        }
        let frame = message.text().unwrap_or_default();
        self.socket.messages(&frame).map(|message| Arrived::Text(message.into())).collect()
    }

    /// Adds what happened; until when the sockets are known to have been watched.
    pub fn finish(
        self,
        index: usize,
        end: i128,
        happened: &mut Vec<Happened>,
        notes: &mut HarNotes,
        log: &HarLog,
    ) -> i128 {
        let Self { name, path, host, mut found, untimed, why_untimed, .. } = self;
        let name = name.map_or_else(String::new, |name| format!(" (the socket {name})"));
        notes.count(untimed, &format!("attempts to connect failed at no known time: {why_untimed}"));
        if found.is_empty() {
            notes.add(format!(
                "no WebSocket at {path}/{name} is in it: was the log cleared, or begun after the page had connected? Open the \
                 developer tools first, then load the page"
            ));
            return end;
        }
        if let Some(elsewhere) = keep_one_host(&mut found, &host) {
            notes.add(format!(
                "the WebSocket{name} is that of {}, which the page connected to",
                visible(&elsewhere)
            ));
        }
        let without = found.iter().filter(|it| it.refused.is_none() && it.messages.is_none()).count() as u64;
        if without > 0 {
            let browser = if log.browser.is_empty() { "this browser" } else { log.browser.as_str() };
            notes.add(format!(
                "{without} connections are in it without their messages, which {} does not export: take the HAR from Chromium",
                cut(&visible(browser), 40)
            ));
        }
        found.retain(|it| it.refused.is_some() || it.messages.is_some());
        let beside = leave_out_overlaps(&mut found);
        notes.count(beside, "connections that were open beside another one were left out");
        let end = found.iter().map(|it| it.last).fold(end, i128::max);
        let failed = found.iter().filter(|it| it.refused.is_some());
        if let Some(why) = failed.clone().find_map(|it| it.refused.as_deref()) {
            notes.count(failed.count() as u64, &format!("attempts to connect failed: {why}"));
        }
        let next: Vec<Option<i128>> =
            (0..found.len()).map(|at| found[at + 1..].iter().map(|it| it.opened).next()).collect();
        let mut untold = 0;
        for (it, next) in found.into_iter().zip(next) {
            let mut add =
                |at, rank, what| happened.push(Happened { at, rank, sent: None, what, socket: index });
            if let Some(reason) = it.refused {
                add(it.opened, 0, Arrived::ConnectFailed { reason });
                continue;
            }
            add(it.opened, 0, Arrived::Open);
            for message in it.messages.into_iter().flatten() {
                add(message.at, 2, message.what);
            }
            match (it.closed, next) {
                (Some((at, reason)), _) => add(at, 3, Arrived::Closed { code: 1006, reason }),
                (None, Some(next)) => {
                    untold += 1;
                    let reason = "its end is not in the HAR".to_owned();
                    add(it.last.min(next), 3, Arrived::Closed { code: 1006, reason });
                }
                (None, None) => {}
            }
        }
        notes.count(untold, "connections have no end in it: they count until their last message");
        end
    }
}

/// Keeps those of the configured host, or else of the one with most messages, which is returned.
fn keep_one_host(found: &mut Vec<PageSocket>, configured: &str) -> Option<String> {
    if found.iter().any(|it| it.host == configured) {
        found.retain(|it| it.host == configured);
        return None;
    }
    let heard = |it: &&PageSocket| it.messages.as_ref().map_or(0, Vec::len);
    let chosen = found.iter().max_by_key(heard)?.host.clone();
    found.retain(|it| it.host == chosen);
    Some(chosen)
}

/// Of connections that were open at once only one is kept, that by which most came: how many were not.
fn leave_out_overlaps(found: &mut Vec<PageSocket>) -> u64 {
    found.sort_by_key(|it| it.opened);
    let before = found.len();
    let mut kept: Vec<PageSocket> = Vec::with_capacity(before);
    for mut it in found.drain(..) {
        let count = |it: &PageSocket| it.messages.as_ref().map_or(0, Vec::len);
        match kept.last_mut() {
            Some(last) if last.refused.is_none() && it.refused.is_none() && until(last) >= it.opened => {
                if are_side_by_side(last, &it) {
                    if count(&it) > count(last) {
                        *last = it;
                    }
                    continue;
                }
                // Of one connection after the other the first ends before the second is there.
                it.opened = it.opened.max(last.last + 2);
                if let Some((at, _)) = &mut last.closed {
                    *at = (*at).min(it.opened - 1);
                }
                kept.push(it);
            }
            _ => kept.push(it),
        }
    }
    *found = kept;
    (before - found.len()) as u64
}

/// How long the end of a connection may last into the next one: a page closes and opens in one breath, times are rounded
/// to milliseconds, and the closing handshake takes its own.
const HANDOVER: i128 = 1_000_000_000;

/// Whether two connections were used at once, the first of which opened first.
fn are_side_by_side(first: &PageSocket, second: &PageSocket) -> bool {
    let begins = second.messages.as_ref().and_then(|all| Some(all.first()?.at)).unwrap_or(second.opened);
    let heard_until = first.messages.as_ref().and_then(|all| Some(all.last()?.at)).unwrap_or(first.opened);
    heard_until > begins || until(first) > second.opened + HANDOVER
}

fn until(it: &PageSocket) -> i128 {
    it.closed.as_ref().map_or(it.last, |(at, _)| *at)
}

/// When a message came, in ns since 1970.
fn instant(message: &HarMessage) -> Result<i128, String> {
    let time = message.time.filter(|time| *time > 0.0 && time.is_finite());
    let Some(time) = time else { return Err("a message of its WebSocket has no time".to_owned()) };
    let seconds = if time > MILLISECONDS { time / 1e3 } else { time };
    Ok((seconds.min(MILLISECONDS) * 1e9) as i128)
}

/// Why a connection never opened: in its only message, or in its answer.
fn why_refused(entry: &HarEntry, status: f64) -> String {
    let is_error = |message: &&HarMessage| message.way.as_deref() == Some("error");
    let told = entry.messages.iter().flatten().find(is_error).and_then(HarMessage::text);
    let told = told.or_else(|| Some(entry.response.as_ref()?.failure()?.to_owned()));
    let said = told.unwrap_or_else(|| format!("the handshake was answered with {status}"));
    cut(&visible(&secrets::redacted(&said)), 200)
}

fn trimmed(url: &Url) -> &str {
    url.path().trim_end_matches('/')
}

fn host(url: &Url) -> String {
    let port = url.port_or_known_default().map_or_else(String::new, |port| format!(":{port}"));
    format!("{}{port}", url.host_str().unwrap_or_default())
}
