//! An entity taken apart into its fields' values: only for what the digests could not settle.

use std::borrow::Cow;

use crate::diff::plan::{FieldId, Plan, ROOT, Side};
use crate::diff::walk::{Cursor, MAX_DEPTH, Malformed, Shape, unescape};

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
    /// The first name that stood twice.
    pub duplicate: Option<FieldId>,
}

impl<'t> Taken<'t> {
    pub fn get(&self, field: FieldId) -> Option<&Value<'t>> {
        self.values.get(field).and_then(Option::as_ref)
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
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
        put(&mut taken, field, Value { shape: Shape::String, text: Cow::Borrowed(value) });
    }
    descend(plan, side, ROOT, 0, &mut Cursor::new(text), &mut taken)?;
    Ok(taken)
}

fn put<'t>(taken: &mut Taken<'t>, field: FieldId, value: Value<'t>) {
    if taken.values.len() <= field {
        taken.values.resize(field + 1, None);
    }
    taken.values[field] = (value.shape != Shape::Null).then_some(value);
}

fn descend<'t>(
    plan: &mut Plan,
    side: Side,
    node: u32,
    depth: usize,
    cursor: &mut Cursor<'t>,
    taken: &mut Taken<'t>,
) -> Result<(), Malformed> {
    if depth > MAX_DEPTH {
        return Err(Malformed(format!("nested deeper than {MAX_DEPTH} levels")));
    }
    let shape = cursor.shape()?;
    let text = match shape {
        Shape::Object => {
            cursor.enter();
            let mut first = true;
            while let Some((name, _)) = cursor.member(first)? {
                first = false;
                let (child, again) = plan.child(side, node, name)?;
                if again {
                    taken.duplicate = Some(plan.field(side, child));
                }
                descend(plan, side, child, depth + 1, cursor, taken)?;
            }
            if !first {
                return Ok(());
            }
            Cow::Borrowed("{}")
        }
        Shape::Array => {
            cursor.enter();
            let mut position = 0usize;
            while cursor.element(position == 0)? {
                let (child, _) = plan.child(side, node, &position.to_string())?;
                descend(plan, side, child, depth + 1, cursor, taken)?;
                position += 1;
            }
            if position > 0 {
                return Ok(());
            }
            Cow::Borrowed("[]")
        }
        Shape::String => unescape(cursor.string()?.0),
        _ => Cow::Borrowed(cursor.bare()),
    };
    let field = plan.field(side, node);
    put(taken, field, Value { shape, text });
    Ok(())
}
