//! A feature as it is written in a contract or a `thor-cutover.toml`: every key optional, nothing checked yet.
//!
//! These types are also the published JSON Schema of the configuration, so their comments are for users.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use crate::json::pointer::Pointer;
use crate::model::feature::{Carries, Delivery, NextPage, span};
use crate::model::size;

/// One feature of the cutover; what is not said comes from the built-in contract.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FeatureWritten {
    /// Rank in the cutover: 1 goes first.
    pub order: Option<u32>,
    /// The backend's flag. Default: WS_FEATURE_ and the feature's name in capitals.
    pub flag: Option<String>,
    /// The frontend's flag. Default: VITE_WS_FEATURE_ and the feature's name in capitals; none under contract none.
    pub frontend_flag: Option<String>,
    /// Where REST is asked.
    pub rest: Option<RestWritten>,
    /// One table, or several where message types differ in shape.
    #[schemars(with = "Option<OneOrMany>")]
    pub ws: Option<Vec<WsWritten>>,
    /// The socket that carries it: a name of `[sockets]`. Default: the one of `[socket]`.
    pub socket: Option<String>,
    /// JSON Pointers inside one entity that identify it; empty: the feature is one entity.
    pub key: Option<Vec<Pointer>>,
    /// Fields that only REST has.
    pub rest_only: Option<Vec<Pointer>>,
    /// Fields that only the WebSocket has.
    pub ws_only: Option<Vec<Pointer>>,
    /// How late a push may be. Default: 2s.
    pub push_delay: Option<Period>,
    /// How old a REST answer may be. Default: 1s.
    pub rest_staleness: Option<Period>,
    /// Jobs named as the feature's REST timer.
    pub timers: Option<Vec<String>>,
    /// REST paths that serve the feature and go away with it.
    pub endpoints: Option<Vec<String>>,
    /// Where `[backend] account_id` goes.
    pub account: Option<AccountWritten>,
    /// How fields are compared. An array here replaces the built-in one.
    pub rules: Option<Vec<RuleWritten>>,
}

/// Where REST is asked, and how often.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RestWritten {
    /// Path and query, possibly a template: /api/session?future={symbol}
    pub path: Option<String>,
    /// Where the entities are in the body: an array of them, or one.
    pub select: Option<Pointer>,
    /// How often to ask; at least 50ms. Default: 5s.
    pub every: Option<Period>,
    /// Whether REST lists every entity, so that an absent one is a difference for upserts too. Default: true where ws has
    /// `removed`, else false
    pub complete: Option<bool>,
    /// One request for each value of each variable in the path; the values become fields of the entity.
    pub for_each: Option<BTreeMap<String, Vec<TextValue>>>,
    /// Whether the endpoint refuses requests without credentials.
    pub auth: Option<bool>,
    /// Of an answer in pages: where each says where the next one is, a pointer such as /next, or link for the header of
    /// that name. At most 50 are put together. Without it an answer that goes on elsewhere is an error.
    pub next: Option<NextPage>,
    /// GET, or POST with `reads`: the tool only ever reads. Default: GET
    pub method: Option<MethodWritten>,
    /// With method = "POST": the JSON that is sent. Default: {}
    pub body: Option<String>,
    /// With method = "POST": why it changes nothing, as a query of GraphQL does not.
    pub reads: Option<String>,
}

/// How REST is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum MethodWritten {
    Get,
    Post,
}

/// Which messages carry the feature, and how.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WsWritten {
    /// Outer message types; dotted and underscored names are the same. * stands for every type.
    pub types: Option<Vec<String>>,
    /// Where the entities are in the whole message. Default: /data
    pub select: Option<Pointer>,
    /// Whether a message is the whole state, or some entities of it (upsert), or some fields of some entities (merge).
    /// Default: snapshot.
    pub carries: Option<Carries>,
    /// Whether messages come by the clock or when something changes. Default: periodic.
    pub delivery: Option<Delivery>,
    /// The cadence; three of them without a message are a silence. Default: 10s.
    pub every: Option<Period>,
    /// Pointers into the whole message and what must be there; other messages do not count.
    pub filter: Option<BTreeMap<Pointer, TextValue>>,
    /// The server's own clock in the message.
    pub clock: Option<Pointer>,
    /// How the stream takes an entity away.
    pub removed: Option<RemovedWritten>,
    /// Where the message has its number among the feature's messages: a number that was passed over is a message that
    /// did not come.
    pub sequence: Option<Pointer>,
}

