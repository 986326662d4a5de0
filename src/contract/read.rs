//! Reads typed values out of a [`WrittenNode`] through serde, so that every error says its file and line, and an
//! unknown key the nearest one that exists.

use std::fmt;

use serde::de::value::{MapDeserializer, SeqDeserializer, StrDeserializer};
use serde::de::{self, DeserializeOwned, Deserializer, Expected, IntoDeserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

use crate::contract::tree::{Problem, Written, WrittenNode};
use crate::error::nearest;

/// The value that `node` spells.
pub fn read<T: DeserializeOwned>(node: &WrittenNode) -> Result<T, Problem> {
    T::deserialize(NodeReader(node))
}

impl de::Error for Problem {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { place: None, message: message.to_string(), hint: None }
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::custom(format!("expected {expected}, found {unexpected}"))
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::custom(format!("expected {expected}, found {unexpected}"))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let problem = Self::custom(format!("unknown value {variant:?}"));
        match nearest(variant, expected.iter().copied()) {
            Some(near) => {
                problem.hint(format!("did you mean {near:?}? It is one of: {}", expected.join(", ")))
            }
            None => problem.hint(format!("it is one of: {}", expected.join(", "))),
        }
    }
}

#[derive(Clone, Copy)]
struct NodeReader<'t>(&'t WrittenNode);

impl<'t> NodeReader<'t> {
    /// Gives an error without a place this node's; inner nodes have given theirs before.
    fn placed<T>(self, result: Result<T, Problem>) -> Result<T, Problem> {
        result.map_err(|problem| Problem {
            place: problem.place.or_else(|| Some(self.0.place.clone())),
            ..problem
        })
    }

    fn visit<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match &self.0.value {
            Written::Text(text) | Written::Date(text) => visitor.visit_str(text),
            Written::Integer(number) => match u64::try_from(*number) {
                Ok(number) => visitor.visit_u64(number),
                Err(_) => visitor.visit_i64(*number),
            },
            Written::Float(number) => visitor.visit_f64(*number),
            Written::Boolean(boolean) => visitor.visit_bool(*boolean),
            Written::Array(items) => visitor.visit_seq(SeqDeserializer::new(items.iter().map(NodeReader))),
            Written::Table(table) => {
                let entries = table.iter().map(|(key, node)| (key.as_str(), NodeReader(node)));
                visitor.visit_map(MapDeserializer::new(entries))
            }
        }
    }
}

impl IntoDeserializer<'_, Problem> for NodeReader<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for NodeReader<'_> {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        let result = self.visit(visitor);
        self.placed(result)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        // what a type's own reading refuses is refused here, not at the table around it
        let result = visitor.visit_some(self);
        self.placed(result)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Problem> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        for (key, node) in self.0.as_table().into_iter().flatten() {
            if !fields.contains(&key.as_str()) {
                return Err(unknown_key(key, node, fields));
            }
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        let result = match &self.0.value {
            Written::Text(text) => visitor.visit_enum(StrDeserializer::new(text)),
            _ => self.visit(visitor),
        };
        self.placed(result)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

fn unknown_key(key: &str, node: &WrittenNode, fields: &[&str]) -> Problem {
    let problem = Problem::at(&node.place, format!("unknown key `{key}`"));
    match nearest(key, fields.iter().copied()) {
        Some(near) => problem.hint(format!("did you mean `{near}`?")),
        None => problem.hint(format!("known here: {}", fields.join(", "))),
    }
}
