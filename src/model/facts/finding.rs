//! One finding of the source audit, and the kinds there are: stable codes with descriptions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::gate::Place;

/// How sure the audit is, from 0 to 1. It is a rank, not a measured frequency.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Confidence(pub f64);

impl Confidence {
    /// The structure says so: resolved from end to end.
    pub const CERTAIN: Self = Self(0.95);
    /// One step rests on a convention.
    pub const LIKELY: Self = Self(0.8);
    /// A name says so.
    pub const POSSIBLE: Self = Self(0.5);
}

/// What a finding is. The first fifteen say where things are; the others are hazards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FindingKind {
    RestRoute,
    RestView,
    Timer,
    JobClass,
    Poller,
    Fetch,
    OneShotFetch,
    Broadcast,
    Builder,
    Handler,
    Subscription,
    FlagRead,
    PollerUser,
    DisabledPoller,
    HandlerMissing,
    HandlerWithoutSender,
    ListenerWithoutSender,
    UnknownKeywordArgument,
    MissingArgument,
    UnawaitedBroadcast,
    MissingModule,
    MissingName,
    UnroutedUrl,
    MissingSlash,
    SharedTimer,
    SharedEndpoint,
    TimerFeedsWebsocket,
    FallbackPoller,
    FlagGatedBroadcast,
    SwallowedException,
    VolatileField,
    UnresolvedRequest,
    UnresolvedBroadcast,
    SilentPage,
    UnparsedFile,
    ForeignFile,
}

impl FindingKind {
    pub const ALL: [Self; 36] = [
        Self::RestRoute,
        Self::RestView,
        Self::Timer,
        Self::JobClass,
        Self::Poller,
        Self::Fetch,
        Self::OneShotFetch,
        Self::Broadcast,
        Self::Builder,
        Self::Handler,
        Self::Subscription,
        Self::FlagRead,
        Self::PollerUser,
        Self::DisabledPoller,
        Self::HandlerMissing,
        Self::HandlerWithoutSender,
        Self::ListenerWithoutSender,
        Self::UnknownKeywordArgument,
        Self::MissingArgument,
        Self::UnawaitedBroadcast,
        Self::MissingModule,
        Self::MissingName,
        Self::UnroutedUrl,
        Self::MissingSlash,
        Self::SharedTimer,
        Self::SharedEndpoint,
        Self::TimerFeedsWebsocket,
        Self::FallbackPoller,
        Self::FlagGatedBroadcast,
        Self::SwallowedException,
        Self::VolatileField,
        Self::UnresolvedRequest,
        Self::UnresolvedBroadcast,
        Self::SilentPage,
        Self::UnparsedFile,
        Self::ForeignFile,
    ];

