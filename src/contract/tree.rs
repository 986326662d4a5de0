//! Written settings as a tree in which every value knows where it was written, and how two trees merge.
//!
//! Knows TOML, nothing of what the keys mean. Reading files is not done here: text comes in.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use toml::de::{DeTable, DeValue};

/// Where a value was written: a file, an option or a built-in contract, and a 1-based line (0: no lines there).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenAt {
    pub source: Arc<str>,
    pub line: usize,
    pub built_in: bool,
}

impl WrittenAt {
    /// A place without lines, such as `--rest-url`.
    pub fn of(source: &str) -> Self {
        Self { source: source.into(), line: 0, built_in: false }
    }
}

impl fmt::Display for WrittenAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(&self.source),
            line => write!(f, "{}:{line}", self.source),
        }
    }
}

/// What is wrong with something written, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub place: Option<WrittenAt>,
    pub message: String,
    pub hint: Option<String>,
}

impl Problem {
    pub fn at(place: &WrittenAt, message: impl fmt::Display) -> Self {
        Self { place: Some(place.clone()), message: message.to_string(), hint: None }
    }

    #[must_use]
    pub fn hint(mut self, hint: impl fmt::Display) -> Self {
        self.hint = Some(hint.to_string());
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{place}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for Problem {}

#[derive(Debug, Clone, PartialEq)]
pub struct WrittenNode {
    pub place: WrittenAt,
    pub value: Written,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Written {
    Text(String),
    Integer(i64),
    Float(f64),
    Boolean(bool),
    /// A TOML date, time or date-time, as written.
    Date(String),
    Array(Vec<WrittenNode>),
    Table(BTreeMap<String, WrittenNode>),
}

impl WrittenNode {
    pub fn text(text: &str, place: WrittenAt) -> Self {
        Self { place, value: Written::Text(text.to_owned()) }
    }

    pub fn empty_table(place: WrittenAt) -> Self {
        Self { place, value: Written::Table(BTreeMap::new()) }
    }

    /// Parses TOML; `source` names it in messages.
    pub fn parse(text: &str, source: &str, built_in: bool) -> Result<Self, Problem> {
        let lines = Lines { source: source.into(), starts: line_starts(text), built_in };
        let table = DeTable::parse(text).map_err(|error| {
            let place = lines.place(error.span().map_or(0, |span| span.start));
            Problem::at(&place, error.message())
        })?;
        lines.table(table.into_inner(), lines.place(0))
    }

    pub fn as_table(&self) -> Option<&BTreeMap<String, Self>> {
        match &self.value {
            Written::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The node down these keys; a number counts into an array.
    pub fn find(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, key| match &node.value {
            Written::Table(table) => table.get(*key),
            Written::Array(items) => items.get(key.parse::<usize>().ok()?),
            _ => None,
        })
    }

    /// The place of the node down these keys, or of the nearest one above it.
    pub fn place_of(&self, path: &[&str]) -> &WrittenAt {
        let depth = (0..=path.len()).rev().find(|&depth| self.find(&path[..depth]).is_some()).unwrap_or(0);
        &self.find(&path[..depth]).unwrap_or(self).place
    }

    /// Sets the value down these keys, making tables on the way.
    pub fn set(&mut self, path: &[&str], node: Self) {
        let Some((first, rest)) = path.split_first() else {
            *self = node;
            return;
        };
        if self.as_table().is_none() {
            *self = Self::empty_table(node.place.clone());
        }
        if let Written::Table(table) = &mut self.value {
            let place = node.place.clone();
            table.entry((*first).to_owned()).or_insert_with(|| Self::empty_table(place)).set(rest, node);
        }
    }

    /// `self` with `over` laid on it: tables merge per key, everything else, arrays too, is replaced.
    /// A table over an array of one table merges with that one: `ws = {…}` over `[[ws]]`.
    #[must_use]
    pub fn merged(self, over: Self) -> Self {
        match (self.value, over.value) {
            (Written::Table(mut base), Written::Table(over_table)) => {
                for (key, value) in over_table {
                    let value = match base.remove(&key) {
                        Some(below) => below.merged(value),
                        None => value,
                    };
                    base.insert(key, value);
                }
                Self { place: over.place, value: Written::Table(base) }
            }
            (Written::Array(mut base), over_value @ Written::Table(_))
                if base.len() == 1 && base[0].as_table().is_some() =>
            {
                base.remove(0).merged(Self { place: over.place, value: over_value })
            }
            (_, value) => Self { place: over.place, value },
        }
    }
}

/// Turns byte offsets of one text into places.
struct Lines {
    source: Arc<str>,
    starts: Vec<usize>,
    built_in: bool,
}

fn line_starts(text: &str) -> Vec<usize> {
    let after = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
    std::iter::once(0).chain(after).collect()
}

impl Lines {
    fn place(&self, offset: usize) -> WrittenAt {
        let line = self.starts.partition_point(|&start| start <= offset);
        WrittenAt { source: Arc::clone(&self.source), line, built_in: self.built_in }
    }

    fn table(&self, table: DeTable<'_>, place: WrittenAt) -> Result<WrittenNode, Problem> {
        let mut entries = BTreeMap::new();
        for (key, value) in table {
            let place = self.place(key.span().start);
            let node = self.node(value.into_inner(), place)?;
            entries.insert(key.into_inner().into_owned(), node);
        }
        Ok(WrittenNode { place, value: Written::Table(entries) })
    }

    fn node(&self, value: DeValue<'_>, place: WrittenAt) -> Result<WrittenNode, Problem> {
        let value = match value {
            DeValue::String(text) => Written::Text(text.into_owned()),
            DeValue::Integer(integer) => match i64::from_str_radix(integer.as_str(), integer.radix()) {
                Ok(number) => Written::Integer(number),
                Err(_) => return Err(Problem::at(&place, format!("the number {integer} is too large"))),
            },
            DeValue::Float(float) => match float.as_str().parse() {
                Ok(number) => Written::Float(number),
                Err(_) => return Err(Problem::at(&place, format!("not a number: {float}"))),
            },
            DeValue::Boolean(boolean) => Written::Boolean(boolean),
            DeValue::Datetime(date) => Written::Date(date.to_string()),
            DeValue::Array(items) => {
                let nodes = items.into_iter().map(|item| {
                    let place = self.place(item.span().start);
                    self.node(item.into_inner(), place)
                });
                Written::Array(nodes.collect::<Result<_, _>>()?)
            }
            DeValue::Table(table) => return self.table(table, place),
        };
        Ok(WrittenNode { place, value })
    }
}
