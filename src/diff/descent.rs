//! The way through an entity: its scalars one after another, each with its field in the plan.

use crate::diff::field_table::{FieldId, FieldTable, Side};
use crate::json::cursor::{Cursor, MAX_DEPTH, Malformed, Shape};

/// Whoever wants to know what stands in an entity.
pub trait Visitor<'t> {
    /// A scalar, or an object or a list that is empty. `text`: a string's content, its escapes kept; anything else as
    /// it stands.
    fn scalar(
        &mut self,
        plan: &mut FieldTable,
        field: FieldId,
        shape: Shape,
        text: &'t str,
        has_escapes: bool,
    );

    /// A member's name that stood in this object before.
    fn again(&mut self, plan: &mut FieldTable, node: u32);
}

/// Visits what stands at the cursor, which is `node` of the plan.
pub fn descend<'t>(
    plan: &mut FieldTable,
    side: Side,
    node: u32,
    depth: usize,
    cursor: &mut Cursor<'t>,
    visitor: &mut impl Visitor<'t>,
) -> Result<(), Malformed> {
    if depth > MAX_DEPTH {
        return Err(Malformed(format!("nested deeper than {MAX_DEPTH} levels")));
    }
    let shape = cursor.shape()?;
    let (text, has_escapes) = match shape {
        Shape::Object => {
            cursor.enter();
            let mut first = true;
            while let Some((name, _)) = cursor.member(first)? {
                first = false;
                let (child, again) = plan.child(side, node, name)?;
                if again {
                    visitor.again(plan, child);
                }
                descend(plan, side, child, depth + 1, cursor, visitor)?;
            }
            if !first {
                return Ok(());
            }
            ("{}", false)
        }
        Shape::Array => {
            cursor.enter();
            let mut position = 0usize;
            while cursor.element(position == 0)? {
                let (child, _) = plan.child(side, node, &position.to_string())?;
                descend(plan, side, child, depth + 1, cursor, visitor)?;
                position += 1;
            }
            if position > 0 {
                return Ok(());
            }
            ("[]", false)
        }
        Shape::String => cursor.string()?,
        Shape::Number | Shape::True | Shape::False | Shape::Null => (cursor.bare(), false),
    };
    let field = plan.field(side, node);
    visitor.scalar(plan, field, shape, text, has_escapes);
    Ok(())
}
