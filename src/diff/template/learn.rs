//! Learns a form from a text that was read the long way. What is out of the ordinary has no form: names written
//! twice in an entity, empty lists and objects in one, an empty list of entities.

use std::sync::Arc;

use crate::diff::plan::{FieldId, Plan, ROOT, Side};
use crate::diff::template::message::{KINDS, Kind, Known, Place, Wanted};
use crate::diff::template::{Form, Piece};
use crate::json::cursor::{Cursor, MAX_DEPTH, Shape, offset};

/// The form of a message; `None` where it has none.
pub(super) fn message(plan: &mut Plan, side: Side, text: &str, wanted: Wanted<'_, '_>) -> Option<Known> {
    let start = offset(text, wanted.selected)?;
    let selected = (start, start + wanted.selected.len());
    let mut around = Around { selected, before: Vec::new(), after: Vec::new(), is_behind: false };
    let mut cursor = Cursor::new(text);
    around.value(&mut cursor, 0)?;
    if !around.is_behind {
        return None;
    }
    let list = entities(text, selected)?;
    let mut kinds: Vec<Kind> = Vec::new();
    let mut inside = Vec::new();
    for &(from, to) in &list.spans {
        plan.begin_row();
        for (name, _) in wanted.bound {
            plan.child(side, ROOT, name).ok()?;
        }
        let mut entity = Entity { plan, side, pieces: Vec::new(), fields: Vec::new() };
        let mut cursor = Cursor::at(text, from);
        entity.value(&mut cursor, ROOT, 0)?;
        let Entity { pieces, fields, .. } = entity;
        let form = Form::of(text, (from, to), &pieces);
        if !kinds.iter().any(|kind| *kind.form == form) {
            kinds.push(Kind { form: Arc::new(form), fields: fields.into() });
        }
        inside = pieces;
        if kinds.len() > KINDS {
            return None;
        }
    }
    let (first, last) = (list.spans.first()?.0, list.spans.last()?.1);
    let inside = if list.separator.is_none() { inside } else { Vec::new() };
    let place = |scalar: &Option<&str>| -> Option<Option<Place>> {
        let Some(scalar) = scalar else { return Some(None) };
        let start = offset(text, scalar)?;
        let among = |pieces: &[Piece]| pieces.iter().position(|piece| piece.start as usize == start);
        (among(&around.before).map(Place::Before))
            .or_else(|| among(&inside).map(Place::Inside))
            .or_else(|| among(&around.after).map(Place::After))
            .map(Some)
    };
    Some(Known {
        scalars: wanted.scalars.iter().map(place).collect::<Option<_>>()?,
        before: Form::of(text, (0, first), &around.before),
        after: Form::of(text, (last, text.len()), &around.after),
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
    before: Vec<Piece>,
    after: Vec<Piece>,
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
                let piece = piece(cursor, shape)?;
                if self.is_behind { self.after.push(piece) } else { self.before.push(piece) }
            }
        }
        Some(())
    }
}

/// The scalars of one entity and their fields, found as [`crate::diff::normalise`] finds them.
struct Entity<'p> {
    plan: &'p mut Plan,
    side: Side,
    pieces: Vec<Piece>,
    fields: Vec<FieldId>,
}

impl Entity<'_> {
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
                self.pieces.push(piece(cursor, shape)?);
                self.fields.push(self.plan.field(self.side, node));
            }
        }
        (!is_empty).then_some(())
    }
}

/// The scalar at the cursor.
fn piece(cursor: &mut Cursor<'_>, shape: Shape) -> Option<Piece> {
    let start = cursor.position();
    let has_escapes = match shape {
        Shape::String => cursor.string().ok()?.1,
        _ => {
            cursor.bare();
            false
        }
    };
    let bound = |at: usize| u32::try_from(at).ok();
    Some(Piece { start: bound(start)?, end: bound(cursor.position())?, shape, has_escapes })
}
