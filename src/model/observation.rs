//! What was seen, when: the one type in which the shell and the core meet.
//!
//! Live observation, replay, the emulator and the tests all speak in observations. Errors met while
//! observing are observations too, never silence. Payloads are text, not trees: numbers are compared
//! from their text.

use std::borrow::Cow;

use crate::json::grammar::is_json;
use crate::model::rest_cause::RestCause;
use crate::model::time::Nanos;

/// One thing that happened at one instant of the run's clock. Observations are in arrival order.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation<'a> {
    /// When it arrived here (for a REST answer: when its last byte was received).
    pub at: Nanos,
    pub event: Event<'a>,
    /// Which of several sockets it is about, by its name in `[sockets]`; `None`: the one of `[socket]`, or none of them.
    pub socket: Option<Cow<'a, str>>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Event<'a> {
    /// The handshake succeeded, and what is said first is under way: not all that is wanted is pushed yet.
    Opening,
    /// The channel is open, and everything that had to be said first is said and answered.
    Open,
    /// The WebSocket is gone; `code` is the close code, 1006 without a close frame.
    Closed { code: u16, reason: Cow<'a, str> },
    /// A connection attempt that failed before it was open.
    ConnectFailed { reason: Cow<'a, str> },
    /// A WebSocket text frame as it came. Whether it is JSON is found out later.
    Message(Payload<'a>),
    /// A WebSocket binary frame; only its length counts, Thor sends none.
    Binary { bytes: usize },
    /// A REST answer with its body, whatever its status.
    Rest(RestAnswer<'a>),
    /// A REST request that brought no usable answer: time-out, refused, 5xx, HTML, 401 after login…
    RestError { feature: Cow<'a, str>, sent: Nanos, cause: RestCause, error: Cow<'a, str> },
    /// The observer itself was blind from `at - lasted` to `at`: machine suspended, queue overflowed.
    Gap { reason: GapReason, lasted: Nanos },
    /// The last observation of a run. A recording without one was interrupted.
    End(End),
}

/// The text of a WebSocket frame or of a REST answer. Whether it is JSON is found out once, by the first who has
/// to know.
#[derive(Debug, Clone)]
pub struct Payload<'a> {
    text: Cow<'a, str>,
    is_json: Option<bool>,
}

impl<'a> Payload<'a> {
    /// One of which it is known whether it is one JSON document.
    pub fn known(text: Cow<'a, str>, is_json: bool) -> Self {
        Self { text, is_json: Some(is_json) }
    }

    /// Finds out whether it is one JSON document.
    pub fn checked(text: Cow<'a, str>) -> Self {
        let is_json = is_json(&text);
        Self::known(text, is_json)
    }

    /// Whether it is one JSON document; `None` where nobody looked yet.
    pub fn is_json(&self) -> Option<bool> {
        self.is_json
    }

    pub fn into_text(self) -> Cow<'a, str> {
        self.text
    }
}

impl std::ops::Deref for Payload<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl PartialEq for Payload<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl<'a, T: Into<Cow<'a, str>>> From<T> for Payload<'a> {
    fn from(text: T) -> Self {
        Self { text: text.into(), is_json: None }
    }
}

/// A REST answer for one feature, sent at `sent`, received at the observation's `at`.
#[derive(Debug, Clone, PartialEq)]
pub struct RestAnswer<'a> {
    pub feature: Cow<'a, str>,
    pub sent: Nanos,
    pub status: u16,
    pub body: Payload<'a>,
    /// For a templated path: the values that filled it, as (variable, value). One answer a value;
    /// answers of one poll share `sent`'s order and are joined by key, not by time.
    pub bound: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapReason {
    Suspended,
    ClockJump,
    QueueOverflow,
}

impl GapReason {
    /// As a clause for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Suspended => "the machine was suspended",
            Self::ClockJump => "the clock jumped",
            Self::QueueOverflow => "the queue overflowed",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    Completed,
    Interrupted,
}

impl<'a> Observation<'a> {
    /// What happened to the only socket, or to none.
    pub fn of(at: Nanos, event: Event<'a>) -> Self {
        Self { at, event, socket: None }
    }
}

impl Observation<'_> {
    /// Up to when the run is known to have gone on as before: a gap is learned of at its end only, and
    /// nothing that would have been due inside it may be judged without knowing of it.
    pub fn known_from(&self) -> Nanos {
        match self.event {
            Event::Gap { lasted, .. } => Nanos(self.at.0.saturating_sub(lasted.0)),
            _ => self.at,
        }
    }

    /// The same observation, owning its text.
    pub fn into_owned(self) -> Observation<'static> {
        let own = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        let owned = |payload: Payload<'_>| Payload { text: own(payload.text), ..payload };
        let event = match self.event {
            Event::Opening => Event::Opening,
            Event::Open => Event::Open,
            Event::Closed { code, reason } => Event::Closed { code, reason: own(reason) },
            Event::ConnectFailed { reason } => Event::ConnectFailed { reason: own(reason) },
            Event::Message(payload) => Event::Message(owned(payload)),
            Event::Binary { bytes } => Event::Binary { bytes },
            Event::Rest(answer) => Event::Rest(RestAnswer {
                feature: own(answer.feature),
                sent: answer.sent,
                status: answer.status,
                body: owned(answer.body),
                bound: answer.bound.into_iter().map(|(name, value)| (own(name), own(value))).collect(),
            }),
            Event::RestError { feature, sent, cause, error } => {
                Event::RestError { feature: own(feature), sent, cause, error: own(error) }
            }
            Event::Gap { reason, lasted } => Event::Gap { reason, lasted },
            Event::End(end) => Event::End(end),
        };
        Observation { at: self.at, event, socket: self.socket.map(own) }
    }
}
