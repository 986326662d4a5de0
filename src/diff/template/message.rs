//! The form of a whole message or answer: an envelope around one entity, or around a list of them.

use std::borrow::Cow;
use std::sync::Arc;

use crate::diff::plan::{FieldId, Plan, Side};
use crate::diff::template::{Form, Piece, beyond, learn};
use crate::model::observation::{AT_ONCE, Mark, Marks, NEAR, Payload};

/// Kinds of entities in one list: optional members make more than one. A list of more is read the long way.
pub(super) const KINDS: usize = 4;
/// After so many misses in a row, learning gets rarer: what is written anew each time has no form.
const PATIENCE: u32 = 8;

/// Bytes of forms that one source's texts share at most. What changes its form again and again is kept as it is.
pub(super) const SHARED: usize = 1 << 20;

/// What is read of each message besides its entities, as found in the text to learn from.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'w, 't> {
    /// The selected text: an entity, or a list of them.
    pub selected: &'t str,
    /// Scalars wherever they stand; `None` where there is none.
    pub scalars: &'w [Option<&'t str>],
    /// Members of every entity that stand outside the text.
    pub bound: &'w [(Cow<'t, str>, Cow<'t, str>)],
}

/// The form that messages from one source last had, and what those consist of that were looked at last.
#[derive(Debug, Default)]
pub struct MessageForm {
    known: Option<Known>,
    misses: u32,
    /// Bytes of all forms so far; texts may still share them.
    shared: usize,
    /// Of the texts recognised last that are not long, each in the place of its mark.
    pub(super) recognised: [Looked; AT_ONCE],
    /// Of a text that is long, or was not recognised before it was read.
    pub(super) other: Looked,
    marks: Marks,
}

/// What was found in a text.
#[derive(Debug, Default)]
pub(super) struct Looked {
    pub pieces: Vec<Piece>,
    entities: Vec<Fitted>,
    /// Where the entities are, if it fitted and nobody has had them.
    found: Option<Found>,
    /// What it was given to bear.
    pub mark: Option<Mark>,
}

#[derive(Debug, Clone, Copy)]
struct Found {
    /// Of the selected text.
    span: (usize, usize),
    /// The first piece after the entities.
    after: usize,
}

#[derive(Debug, Clone)]
pub(super) struct Known {
    pub before: Form,
    pub kinds: Arc<[Kind]>,
    /// Between two entities of a list; `None`: there is one, and no list.
    pub separator: Option<Box<str>>,
    pub after: Form,
    /// From the beginning of the selected text to the first entity, from the last one to its end.
    pub margins: (usize, usize),
    pub scalars: Vec<Option<Place>>,
}

/// One form of an entity, and the field of each of its scalars.
#[derive(Debug, Clone)]
pub(super) struct Kind {
    pub form: Arc<Form>,
    pub fields: Box<[FieldId]>,
}

/// Where a wanted scalar stands.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    Before(usize),
    /// In the only entity.
    Inside(usize),
    After(usize),
}

/// An entity of the text: its kind, its first piece, its span in the text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fitted {
    pub kind: usize,
    pub first: usize,
    span: (usize, usize),
}

/// A text that has the form.
#[derive(Debug)]
pub struct Fit<'f, 't> {
    text: &'t str,
    pub(super) known: &'f Known,
    pub(super) pieces: &'f mut Vec<Piece>,
    pub(super) entities: &'f mut Vec<Fitted>,
    /// Whether texts that are kept may share its forms.
    pub(super) may_share: bool,
    /// Of the selected text.
    pub span: (usize, usize),
    /// The first piece after the entities.
    after: usize,
}

impl MessageForm {
    /// Reads a text of the form; `None` where it has another one, or is no JSON.
    pub fn fit<'f, 't>(&'f mut self, text: &'t Payload<'_>) -> Option<Fit<'f, 't>> {
        let Self { known, misses, shared, recognised, other, .. } = self;
        let looked = place(recognised, other, text.mark(), text);
        if text.mark().is_none() || looked.mark != text.mark() {
            looked.look(known.as_ref(), text);
        }
        *misses = if looked.found.is_some() { 0 } else { misses.saturating_add(1) };
        looked.mark = None;
        let Found { span, after } = looked.found.take()?;
        Some(Fit {
            text,
            known: known.as_ref()?,
            pieces: &mut looked.pieces,
            entities: &mut looked.entities,
            may_share: *shared <= SHARED,
            span,
            after,
        })
    }