    /// The stable name in every output.
    pub fn code(self) -> &'static str {
        self.row().0
    }

    /// One line for a person.
    pub fn description(self) -> &'static str {
        self.row().1
    }

    /// Something to clear or accept, as against a thing that is merely there.
    pub fn is_hazard(self) -> bool {
        self >= Self::HandlerMissing
    }

    /// What it asks or sends could not be found out: it may be any feature's.
    pub fn is_of_unknown_target(self) -> bool {
        matches!(self, Self::UnresolvedRequest | Self::UnresolvedBroadcast)
    }

    /// Where it is of no feature, it may be any feature's.
    pub fn may_be_anybodys(self) -> bool {
        self.is_of_unknown_target() || matches!(self, Self::UnparsedFile | Self::ForeignFile)
    }

    fn row(self) -> (&'static str, &'static str) {
        match self {
            Self::RestRoute => ("rest-route", "a URL that serves the feature by REST"),
            Self::RestView => ("rest-view", "the view behind such a URL"),
            Self::Timer => ("timer", "something on the server that runs again and again"),
            Self::JobClass => ("job-class", "the class of a job named as the feature's REST timer"),
            Self::Poller => ("poller", "something in the browser that asks again and again"),
            Self::Fetch => ("fetch", "the request that a poller repeats"),
            Self::OneShotFetch => ("one-shot-fetch", "a request made once, not by a timer"),
            Self::Broadcast => ("broadcast", "a message sent to the WebSocket group"),
            Self::Builder => ("builder", "a function that builds such a message"),
            Self::Handler => ("handler", "a consumer method that passes a message type on"),
            Self::Subscription => ("subscription", "a listener for a message type in the frontend"),
            Self::FlagRead => ("flag-read", "code that asks for a feature flag"),
            Self::PollerUser => ("poller-user", "a component that polls through a hook or a service"),
            Self::DisabledPoller => {
                ("disabled-poller", "a poller that is switched off where it stands: it asks once, or never")
            }
            Self::HandlerMissing => {
                ("handler-missing", "a type is broadcast without a handler: every client is closed with 1011")
            }
            Self::HandlerWithoutSender => ("handler-without-sender", "a handler whose type nobody sends"),
            Self::ListenerWithoutSender => ("listener-without-sender", "a listener whose type nobody sends"),
            Self::UnknownKeywordArgument => {
                ("unknown-keyword-argument", "a call with a keyword argument that the function does not take")
            }
            Self::MissingArgument => ("missing-argument", "a call whose positional arguments do not fit"),
            Self::UnawaitedBroadcast => {
                ("unawaited-broadcast", "an async send that nothing awaits: it never runs")
            }
            Self::MissingModule => ("missing-module", "an import of a module that is not there"),
            Self::MissingName => ("missing-name", "an import of a name that the module does not have"),
            Self::UnroutedUrl => ("unrouted-url", "a REST path that no route serves"),
            Self::MissingSlash => {
                ("missing-slash", "a path without the slash that its route asks for: a redirect")
            }
            Self::SharedTimer => ("shared-timer", "a timer that serves several features"),
            Self::SharedEndpoint => {
                ("shared-endpoint", "an endpoint of the feature that other pages or code use too")
            }
            Self::TimerFeedsWebsocket => {
                ("timer-feeds-websocket", "a timer named for deletion that also sends the feature's message")
            }
            Self::FallbackPoller => {
                ("fallback-poller", "a poller kept on purpose for when the WebSocket is down")
            }
            Self::FlagGatedBroadcast => (
                "flag-gated-broadcast",
                "a broadcast only sent when the flag is on: shadow mode sees nothing",
            ),
            Self::SwallowedException => {
                ("swallowed-exception", "an error of a broadcast that nobody gets to see")
            }
            Self::VolatileField => ("volatile-field", "a field that differs on every read by nature"),
            Self::UnresolvedRequest => (
                "unresolved-request",
                "a request that repeats and whose address could not be found out: it may ask anything",
            ),
            Self::UnresolvedBroadcast => {
                ("unresolved-broadcast", "a message whose type could not be found out: it may be anything")
            }
            Self::SilentPage => (
                "silent-page",
                "a component that polled the feature before and now neither asks for it nor listens",
            ),
            Self::UnparsedFile => {
                ("unparsed-file", "a file of the feature, or that names it, that could not be read or parsed")
            }
            Self::ForeignFile => {
                ("foreign-file", "a file that names the feature and that no parser here reads")
            }
        }
    }
}

impl std::fmt::Display for FindingKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

/// What a timer on the server is to the feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TimerRole {
    /// Named as a REST timer in the configuration, or it asks the feature's endpoint itself: goes at the end.
    Rest,
    /// It sends the feature's message, or writes what the feature's view reads: stays.
    Producer,
    /// Only its name points to the feature.
    Unclear,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    pub kind: FindingKind,
    /// `null`: no configured feature, or several at once.
    pub feature: Option<String>,
    pub path: String,
    /// 1-based: the `def` or `class`, the route, the registration, the timer call, the `except`.
    pub line: usize,
    /// What is there: a full URL path, a message type, a job, a function, a flag.
    pub symbol: String,
    pub reason: String,
    pub confidence: Confidence,
    /// Every full URL path that leads here (routes and views), or that is asked (pollers and fetches).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub endpoints: Vec<String>,
    /// Milliseconds between two runs; several where it depends on something.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub interval_ms: Vec<u64>,
    /// What it hangs on that its place does not say, to be compared with another revision: who may ask a route, the
    /// code that leads to a timer of which nobody knows whether it runs.
    #[serde(skip)]
    pub basis: String,
    /// The pauses of the loop that runs a timer: it runs no more often, whatever its own interval.
    #[serde(skip)]
    pub beat_ms: Vec<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timer_role: Option<TimerRole>,
    /// It is there but cannot happen: nothing starts it, or it fails every time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inert: bool,
    /// Whether it answers those who read could not be found out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unclear: bool,
    /// Places that belong to it: where a poller's request is made, what a timer starts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<Place>,
    /// Stable as long as kind, feature, file and symbol are: line numbers do not enter.
    pub fingerprint: String,
}

impl Finding {
    pub fn place(&self) -> Place {
        Place { path: self.path.clone(), line: self.line }
    }
}
