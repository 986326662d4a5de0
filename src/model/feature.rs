//! One feature of the cutover as the engine sees it: where its two sides are read, how they are joined,
//! which rules make two values equal.
//!
//! Everything here is already validated; `settings/` makes it from the contract and the user's file.
//! It serialises into a recording's header, so that a replay judges by what the run was judged by.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::json::cursor::has_type;
use crate::json::number::Tolerance;
use crate::json::pointer::Pointer;
use crate::model::routing::{ANY_TYPE, Routing};

/// The features of Thor's cutover, in the order of the documents. Others may be configured.
pub const BUILT_IN: [&str; 4] = ["account_balance", "positions", "intraday", "global_market"];

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Feature {
    pub name: String,
    /// Rank in the cutover: 1 goes first.
    pub order: u32,
    /// The backend's flag, such as `WS_FEATURE_POSITIONS`.
    pub flag: String,
    /// The frontend's flag, such as `VITE_WS_FEATURE_POSITIONS`.
    pub frontend_flag: Option<String>,
    pub rest: RestSource,
    /// The message types that carry the feature; several where aliases differ in shape.
    pub ws: Vec<WsSource>,
    /// The socket that carries it, by its name in `[sockets]`; `None`: the one of `[socket]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub socket: Option<String>,
    /// How the frames of its socket are read.
    #[serde(default, skip_serializing_if = "Routing::is_default")]
    pub routing: Routing,
    /// Pointers inside one entity that identify it; empty: the feature is one entity.
    pub key: Vec<Pointer>,
    /// Fields that only REST has, by contract.
    pub rest_only: Vec<Pointer>,
    /// Fields that only the WebSocket has, by contract.
    pub ws_only: Vec<Pointer>,
    /// D: how late a push may be.
    #[serde(with = "span")]
    #[schemars(with = "String")]
    pub push_delay: Duration,
    /// C: how old a REST answer may be.
    #[serde(with = "span")]
    #[schemars(with = "String")]
    pub rest_staleness: Duration,
    pub rules: Vec<Rule>,
    /// Job classes named as the feature's REST timer.
    pub timers: Vec<String>,
    /// REST paths that serve the feature and go away with it.
    pub endpoints: Vec<String>,
    /// The market session that must be covered (a `[[session]]` that lists this feature); informative here.
    #[serde(default)]
    pub sessions: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RestSource {
    /// Path and query relative to the backend, possibly a template: `/api/session?future={symbol}`.
    pub path: String,
    /// Where the entities are in the body: an array of them, or one.
    pub select: Pointer,
    #[serde(with = "span")]
    #[schemars(with = "String")]
    pub every: Duration,
    /// Whether REST lists every entity, so that an absent one is a difference for upserts too.
    #[serde(default)]
    pub complete: bool,
    /// One request for each combination of values; each value becomes a field `/<name>` of the entity.
    #[serde(default)]
    pub for_each: BTreeMap<String, Vec<String>>,
    /// Whether the endpoint refuses requests without credentials.
    #[serde(default)]
    pub auth: bool,
    /// Where an answer in pages says where the next one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<NextPage>,
    /// Where it is asked by POST.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post: Option<Post>,
}

/// Where an answer says where it goes on: `link`, for the header of that name, or a pointer into the body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub enum NextPage {
    Link,
    At(Pointer),
}

impl TryFrom<String> for NextPage {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "link" => Ok(Self::Link),
            "" => Err("`next` is link or a pointer such as /next".to_owned()),
            pointer => pointer.parse().map(Self::At).map_err(|error| format!("{error}")),
        }
    }
}

impl From<NextPage> for String {
    fn from(next: NextPage) -> Self {
        match next {
            NextPage::Link => "link".to_owned(),
            NextPage::At(pointer) => pointer.to_string(),
        }
    }
}

/// A request by POST that only reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Post {
    /// JSON.
    pub body: String,
    /// Why it changes nothing.
    pub reads: String,
}

impl RestSource {
    /// The word of HTTP by which it is asked.
    pub fn method(&self) -> &'static str {
        if self.post.is_some() { "POST" } else { "GET" }
    }

    /// Paths that it is made into: answers about each are a series of their own.
    pub fn series(&self) -> u64 {
        self.for_each.values().map(Vec::len).product::<usize>().max(1) as u64
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WsSource {
    /// Outer message types, aliases included; dotted and underscored names are the same.
    pub types: Vec<String>,
    /// Where the entities are in the whole message.
    pub select: Pointer,
    pub carries: Carries,
    pub delivery: Delivery,
    /// The declared cadence; for `on_change` only informative.
    #[serde(with = "span")]
    #[schemars(with = "String")]
    pub every: Duration,
    /// Pointers into the whole message and the text they must have; other messages are `filtered`.
    #[serde(default)]
    pub filter: BTreeMap<String, String>,
    /// The server's own clock in the message; only used to say whose fault a reordering is.
    #[serde(default)]
    pub clock: Option<Pointer>,
    /// How the stream takes an entity away, where it is not by a snapshot without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed: Option<Removed>,
    /// The number of the message among the source's messages: a hole is a message that did not come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<Pointer>,
}

/// What says that an entity is gone: any of these.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Removed {
    /// Types of messages whose entities are gone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<String>,
    /// Pointers into an entity, and what stands there once it is gone: text as text, a number by its value.
    #[serde(rename = "where", skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, String>,
}

impl WsSource {
    /// Whether messages of this type are its own.
    pub fn hears(&self, kind: &str) -> bool {
        has_type(&self.types, kind) || self.types.iter().any(|name| name == ANY_TYPE) || self.removes(kind)
    }

    /// Whether a message of this type takes its entities away.
    pub fn removes(&self, kind: &str) -> bool {
        self.removed.as_ref().is_some_and(|removed| has_type(&removed.types, kind))
    }