    /// Whether a text has the form; if so it may bear the mark, and is not looked at again.
    pub fn recognise(&mut self, text: &str) -> Option<Mark> {
        let mark = self.marks.another();
        let looked = place(&mut self.recognised, &mut self.other, Some(mark), text);
        looked.look(self.known.as_ref(), text);
        looked.found?;
        looked.mark = Some(mark);
        looked.mark
    }

    /// Takes the form of a text that did not fit and was read the long way.
    pub fn learn(&mut self, plan: &mut Plan, side: Side, text: &str, wanted: Wanted<'_, '_>) {
        if self.misses <= PATIENCE || self.misses.is_power_of_two() {
            self.known = learn::message(plan, side, text, wanted);
            // What was found in others has the old form.
            self.recognised.iter_mut().chain([&mut self.other]).for_each(|looked| looked.mark = None);
            let kinds = self.known.iter().flat_map(|known| known.kinds.iter());
            self.shared += kinds.map(|kind| kind.form.held()).sum::<usize>();
        }
    }
}

/// Where a text is looked at.
fn place<'l>(
    recognised: &'l mut [Looked; AT_ONCE],
    other: &'l mut Looked,
    mark: Option<Mark>,
    text: &str,
) -> &'l mut Looked {
    match mark {
        Some(mark) if text.len() < NEAR => &mut recognised[mark.place(AT_ONCE)],
        _ => other,
    }
}

impl Looked {
    fn look(&mut self, known: Option<&Known>, text: &str) {
        self.mark = None;
        self.entities.clear();
        self.pieces.clear();
        self.found = known.and_then(|known| {
            let from = known.before.fit(text, 0, &mut self.pieces)?;
            let to = known.entities(text, from, &mut self.pieces, &mut self.entities)?;
            let after = self.pieces.len();
            let end = known.after.fit(text, to, &mut self.pieces)?;
            let span = (from - known.margins.0, to + known.margins.1);
            (end == text.len()).then_some(Found { span, after })
        });
    }
}

impl Known {
    fn entities(
        &self,
        text: &str,
        mut at: usize,
        pieces: &mut Vec<Piece>,
        entities: &mut Vec<Fitted>,
    ) -> Option<usize> {
        let mut kind = 0;
        loop {
            let (first, start) = (pieces.len(), at);
            // Neighbours are mostly of one kind.
            (kind, at) = (kind..self.kinds.len()).chain(0..kind).find_map(|kind| {
                pieces.truncate(first);
                Some((kind, self.kinds[kind].form.fit(text, at, pieces)?))
            })?;
            entities.push(Fitted { kind, first, span: (start, at) });
            match &self.separator {
                Some(separator) => match beyond(text.as_bytes(), at, separator) {
                    Some(next) => at = next,
                    None => return Some(at),
                },
                None => return Some(at),
            }
        }
    }
}

impl<'f, 't> Fit<'f, 't> {
    pub fn text(&self) -> &'t str {
        self.text
    }

    /// Each entity: the fields of its scalars, the scalars, its span in the text.
    pub fn entities(&self) -> impl Iterator<Item = (&[FieldId], &[Piece], (usize, usize))> {
        self.entities.iter().map(|entity| {
            let fields = &*self.known.kinds[entity.kind].fields;
            (fields, &self.pieces[entity.first..entity.first + fields.len()], entity.span)
        })
    }

    /// The JSON of a wanted scalar, in the order in which they were wanted.
    pub fn scalar(&self, index: usize) -> Option<&'t str> {
        let place = match (*self.known.scalars.get(index)?)? {
            Place::Before(place) => place,
            Place::Inside(place) => self.entities.first()?.first + place,
            Place::After(place) => self.after + place,
        };
        Some(self.pieces.get(place)?.json(self.text))
    }
}
