//! Turns arrivals into observations: secrets are redacted, account numbers become pseudonyms, payloads one line, and
//! unusable answers incidents. The same observation is recorded and judged, so that a replay sees what the run saw.

use std::borrow::Cow;

use crate::frames::{inflated, parsed};
use crate::model::feature::Feature;
use crate::model::observation::{Event, Observation, RestAnswer};
use crate::model::rest_cause::Unusable;
use crate::model::routing::Routing;
use crate::observe::pseudonyms::Pseudonyms;
use crate::observe::queue::{Arrival, Arrived, RequestId};
use crate::observe::template::Request;
use crate::observe::{answer, template};
use crate::recording::canonical;
use crate::secrets::redacted;
use crate::settings::Backend;

/// One feature as the intake needs it.
pub struct PolledFeature {
    pub feature: String,
    /// In the order of the poller's; their bound values already as they may be shown.
    pub requests: Vec<Request>,
}

impl PolledFeature {
    /// The requests as their answers may be labelled: account numbers already pseudonyms.
    pub fn of(feature: &Feature, pseudonyms: Option<&Pseudonyms>) -> Self {
        let mut requests = template::requests(&feature.rest);
        if let Some(pseudonyms) = pseudonyms {
            for (variable, value) in requests.iter_mut().flat_map(|request| &mut request.bound) {
                if pseudonyms.names_variable(&feature.rest, variable) {
                    *value = pseudonyms.of(value).into_owned();
                }
            }
        }
        Self { feature: feature.name.clone(), requests }
    }
}

/// [`Pseudonyms::text`], or [`Pseudonyms::answer`], which remembers whom an answer is about.
type Hiding = for<'t> fn(&Pseudonyms, &'t str) -> Cow<'t, str>;

pub struct Intake {
    sources: Vec<PolledFeature>,
    /// `None` keeps account numbers as they are.
    pseudonyms: Option<Pseudonyms>,
    sockets: Vec<ReadSocket>,
    /// Largest message, in bytes.
    max_message: usize,
}

/// One of the observed sockets: its name, and how its frames are read.
struct ReadSocket {
    name: Option<String>,
    routing: Routing,
}

impl Intake {
    /// `sockets`: the names of those that are observed, in the order of [`Arrival::socket`].
    pub fn new(
        sources: Vec<PolledFeature>,
        pseudonyms: Option<Pseudonyms>,
        backend: &Backend,
        sockets: &[Option<String>],
    ) -> Self {
        let read = |name: &Option<String>| {
            let named = name.as_ref().and_then(|name| backend.sockets.get(name));
            let settings = named.map_or(&backend.socket, |named| &named.settings);
            ReadSocket { name: name.clone(), routing: settings.routing.clone() }
        };
        let sockets = sockets.iter().map(read).collect();
        Self { sources, pseudonyms, sockets, max_message: backend.max_message }
    }

    /// The observation that an arrival amounts to.
    pub fn observe<'a>(&'a self, arrival: &'a mut Arrival) -> Observation<'a> {
        let at = arrival.at;
        let ReadSocket { name, routing } =
            self.sockets.get(arrival.socket).expect("an arrival is of an observed socket, or of the first");
        let is_of_socket =
            !matches!(arrival.what, Arrived::Answer { .. } | Arrived::RestError { .. } | Arrived::Gap { .. });
        let event = match &mut arrival.what {
            Arrived::Opening => Event::Opening,
            Arrived::Open => Event::Open,
            Arrived::Closed { code, reason } => Event::Closed { code: *code, reason: redacted(reason) },
            Arrived::ConnectFailed { reason } => Event::ConnectFailed { reason: redacted(reason) },
            // JSON in a string is read before anything is hidden: in there account numbers would not be found.
            Arrived::Text(text) => Event::Message(self.hide(parsed(routing, text), Pseudonyms::text).into()),
            Arrived::Binary { bytes, content } => {
                let text = content.take().and_then(|content| inflated(&content, self.max_message).ok());
                text.map_or(Event::Binary { bytes: *bytes }, |text| {
                    let text = match parsed(routing, &text) {
                        Cow::Borrowed(_) => text,
                        Cow::Owned(parsed) => parsed,
                    };
                    Event::Message(self.hide(Cow::Owned(text), Pseudonyms::text).into())
                })
            }
            Arrived::Answer { request, sent, status, body } => match answer::data(std::mem::take(body)) {
                Ok(body) => Event::Rest(RestAnswer {
                    feature: self.feature(*request),
                    sent: *sent,
                    status: *status,
                    body: self.hide(Cow::Owned(body), Pseudonyms::answer).into(),
                    bound: self.bound(*request),
                }),
                Err(Unusable { cause, why }) => Event::RestError {
                    feature: self.feature(*request),
                    sent: *sent,
                    cause,
                    error: why.into(),
                },
            },
            Arrived::RestError { request, sent, why: Unusable { cause, why } } => Event::RestError {
                feature: self.feature(*request),
                sent: *sent,
                cause: *cause,
                error: redacted(why),
            },
            Arrived::Gap { reason, lasted } => Event::Gap { reason: *reason, lasted: *lasted },
        };
        let socket = name.as_deref().filter(|_| is_of_socket).map(Cow::Borrowed);
        canonical(Observation { at, event, socket })
    }

    fn feature(&self, request: RequestId) -> Cow<'_, str> {
        Cow::Borrowed(self.sources[request.feature].feature.as_str())
    }

    fn bound(&self, request: RequestId) -> Vec<(Cow<'_, str>, Cow<'_, str>)> {
        let bound = &self.sources[request.feature].requests[request.combination].bound;
        bound
            .iter()
            .map(|(name, value)| (Cow::Borrowed(name.as_str()), Cow::Borrowed(value.as_str())))
            .collect()
    }

    fn hide<'t>(&self, text: Cow<'t, str>, by: Hiding) -> Cow<'t, str> {
        let text = match redacted(&text) {
            Cow::Borrowed(_) => text,
            Cow::Owned(safe) => Cow::Owned(safe),
        };
        match (&self.pseudonyms, text) {
            (None, text) => text,
            (Some(pseudonyms), Cow::Borrowed(text)) => by(pseudonyms, text),
            (Some(pseudonyms), Cow::Owned(text)) => match by(pseudonyms, &text) {
                Cow::Borrowed(_) => Cow::Owned(text),
                Cow::Owned(hidden) => Cow::Owned(hidden),
            },
        }
    }
}
