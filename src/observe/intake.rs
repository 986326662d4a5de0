//! From what arrived to what was observed: pseudonyms, one line, and answers that are no data become
//! incidents. What comes out is recorded and judged, both, so that a replay sees what the run saw.

use std::borrow::Cow;

use crate::model::observation::{Event, Observation, RestAnswer};
use crate::observe::answer;
use crate::observe::pseudonyms::Pseudonyms;
use crate::observe::queue::{Arrival, Arrived, RequestId};
use crate::observe::template::Request;
use crate::recording::canonical;

/// One feature as the intake needs it.
pub struct Source {
    pub feature: String,
    /// In the order of the poller's; their bound values already as they may be shown.
    pub requests: Vec<Request>,
}

pub struct Intake {
    sources: Vec<Source>,
    /// `None` keeps account numbers as they are.
    pseudonyms: Option<Pseudonyms>,
}

impl Intake {
    pub fn new(sources: Vec<Source>, pseudonyms: Option<Pseudonyms>) -> Self {
        Self { sources, pseudonyms }
    }

    /// The observation that an arrival amounts to.
    pub fn observe<'a>(&'a self, arrival: &'a mut Arrival) -> Observation<'a> {
        let at = arrival.at;
        let event = match &mut arrival.what {
            Arrived::Open => Event::Open,
            Arrived::Closed { code, reason } => Event::Closed { code: *code, reason: Cow::Borrowed(reason) },
            Arrived::ConnectFailed { reason } => Event::ConnectFailed { reason: Cow::Borrowed(reason) },
            Arrived::Text(text) => Event::Message(self.hide(text).into()),
            Arrived::Binary { bytes } => Event::Binary { bytes: *bytes },
            Arrived::Answer { request, sent, status, body } => match answer::data(std::mem::take(body)) {
                Ok(body) => Event::Rest(RestAnswer {
                    feature: self.feature(*request),
                    sent: *sent,
                    status: *status,
                    body: self.hide_answer(body).into(),
                    bound: self.bound(*request),
                }),
                Err(error) => {
                    Event::RestError { feature: self.feature(*request), sent: *sent, error: error.into() }
                }
            },
            Arrived::RestError { request, sent, error, .. } => {
                Event::RestError { feature: self.feature(*request), sent: *sent, error: Cow::Borrowed(error) }
            }
            Arrived::Gap { reason, lasted } => Event::Gap { reason: *reason, lasted: *lasted },
        };
        canonical(Observation { at, event })
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

    fn hide<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.pseudonyms.as_ref().map_or(Cow::Borrowed(text), |pseudonyms| pseudonyms.text(text))
    }

    fn hide_answer(&self, body: String) -> Cow<'static, str> {
        let hidden = self.pseudonyms.as_ref().map(|pseudonyms| pseudonyms.answer(&body));
        match hidden {
            Some(Cow::Owned(hidden)) => Cow::Owned(hidden),
            Some(Cow::Borrowed(_)) | None => Cow::Owned(body),
        }
    }
}
