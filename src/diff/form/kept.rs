//! An entity's text, kept small: what stands between its scalars is kept once for all texts of its form.

use std::borrow::Cow;
use std::sync::Arc;

use crate::diff::form::{Form, Piece};

/// A text that can be had again as it was.
#[derive(Debug, Clone)]
pub struct Kept {
    /// `None`: no form is known, and the text is kept as it is.
    form: Option<Arc<Form>>,
    /// The scalars one after another, each with a line's end behind it, which no JSON scalar holds.
    words: Box<str>,
}

impl Kept {
    pub fn whole(text: &str) -> Self {
        Self { form: None, words: text.into() }
    }

    /// Keeps a text of this form and length, given its scalars' JSON.
    fn of<'t>(form: &Arc<Form>, length: usize, scalars: impl ExactSizeIterator<Item = &'t str>) -> Self {
        let mut words = String::with_capacity(length - form.length + scalars.len());
        for scalar in scalars {
            words.push_str(scalar);
            words.push('\n');
        }
        Self { form: Some(Arc::clone(form)), words: words.into() }
    }

    /// The text as it was.
    pub fn text(&self) -> Cow<'_, str> {
        let Some(form) = &self.form else { return Cow::Borrowed(&self.words) };
        let mut text = String::with_capacity(form.length + self.words.len());
        for (before, scalar) in form.before.iter().zip(self.words.split('\n')) {
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

/// The forms and scalars of a message's entities, for those that are to be kept.
#[derive(Debug, Clone, Default)]
pub struct Cuts {
    forms: Vec<Arc<Form>>,
    pieces: Vec<Piece>,
    /// Of each entity: its form, its first piece.
    entities: Vec<(u32, u32)>,
    /// Where the selected text begins in the one that the pieces count from.
    origin: usize,
}

impl Cuts {
    /// Nothing is known of the text at hand.
    pub fn clear(&mut self) {
        self.entities.clear();
    }

    pub(super) fn take<'f>(
        &mut self,
        origin: usize,
        forms: impl Iterator<Item = &'f Arc<Form>>,
        pieces: &[Piece],
        entities: impl Iterator<Item = (u32, u32)>,
    ) {
        self.origin = origin;
        self.forms.clear();
        self.forms.extend(forms.cloned());
        self.pieces.clear();
        self.pieces.extend_from_slice(pieces);
        self.entities.clear();
        self.entities.extend(entities);
    }

    /// Keeps an entity of the selected text, which stands at `span` of it.
    pub fn keep(&self, selected: &str, entity: usize, span: (u32, u32)) -> Kept {
        let known = self.entities.get(entity).and_then(|&(form, first)| {
            let form = &self.forms[form as usize];
            Some((form, self.pieces.get(first as usize..first as usize + form.before.len())?))
        });
        match known {
            Some((form, pieces)) => {
                let at = |place: u32| place as usize - self.origin;
                let length = (span.1 - span.0) as usize;
                Kept::of(form, length, pieces.iter().map(|piece| &selected[at(piece.start)..at(piece.end)]))
            }
            None => Kept::whole(&selected[span.0 as usize..span.1 as usize]),
        }
    }
}
