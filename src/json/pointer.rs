//! JSON Pointers (RFC 6901), parsed once and used everywhere a field is named.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A JSON Pointer: the empty pointer names the whole document.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Pointer {
    tokens: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PointerError {
    #[error("a JSON Pointer starts with '/' (or is empty): {0:?}")]
    NoSlash(String),
    #[error("'~' in a JSON Pointer is followed by 0 or 1: {0:?}")]
    BadEscape(String),
}

impl Pointer {
    pub fn root() -> Self {
        Self::default()
    }

    pub fn from_tokens(tokens: impl IntoIterator<Item = String>) -> Self {
        Self { tokens: tokens.into_iter().collect() }
    }

    /// The unescaped reference tokens, outermost first.
    pub fn tokens(&self) -> &[String] {
        &self.tokens
    }

    pub fn is_root(&self) -> bool {
        self.tokens.is_empty()
    }

    /// This pointer with one more token at its end.
    pub fn join(&self, token: &str) -> Self {
        let mut tokens = self.tokens.clone();
        tokens.push(token.to_owned());
        Self { tokens }
    }

    /// Whether `self` names `other` or something that contains it.
    pub fn covers(&self, other: &Self) -> bool {
        other.tokens.starts_with(&self.tokens)
    }

    /// The value in a tree; `None` where there is none.
    pub fn get<'v>(&self, value: &'v serde_json::Value) -> Option<&'v serde_json::Value> {
        self.tokens.iter().try_fold(value, |value, token| match value {
            serde_json::Value::Object(map) => map.get(token),
            serde_json::Value::Array(items) => items.get(token.parse::<usize>().ok()?),
            _ => None,
        })
    }
}

impl FromStr for Pointer {
    type Err = PointerError;

    fn from_str(text: &str) -> Result<Self, PointerError> {
        if text.is_empty() {
            return Ok(Self::root());
        }
        let Some(rest) = text.strip_prefix('/') else {
            return Err(PointerError::NoSlash(text.to_owned()));
        };
        let mut tokens = Vec::new();
        for token in rest.split('/') {
            let mut plain = String::with_capacity(token.len());
            let mut chars = token.chars();
            while let Some(c) = chars.next() {
                match (c, c == '~') {
                    (_, true) => match chars.next() {
                        Some('0') => plain.push('~'),
                        Some('1') => plain.push('/'),
                        _ => return Err(PointerError::BadEscape(text.to_owned())),
                    },
                    (c, false) => plain.push(c),
                }
            }
            tokens.push(plain);
        }
        Ok(Self { tokens })
    }
}

/// A name as it stands in a pointer.
pub fn escaped(token: &str) -> String {
    token.replace('~', "~0").replace('/', "~1")
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for token in &self.tokens {
            write!(f, "/{}", escaped(token))?;
        }
        Ok(())
    }
}

impl Serialize for Pointer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Pointer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for Pointer {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Pointer".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "description": "JSON Pointer (RFC 6901)" })
    }
}
