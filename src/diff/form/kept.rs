//! An entity's texts, kept small, in the order in which they were said: what stands between the scalars is kept once
//! for all texts of a form, and the oldest make room for new ones.

use std::collections::VecDeque;
use std::num::NonZeroU64;
use std::sync::Arc;

use crate::diff::form::message::{Fitted, Kind};
use crate::diff::form::{Fit, Form, Piece};

/// So many forms the texts of one entity may share. What changes its form again and again is kept as it is.
const FORMS: usize = 8;

/// The texts that one side said of one entity, as far as they are still held. Where one is, [`Kept`] says.
#[derive(Debug, Clone, Default)]
pub struct Texts {
    bytes: VecDeque<u8>,
    /// How many bytes there were before the first that is held.
    gone: u64,
    forms: Vec<Arc<Form>>,
    /// Bytes of the longest so far.
    longest: usize,
}

/// Where a text is among those of its entity: there it can be had as it was, until it is forgotten.
#[derive(Debug, Clone, Copy)]
pub struct Kept {
    start: u64,
    /// Its bytes, and in the lowest eight bits how it is written down: one word, so that both go in registers.
    length_and_how: NonZeroU64,
}

/// How a text is written down: as it was, or, above, as the scalars of a form, each with a line's end behind it,
/// which no JSON scalar holds.
const AS_IT_WAS: u8 = 1;

impl Kept {
    fn new(start: u64, length: usize, how: u8) -> Self {
        let length_and_how =
            NonZeroU64::new((length as u64) << 8 | u64::from(how)).unwrap_or(NonZeroU64::MIN);
        Self { start, length_and_how }
    }

    fn length(self) -> usize {
        (self.length_and_how.get() >> 8) as usize
    }

    fn how(self) -> u8 {
        self.length_and_how.get() as u8
    }
}

impl Texts {
    /// The text as it was; `None` where it is forgotten.
    pub fn get(&self, kept: Kept) -> Option<String> {
        let from = usize::try_from(kept.start.checked_sub(self.gone)?).ok()?;
        let words: Vec<u8> = self.bytes.range(from..from + kept.length()).copied().collect();
        let text = match kept.how().checked_sub(AS_IT_WAS + 1) {
            None => words,
            Some(form) => {
                let form = self.forms.get(usize::from(form))?;
                let mut text = Vec::with_capacity(form.length + words.len());
                for (before, scalar) in form.before.iter().zip(words.split(|byte| *byte == b'\n')) {
                    text.extend_from_slice(before.as_bytes());
                    text.extend_from_slice(scalar);
                }
                text.extend_from_slice(form.after.as_bytes());
                text
            }
        };
        String::from_utf8(text).ok()
    }

    /// Bytes held.
    pub fn held(&self) -> usize {
        self.bytes.len()
    }

    /// Takes a text of which nothing is known.
    pub fn push(&mut self, text: &str) -> Kept {
        self.push_as(AS_IT_WAS, text.as_bytes())
    }

    /// Takes a text of a form, given its length and its scalars.
    fn push_scalars<'t>(
        &mut self,
        form: u8,
        length: usize,
        scalars: impl ExactSizeIterator<Item = &'t [u8]>,
    ) -> Kept {
        const MOSTLY: usize = 256;
        let length = length - self.forms[usize::from(form)].length + scalars.len();
        let (mut near, mut far) = ([b'\n'; MOSTLY], Vec::new());
        let words = match near.get_mut(..length) {
            Some(words) => words,
            None => {
                far.resize(length, b'\n');
                &mut *far
            }
        };
        let mut place = &mut *words;
        for scalar in scalars {
            let (word, rest) = place.split_at_mut(scalar.len() + 1);
            word[..scalar.len()].copy_from_slice(scalar);
            place = rest;
        }
        self.push_as(AS_IT_WAS + 1 + form, words)
    }

    fn push_as(&mut self, how: u8, words: &[u8]) -> Kept {
        let kept = Kept::new(self.gone + self.bytes.len() as u64, words.len(), how);
        if self.bytes.capacity() - self.bytes.len() < words.len() {
            // By a quarter, not to twice as much: there are thousands of entities.
            self.bytes.reserve_exact(words.len() + self.bytes.len() / 4);
        }
        self.bytes.extend(words);
        self.longest = self.longest.max(words.len());
        kept
    }

    /// The number of a form among those that the texts share; `None` where they share enough.
    fn share(&mut self, form: &Arc<Form>) -> Option<u8> {
        let known = self.forms.iter().position(|known| Arc::ptr_eq(known, form));
        let number = known.or_else(|| {
            let is_new = self.forms.len() < FORMS;
            is_new.then(|| self.forms.push(Arc::clone(form)))?;
            Some(self.forms.len() - 1)
        })?;
        u8::try_from(number).ok()
    }

    /// Forgets the oldest where there are more than so many, if all were as long as the longest.
    pub fn make_room(&mut self, count: usize) {
        let room = count * self.longest;
        // Not for each text by itself.
        if self.bytes.len() > room + room / 8 {
            self.drop_first(self.bytes.len() - room);
        }
    }

    /// Takes back the newest.
    pub fn take_back(&mut self, newest: Kept) {
        if let Some(length) = newest.start.checked_sub(self.gone) {
            self.bytes.truncate(usize::try_from(length).unwrap_or(usize::MAX));
        }
    }

    /// Forgets all before this one; `None`: all.
    pub fn forget_before(&mut self, first: Option<Kept>) {
        let held = self.bytes.len();
        let count = first.map_or(held as u64, |first| first.start.saturating_sub(self.gone));
        self.drop_first(usize::try_from(count).unwrap_or(usize::MAX).min(held));
        if self.bytes.is_empty() {
            self.forms.clear();
        }
        if self.bytes.capacity() > 1024.max(4 * self.bytes.len()) {
            self.bytes.shrink_to(2 * self.bytes.len());
        }
    }

    fn drop_first(&mut self, count: usize) {
        self.bytes.drain(..count);
        self.gone += count as u64;
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

    /// Keeps an entity of the selected text, which stands at `span` of it.
    pub fn keep(&self, selected: &str, entity: usize, span: (u32, u32), texts: &mut Texts) -> Kept {
        let (from, to) = (span.0 as usize, span.1 as usize);
        let known = self.entities.get(entity).and_then(|entity| {
            let kind = &self.kinds[entity.kind];
            let pieces = self.pieces.get(entity.first..entity.first + kind.fields.len())?;
            Some((texts.share(&kind.form)?, pieces))
        });
        let Some((form, pieces)) = known else { return texts.push(&selected[from..to]) };
        let at = |place: u32| place as usize - self.origin;
        let scalars = pieces.iter().map(|piece| &selected.as_bytes()[at(piece.start)..at(piece.end)]);
        texts.push_scalars(form, to - from, scalars)
    }
}