/// How the stream takes an entity away: by a type, by what stands in the entity, or by either.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RemovedWritten {
    /// Types of messages whose entities are gone; the key is all that is read of them.
    pub types: Vec<String>,
    /// Pointers into an entity, and what stands there once it is gone, such as a quantity of 0.
    #[serde(rename = "where")]
    pub fields: BTreeMap<Pointer, TextValue>,
}

/// Where a pinned account is asked for, and recognised.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountWritten {
    /// Query parameter of the REST path.
    pub parameter: Option<String>,
    /// Pointer into the whole message.
    pub filter: Option<Pointer>,
}

/// How one field is compared.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleWritten {
    /// The field, where both sides call it the same.
    pub field: Option<Pointer>,
    /// The field's name in REST.
    pub rest: Option<Pointer>,
    /// The field's name in the WebSocket's entity.
    pub ws: Option<Pointer>,
    /// In which way. Default: decimal, which compares numbers by value and text as text.
    pub compare: Option<CompareWritten>,
    /// Numbers may differ by less than 10^-scale.
    pub scale: Option<u32>,
    /// How far apart: a number in the field's unit, or a duration for instants and countdowns.
    pub tolerance: Option<TextValue>,
    /// For derived fields, over fields of the same entity: (mark_price - avg_price) * quantity
    pub formula: Option<String>,
    /// Why; needed for ignore and for any tolerance.
    pub reason: Option<String>,
    /// Last day on which the rule holds.
    #[schemars(with = "Option<String>")]
    pub expires: Option<jiff::civil::Date>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CompareWritten {
    Exact,
    Decimal,
    Instant,
    Countdown,
    Text,
    Ignore,
    Derived,
}

/// A length of time as people write it: "500ms", "2s", "10m", "14d" (a day is 24 hours).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period(pub Duration);

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        span::parse(&text).map(Self).map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Period {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Period".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "description": "a length of time: 500ms, 2s, 10m, 14d" })
    }
}

/// A number of bytes as people write it: "64KB", "100MB", "20GB"; powers of ten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(pub u64);

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        size::parse(&text).map(Self).map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Size {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Size".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "description": "a number of bytes: 64KB, 100MB, 20GB" })
    }
}

/// Text, or a number or boolean standing for its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextValue(pub String);

impl<'de> Deserialize<'de> for TextValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ScalarVisitor;
        impl serde::de::Visitor<'_> for ScalarVisitor {
            type Value = TextValue;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a text or a number")
            }
            fn visit_str<E>(self, text: &str) -> Result<TextValue, E> {
                Ok(TextValue(text.to_owned()))
            }
            fn visit_i64<E>(self, number: i64) -> Result<TextValue, E> {
                Ok(TextValue(number.to_string()))
            }
            fn visit_u64<E>(self, number: u64) -> Result<TextValue, E> {
                Ok(TextValue(number.to_string()))
            }
            fn visit_f64<E>(self, number: f64) -> Result<TextValue, E> {
                Ok(TextValue(number.to_string()))
            }
            fn visit_bool<E>(self, boolean: bool) -> Result<TextValue, E> {
                Ok(TextValue(boolean.to_string()))
            }
        }
        deserializer.deserialize_any(ScalarVisitor)
    }
}

impl JsonSchema for TextValue {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Scalar".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": ["string", "number", "boolean"] })
    }
}

/// The schema of what may be one table or an array of them; reading turns one into an array.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum OneOrMany {
    One(WsWritten),
    Many(Vec<WsWritten>),
}
