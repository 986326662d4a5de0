//! The form of a whole message or answer: an envelope around one entity, or around a list of them.

use std::borrow::Cow;
use std::sync::Arc;

use crate::diff::plan::{FieldId, Plan, Side};
use crate::diff::template::token::{BATCH_BYTES, BATCH_LEN, ParseToken, TokenIssuer};
use crate::diff::template::{Form, Piece, beyond, learn};

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
    /// Of the short texts tokenised ahead last, each in its token's slot.
    pub(super) preparsed: [Looked; BATCH_LEN],
    /// Of a text that is long, or was not tokenised ahead.
    pub(super) other: Looked,
    tokens: TokenIssuer,
}

/// What was found in a text.
#[derive(Debug, Default)]
pub(super) struct Looked {
    pub pieces: Vec<Piece>,
    entities: Vec<Fitted>,
    /// Where the entities are, if it fitted and nobody has had them.
    found: Option<Found>,
    /// The token issued for it, until it is used.
    pub token: Option<ParseToken>,
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
    /// Reads a text of the form; `None` where it has another one, or is no JSON. `token`: where the text was
    /// tokenised ahead.
    pub fn fit<'f, 't>(&'f mut self, text: &'t str, token: Option<ParseToken>) -> Option<Fit<'f, 't>> {
        let Self { known, misses, shared, preparsed, other, .. } = self;
        let looked = slot(preparsed, other, token, text);
        if token.is_none() || looked.token != token {
            looked.look(known.as_ref(), text);
        }
        *misses = if looked.found.is_some() { 0 } else { misses.saturating_add(1) };
        looked.token = None;
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

    /// Tokenises a text that has the form; with the token, [`Self::fit`] does not tokenise it again.
    pub fn preparse(&mut self, text: &str) -> Option<ParseToken> {
        let token = self.tokens.issue();
        let looked = slot(&mut self.preparsed, &mut self.other, Some(token), text);
        looked.look(self.known.as_ref(), text);
        looked.found?;
        looked.token = Some(token);
        looked.token
    }

    /// Takes the form of a text that did not fit and was read the long way.
    pub fn learn(&mut self, plan: &mut Plan, side: Side, text: &str, wanted: Wanted<'_, '_>) {
        if self.misses <= PATIENCE || self.misses.is_power_of_two() {
            self.known = learn::message(plan, side, text, wanted);
            // What was found in others has the old form.
            self.preparsed.iter_mut().chain([&mut self.other]).for_each(|looked| looked.token = None);
            let kinds = self.known.iter().flat_map(|known| known.kinds.iter());
            self.shared += kinds.map(|kind| kind.form.held()).sum::<usize>();
        }
    }
}

/// Where what is found in a text is kept.
fn slot<'l>(
    preparsed: &'l mut [Looked; BATCH_LEN],
    other: &'l mut Looked,
    token: Option<ParseToken>,
    text: &str,
) -> &'l mut Looked {
    match token {
        Some(token) if text.len() < BATCH_BYTES => &mut preparsed[token.slot()],
        _ => other,
    }
}

impl Looked {
    fn look(&mut self, known: Option<&Known>, text: &str) {
        self.token = None;
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
