//! Learns a template from a text that was read without one. No template is made where an entity has a name twice, an
//! empty list or an empty object, or where the list of entities is empty.

use std::sync::Arc;

use crate::diff::field_table::{FieldId, FieldTable, ROOT, Side};
use crate::diff::template::message::{EntityTemplate, KINDS, LearnedTemplate, ScalarPlace, Wanted};
use crate::diff::template::{ScalarSpan, Template};
use crate::json::cursor::{Cursor, MAX_DEPTH, Shape, offset};

/// The template of a message; `None` where it has none.
pub(super) fn message(
    plan: &mut FieldTable,
    side: Side,
    text: &str,
    wanted: Wanted<'_, '_>,
) -> Option<LearnedTemplate> {
    let start = offset(text, wanted.selected)?;
    let selected = (start, start + wanted.selected.len());
    let mut around = Around { selected, before: Vec::new(), after: Vec::new(), is_behind: false };
    let mut cursor = Cursor::new(text);
    around.value(&mut cursor, 0)?;
    if !around.is_behind {
        return None;
    }
    let list = entities(text, selected)?;
    let mut kinds: Vec<EntityTemplate> = Vec::new();
    let mut inside = Vec::new();
    for &(from, to) in &list.spans {
        plan.begin_row();
        let mut entity = LearnedEntity { plan, side, spans: Vec::new(), fields: Vec::new() };
        let mut cursor = Cursor::at(text, from);
        entity.value(&mut cursor, ROOT, 0)?;
        let LearnedEntity { spans, fields, .. } = entity;
        let template = Template::of(text, (from, to), &spans);
        if !kinds.iter().any(|kind| *kind.template == template) {
            kinds.push(EntityTemplate { template: Arc::new(template), fields: fields.into() });
        }
        inside = spans;
        if kinds.len() > KINDS {
            return None;
        }
    }
    let (first, last) = (list.spans.first()?.0, list.spans.last()?.1);
    let inside = if list.separator.is_none() { inside } else { Vec::new() };
    let place = |scalar: &Option<&str>| -> Option<Option<ScalarPlace>> {
        let Some(scalar) = scalar else { return Some(None) };
        let start = offset(text, scalar)?;
        let among = |spans: &[ScalarSpan]| spans.iter().position(|scalar| scalar.start as usize == start);
        (among(&around.before).map(ScalarPlace::Before))
            .or_else(|| among(&inside).map(ScalarPlace::Inside))
            .or_else(|| among(&around.after).map(ScalarPlace::After))
            .map(Some)
    };
    Some(LearnedTemplate {
        scalars: wanted.scalars.iter().map(place).collect::<Option<_>>()?,
        before: Template::of(text, (0, first), &around.before),
        after: Template::of(text, (last, text.len()), &around.after),
        kinds: kinds.into(),
        separator: list.separator,
        margins: (first - selected.0, selected.1 - last),
    })
}

struct Entities {
    spans: Vec<(usize, usize)>,
    /// Between two of a list.
    separator: Option<Box<str>>,
}

fn entities(text: &str, (start, end): (usize, usize)) -> Option<Entities> {
    let mut cursor = Cursor::at(text, start);
    match cursor.shape().ok()? {
        Shape::Object => Some(Entities { spans: vec![(start, end)], separator: None }),
        Shape::Array => {
            cursor.enter();
            let mut spans = Vec::new();
            while cursor.element(spans.is_empty()).ok()? {
                cursor.skip_space();
                let from = cursor.position();
                cursor.skip().ok()?;
                spans.push((from, cursor.position()));
            }
            // One that is alone does not say; if the guess is wrong, the next list is learned from.
            let separator = match spans.as_slice() {
                [first, second, ..] => &text[first.1..second.0],
                _ => ",",
            };
            Some(Entities { spans, separator: Some(separator.into()) })
        }
        _ => None,
    }
}

/// The scalars around the selected text.
struct Around {
    selected: (usize, usize),
    before: Vec<ScalarSpan>,
    after: Vec<ScalarSpan>,
    is_behind: bool,
}

impl Around {
    fn value(&mut self, cursor: &mut Cursor<'_>, depth: usize) -> Option<()> {
        let shape = cursor.shape().ok()?;
        let start = cursor.position();
        if start == self.selected.0 && !self.is_behind {
            cursor.skip().ok()?;
            self.is_behind = true;
            return (cursor.position() == self.selected.1).then_some(());
        }
        if depth > MAX_DEPTH {
            return None;
        }
        match shape {
            Shape::Object => {
                cursor.enter();
                let mut first = true;
                while cursor.member(first).ok()?.is_some() {
                    first = false;
                    self.value(cursor, depth + 1)?;
                }
            }
            Shape::Array => {
                cursor.enter();
                let mut first = true;
                while cursor.element(first).ok()? {
                    first = false;
                    self.value(cursor, depth + 1)?;
                }
            }
            _ => {
                let scalar = scalar(cursor, shape)?;
                if self.is_behind { self.after.push(scalar) } else { self.before.push(scalar) }
            }
        }
        Some(())
    }
}

/// The scalars of one entity and their fields, found as [`crate::diff::normalise`] finds them.
struct LearnedEntity<'p> {
    plan: &'p mut FieldTable,
    side: Side,
    spans: Vec<ScalarSpan>,
    fields: Vec<FieldId>,
}

impl LearnedEntity<'_> {
    fn value(&mut self, cursor: &mut Cursor<'_>, node: u32, depth: usize) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        let shape = cursor.shape().ok()?;
        let mut is_empty = true;
        match shape {
            Shape::Object => {
                cursor.enter();
                while let Some((name, _)) = cursor.member(is_empty).ok()? {
                    is_empty = false;
                    let (child, again) = self.plan.child(self.side, node, name).ok()?;
                    if again {
                        return None;
                    }
                    self.value(cursor, child, depth + 1)?;
                }
            }
            Shape::Array => {
                cursor.enter();
                let mut position = 0usize;
                while cursor.element(is_empty).ok()? {
                    is_empty = false;
                    let (child, _) = self.plan.child(self.side, node, &position.to_string()).ok()?;
                    self.value(cursor, child, depth + 1)?;
                    position += 1;
                }
            }
            _ => {
                is_empty = false;
                self.spans.push(scalar(cursor, shape)?);
                self.fields.push(self.plan.field(self.side, node));
            }
        }
        (!is_empty).then_some(())
    }
}

/// The scalar at the cursor.
fn scalar(cursor: &mut Cursor<'_>, shape: Shape) -> Option<ScalarSpan> {
    let start = cursor.position();
    let has_escapes = match shape {
        Shape::String => cursor.string().ok()?.1,
        _ => {
            cursor.bare();
            false
        }
    };
    let bound = |at: usize| u32::try_from(at).ok();
    Some(ScalarSpan { start: bound(start)?, end: bound(cursor.position())?, shape, has_escapes })
}
