//! An entity parsed into its fields' values: needed only where digests differ.

use std::borrow::Cow;

use crate::diff::descent::{Visitor, descend};
use crate::diff::field_table::{FieldId, FieldTable, ROOT, Side};
use crate::json::cursor::{Cursor, Malformed, Shape, unescape};

/// A field's value as it stands in one entity.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldValue<'t> {
    pub shape: Shape,
    /// A string's content without quotes and escapes, anything else as written.
    pub text: Cow<'t, str>,
}

impl FieldValue<'_> {
    /// As JSON, for people.
    pub fn to_json(&self) -> String {
        match self.shape {
            Shape::String => serde_json::Value::from(self.text.as_ref()).to_string(),
            _ => self.text.clone().into_owned(),
        }
    }
}

/// An entity's values by field; `None` where the field is absent or null.
#[derive(Debug, Clone, Default)]
pub struct ParsedEntity<'t> {
    values: Vec<Option<FieldValue<'t>>>,
}

impl<'t> ParsedEntity<'t> {
    pub fn get(&self, field: FieldId) -> Option<&FieldValue<'t>> {
        self.values.get(field).and_then(Option::as_ref)
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    fn put(&mut self, field: FieldId, value: FieldValue<'t>) {
        if self.values.len() <= field {
            self.values.resize(field + 1, None);
        }
        self.values[field] = (value.shape != Shape::Null).then_some(value);
    }
}

/// Values that stand outside an entity's text: what filled a templated path.
pub type Bound<'b> = [(Cow<'b, str>, Cow<'b, str>)];

/// Parses one entity.
pub fn parse_entity<'t>(
    plan: &mut FieldTable,
    side: Side,
    text: &'t str,
    bound: &'t Bound<'_>,
) -> Result<ParsedEntity<'t>, Malformed> {
    let mut taken = ParsedEntity::default();
    plan.begin_row();
    for (name, value) in bound {
        let (node, _) = plan.child(side, ROOT, name)?;
        let field = plan.field(side, node);
        taken.put(field, FieldValue { shape: Shape::String, text: Cow::Borrowed(value) });
    }
    descend(plan, side, ROOT, 0, &mut Cursor::new(text), &mut ValueCollector { side, taken: &mut taken })?;
    Ok(taken)
}

/// Collects the values that a walk over the entity meets.
struct ValueCollector<'a, 't> {
    side: Side,
    taken: &'a mut ParsedEntity<'t>,
}

impl<'t> Visitor<'t> for ValueCollector<'_, 't> {
    fn scalar(&mut self, _: &mut FieldTable, field: FieldId, shape: Shape, text: &'t str, _: bool) {
        let text = if shape == Shape::String { unescape(text) } else { Cow::Borrowed(text) };
        self.taken.put(field, FieldValue { shape, text });
    }

    fn again(&mut self, plan: &mut FieldTable, node: u32) {
        // The last one counts, whole: nothing of an object that stood there before is left.
        for field in plan.fields_below(self.side, node) {
            if let Some(value) = self.taken.values.get_mut(field) {
                *value = None;
            }
        }
    }
}
