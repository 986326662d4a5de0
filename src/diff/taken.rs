//! An entity taken apart into its fields' values: only for what the digests could not settle.

use std::borrow::Cow;

use crate::diff::descent::{Visitor, descend};
use crate::diff::plan::{FieldId, Plan, ROOT, Side};
use crate::json::cursor::{Cursor, Malformed, Shape, unescape};

/// A field's value as it stands in one entity.
#[derive(Debug, Clone, PartialEq)]
pub struct Value<'t> {
    pub shape: Shape,
    /// A string's content without quotes and escapes, anything else as written.
    pub text: Cow<'t, str>,
}

impl Value<'_> {
    /// As JSON, for people.
    pub fn to_json(&self) -> String {
        match self.shape {
            Shape::String => serde_json::Value::from(self.text.as_ref()).to_string(),
            _ => self.text.clone().into_owned(),
        }
    }
}

/// An entity taken apart: a value a field, `None` where it is absent or null.
#[derive(Debug, Clone, Default)]
pub struct Taken<'t> {
    values: Vec<Option<Value<'t>>>,
}

impl<'t> Taken<'t> {
    pub fn get(&self, field: FieldId) -> Option<&Value<'t>> {
        self.values.get(field).and_then(Option::as_ref)
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    fn put(&mut self, field: FieldId, value: Value<'t>) {
        if self.values.len() <= field {
            self.values.resize(field + 1, None);
        }
        self.values[field] = (value.shape != Shape::Null).then_some(value);
    }
}

/// Values that stand outside an entity's text: what filled a templated path.
pub type Bound<'b> = [(Cow<'b, str>, Cow<'b, str>)];

/// Takes one entity apart.
pub fn take_apart<'t>(
    plan: &mut Plan,
    side: Side,
    text: &'t str,
    bound: &'t Bound<'_>,
) -> Result<Taken<'t>, Malformed> {
    let mut taken = Taken::default();
    plan.begin_row();
    for (name, value) in bound {
        let (node, _) = plan.child(side, ROOT, name)?;
        let field = plan.field(side, node);
        taken.put(field, Value { shape: Shape::String, text: Cow::Borrowed(value) });
    }
    descend(plan, side, ROOT, 0, &mut Cursor::new(text), &mut Taker { side, taken: &mut taken })?;
    Ok(taken)
}

/// Puts the values where they belong.
struct Taker<'a, 't> {
    side: Side,
    taken: &'a mut Taken<'t>,
}

impl<'t> Visitor<'t> for Taker<'_, 't> {
    fn scalar(&mut self, _: &mut Plan, field: FieldId, shape: Shape, text: &'t str, _: bool) {
        let text = if shape == Shape::String { unescape(text) } else { Cow::Borrowed(text) };
        self.taken.put(field, Value { shape, text });
    }

    fn again(&mut self, plan: &mut Plan, node: u32) {
        // The last one counts, whole: nothing of an object that stood there before is left.
        for field in plan.fields_below(self.side, node) {
            if let Some(value) = self.taken.values.get_mut(field) {
                *value = None;
            }
        }
    }
}