    /// Whether it takes whatever comes, told apart by its filter and its shape.
    pub fn hears_all(&self) -> bool {
        self.types.iter().any(|name| name == ANY_TYPE)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Carries {
    /// Each message is the whole state: an entity absent from it is gone.
    Snapshot,
    /// Each message carries some entities; the others stay as they are.
    Upsert,
    /// Each message carries some fields of some entities; the others stay as they are.
    Merge,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    Periodic,
    OnChange,
}

/// How one field is compared. Fields without a rule: exact decimal for numbers, text for text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The field's name in REST, inside one entity; differences are reported under it.
    pub rest: Pointer,
    /// The field's name in the WebSocket's entity.
    pub ws: Pointer,
    pub compare: Compare,
    /// Why; required for `ignore` and for any tolerance.
    #[serde(default)]
    pub reason: Option<String>,
    /// Last day on which the rule holds, judged at the evidence's time.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub expires: Option<jiff::civil::Date>,
    /// Where the rule was written: `thor-cutover.toml:12`, or the built-in contract's name.
    pub origin: Origin,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    BuiltIn,
    /// A file and a 1-based line.
    File(String, usize),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Compare {
    /// Same JSON type and same value.
    Exact,
    /// Numbers by value, whatever their JSON type: |rest − ws| ≤ tolerance, or < 10^-scale.
    Decimal {
        #[serde(default)]
        tolerance: Tolerance,
    },
    /// The same point in time, whatever the notation; naive is UTC.
    Instant {
        #[serde(default)]
        #[schemars(with = "String")]
        #[serde(with = "span")]
        tolerance: Duration,
    },
    /// Seconds that fall as time passes: compared after subtracting the time between the two reads.
    Countdown {
        #[serde(with = "span")]
        #[schemars(with = "String")]
        tolerance: Duration,
    },
    /// The same text, a number's text included.
    Text,
    Ignore,
    /// Not compared across sides, but checked inside each: `(mark_price - avg_price) * quantity`.
    Derived {
        formula: String,
        #[serde(default)]
        tolerance: Tolerance,
    },
}

impl Feature {
    pub fn delivery(&self) -> Delivery {
        self.ws.first().map_or(Delivery::Periodic, |ws| ws.delivery)
    }

    /// What its messages carry, of several sources the first one's; parts, where one of them has only these.
    pub fn carries(&self) -> Carries {
        let has_parts = self.ws.iter().any(|ws| ws.carries == Carries::Merge);
        let first = self.ws.first().map_or(Carries::Snapshot, |ws| ws.carries);
        if has_parts { Carries::Merge } else { first }
    }

    /// The declared cadence of the stream: the slowest of its sources.
    pub fn every(&self) -> Duration {
        self.ws.iter().map(|ws| ws.every).max().unwrap_or(Duration::from_secs(1))
    }

    /// max(3 × every, every + D): silence beyond it while REST moves is a stall.
    pub fn silence_limit(&self) -> Duration {
        (self.every() * 3).max(self.every() + self.push_delay)
    }
}

/// The features with the rules that hold on `day` (UTC), and a warning for each rule that has expired by then.
pub fn in_force(mut features: Vec<Feature>, day: jiff::civil::Date) -> (Vec<Feature>, Vec<String>) {
    let mut warnings = Vec::new();
    for feature in &mut features {
        feature.rules.retain(|rule| {
            let Some(last) = rule.expires.filter(|last| day > *last) else { return true };
            let origin = match &rule.origin {
                Origin::BuiltIn => "the built-in contract".to_owned(),
                Origin::File(file, line) => format!("{file}:{line}"),
            };
            warnings.push(format!(
                "the rule for {} of {} ({origin}) expired on {last}: it no longer applies",
                rule.rest, feature.name
            ));
            false
        });
    }
    (features, warnings)
}

/// Durations as text (`"2s"`, `"100ms"`), the way people write them in configuration.
pub mod span {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    /// Parses `"2s"`, `"1m 30s"`, `"100ms"`, `"14d"`: a day is 24 hours and a week seven days wherever a duration is
    /// written. Fractions of a nanosecond, months and years are refused.
    pub fn parse(text: &str) -> Result<Duration, String> {
        let written = text.trim();
        let refused = |_| {
            let bare = !written.is_empty() && written.bytes().all(|byte| byte.is_ascii_digit());
            let example = if bare {
                format!("\"{written}s\", \"{written}m\", \"{written}h\" or \"{written}d\"")
            } else {
                "\"500ms\", \"2s\", \"10m\", \"14d\"".to_owned()
            };
            format!("not a duration: {text:?}; write {example}")
        };
        let span: jiff::Span = written.parse().map_err(refused)?;
        let signed = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).map_err(refused)?;
        Duration::try_from(signed).map_err(|_| format!("a duration cannot be negative: {text:?}"))
    }

    /// As a person writes it: `14d`, `1d 12h`, `1m 30s`, `500ms`.
    pub fn display(duration: Duration) -> String {
        let days = duration.as_secs() / DAY;
        let rest = exact(duration - Duration::from_secs(days * DAY));
        match (days, rest.as_str()) {
            (0, _) => rest,
            (_, "0s") => format!("{days}d"),
            _ => format!("{days}d {rest}"),
        }
    }

    const DAY: u64 = 24 * 60 * 60;

    /// In hours at most: recordings and digests have it so since their first version.
    fn exact(duration: Duration) -> String {
        let signed = jiff::SignedDuration::try_from(duration).unwrap_or(jiff::SignedDuration::MAX);
        format!("{signed:#}")
    }

    pub fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&exact(*duration))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse(&text).map_err(serde::de::Error::custom)
    }
}
