//! An entity's text, kept small: what stands between its scalars is kept once for all texts of its form.

use std::borrow::Cow;
use std::sync::Arc;

use crate::diff::form::message::{Fitted, Kind};
use crate::diff::form::{Fit, Form, Piece};

/// A text that can be had again as it was.
#[derive(Debug, Clone, Default)]
pub struct Kept {
    /// `None`: no form is known, and the text is kept as it is.
    form: Option<Arc<Form>>,
    /// The scalars one after another, each with a line's end behind it, which no JSON scalar holds.
    words: Vec<u8>,
}

impl Kept {
    /// Keeps a text of which nothing is known.
    pub fn whole(text: &str) -> Self {
        Self { form: None, words: text.into() }
    }

    /// Keeps another text instead, one of this form and length, given where its scalars stand.
    fn fill<'t>(
        &mut self,
        form: &Arc<Form>,
        length: usize,
        scalars: impl ExactSizeIterator<Item = &'t [u8]>,
    ) {
        let length = length - form.length + scalars.len();
        self.words.clear();
        self.words.reserve_exact(length);
        self.words.resize(length, b'\n');
        let mut place = &mut *self.words;
        for scalar in scalars {
            let (word, rest) = place.split_at_mut(scalar.len() + 1);
            word[..scalar.len()].copy_from_slice(scalar);
            place = rest;
        }
        if !self.form.as_ref().is_some_and(|old| Arc::ptr_eq(old, form)) {
            self.form = Some(Arc::clone(form));
        }
    }

    /// The text as it was.
    pub fn text(&self) -> Cow<'_, str> {
        let words = String::from_utf8_lossy(&self.words);
        let Some(form) = &self.form else { return words };
        let mut text = String::with_capacity(form.length + words.len());
        for (before, scalar) in form.before.iter().zip(words.split('\n')) {
            text.push_str(before);
            text.push_str(scalar);
        }
        text.push_str(&form.after);
        Cow::Owned(text)
    }

    /// Bytes held for it alone.
    pub fn held(&self) -> usize {
        self.words.len()
    }
}

/// How a message's entities are cut into scalars, for those that are to be kept.
#[derive(Debug, Clone, Default)]
pub struct Cuts {
    kinds: Arc<[Kind]>,
    pieces: Vec<Piece>,
    entities: Vec<Fitted>,
    /// Where the selected text begins in the one that the pieces count from.
    origin: usize,
}

impl Cuts {
    /// Nothing is known of the text at hand.
    pub fn clear(&mut self) {
        self.entities.clear();
    }

    /// Takes over what a fit consists of, if texts may share its forms.
    pub fn take(&mut self, fit: Fit<'_, '_>) {
        if !fit.may_share {
            return self.clear();
        }
        std::mem::swap(&mut self.pieces, fit.pieces);
        std::mem::swap(&mut self.entities, fit.entities);
        if !Arc::ptr_eq(&self.kinds, &fit.known.kinds) {
            self.kinds = Arc::clone(&fit.known.kinds);
        }
        self.origin = fit.span.0;
    }

    /// Keeps an entity of the selected text, which stands at `span` of it, where `old` was.
    pub fn keep(&self, selected: &str, entity: usize, span: (u32, u32), old: Kept) -> Kept {
        let known = self.entities.get(entity).and_then(|entity| {
            let kind = &self.kinds[entity.kind];
            Some((&kind.form, self.pieces.get(entity.first..entity.first + kind.fields.len())?))
        });
        let Some((form, pieces)) = known else {
            return Kept::whole(&selected[span.0 as usize..span.1 as usize]);
        };
        let mut kept = old;
        let at = |place: u32| place as usize - self.origin;
        let scalars = pieces.iter().map(|piece| &selected.as_bytes()[at(piece.start)..at(piece.end)]);
        kept.fill(form, (span.1 - span.0) as usize, scalars);
        kept
    }
}
