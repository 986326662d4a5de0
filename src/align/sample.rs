//! A REST sample on its way to an outcome.

use std::borrow::Cow;

use crate::diff::normalise::Row;
use crate::diff::parsed_entity::Bound;
use crate::model::time::Nanos;

/// What a REST answer said, as long as it is not explained.
#[derive(Debug, Clone)]
pub struct Sample<'a> {
    pub sent: Nanos,
    pub received: Nanos,
    /// The selected text; rows are spans of it.
    pub text: Cow<'a, str>,
    pub rows: Cow<'a, [Row]>,
    /// Order-free sum of its rows, comparable with a state of the stream.
    pub sum: u128,
    pub bound: Cow<'a, Bound<'a>>,
    /// Hash of `bound`: answers for other values are other series of samples.
    pub series: u64,
    /// Its number among the answers of its series.
    pub serial: u64,
    /// Whether it lists every entity there is.
    pub whole: bool,
    /// Whether it shows another state than the answer before it.
    pub moved: bool,
}

impl Sample<'_> {
    /// One that waits, for what comes after the answer.
    pub fn into_owned(self) -> Sample<'static> {
        let own = |text: &Cow<'_, str>| Cow::Owned(text.to_string());
        Sample {
            text: Cow::Owned(self.text.into_owned()),
            rows: Cow::Owned(self.rows.into_owned()),
            bound: self.bound.iter().map(|(name, value)| (own(name), own(value))).collect(),
            ..self
        }
    }

    pub fn text_of(&self, row: &Row) -> &str {
        &self.text[row.span.0 as usize..row.span.1 as usize]
    }

    pub fn bound(&self) -> &Bound<'_> {
        &self.bound
    }
}
