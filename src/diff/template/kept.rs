//! An entity's texts, kept small, in the order in which they were said: what stands between the scalars is kept once
//! for all texts of a form, and the oldest make room for new ones.

use std::collections::VecDeque;
use std::num::NonZeroU64;
use std::sync::Arc;

use crate::diff::prefetch::prefetch;
use crate::diff::template::message::{Fitted, Kind};
use crate::diff::template::token::BATCH_BYTES;
use crate::diff::template::{Fit, Form, Piece};

/// So many forms the texts of one entity may share. What changes its form again and again is kept as it is.
const FORMS: usize = 8;

/// The texts that one side said of one entity, as far as they are still held. Where one is, [`Kept`] says.
#[derive(Debug, Clone, Default)]
pub struct Texts {
    bytes: VecDeque<u8>,
    /// How many bytes there were before the first that is held.
    gone: u64,
    forms: Vec<Arc<Form>>,
    /// Bytes held when some were last forgotten.
    left: usize,
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
        // The next one will be about as long.
        let (first, second) = self.bytes.as_slices();
        let last = if second.is_empty() { first } else { second };
        prefetch(last.as_ptr_range().end, words.len());
        kept
    }

    /// The number of a form among those that the texts share; `None` where they share enough.
    fn share(&mut self, form: &Arc<Form>) -> Option<u8> {
        let known = self.forms.iter().position(|known| Arc::ptr_eq(known, form));
        // One that was learned anew is another, and the same.
        let again = || {
            let number = self.forms.iter().position(|known| known == form)?;
            self.forms[number] = Arc::clone(form);
            Some(number)
        };
        let number = known.or_else(again).or_else(|| {
            let is_new = self.forms.len() < FORMS;
            is_new.then(|| self.forms.push(Arc::clone(form)))?;
            Some(self.forms.len() - 1)
        })?;
        u8::try_from(number).ok()
    }

    /// Whether there is an eighth more than when some were last forgotten: one text by itself is not worth the while.
    pub fn has_grown(&self) -> bool {
        self.bytes.len() > self.left + self.left / 8
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
        let count = usize::try_from(count).unwrap_or(usize::MAX).min(held);
        self.bytes.drain(..count);
        self.gone += count as u64;
        self.left = self.bytes.len();
        if self.bytes.is_empty() {
            self.forms.clear();
        }
        if self.bytes.capacity() > 1024.max(4 * self.bytes.len()) {
            self.bytes.shrink_to(2 * self.bytes.len());
        }
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
        if fit.pieces.capacity() > BATCH_BYTES && fit.text().len() < BATCH_BYTES {
            // Places for short texts are many, and should not have room for a long one each.
            *fit.pieces = Vec::new();
        }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What happens to an entity's texts.
    #[derive(Debug, Clone)]
    enum Step {
        Push(String),
        /// Of one of two forms, with these scalars.
        Scalars(bool, Vec<String>),
        TakeBack,
        /// Before one of those that were pushed; none: all.
        Forget(Option<prop::sample::Index>),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => "[a-zé]{0,40}".prop_map(Step::Push),
            4 => (any::<bool>(), prop::collection::vec("[a-zé0-9]{1,200}", 2)).prop_map(|(form, scalars)| Step::Scalars(form, scalars)),
            1 => Just(Step::TakeBack),
            1 => any::<Option<prop::sample::Index>>().prop_map(Step::Forget),
        ]
    }

    fn forms() -> [Arc<Form>; 2] {
        let form = |before: [&str; 2], after: &str| {
            let length = before[0].len() + before[1].len() + after.len();
            Arc::new(Form { before: before.map(Into::into).into(), after: after.into(), length })
        };
        [form(["{\"a\":", ",\"é\":"], "}"), form(["[", ","], "]")]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_not_forgotten_comes_back_as_it_was(steps in prop::collection::vec(step(), 1..60)) {
            let forms = forms();
            let mut texts = Texts::default();
            // Those pushed and not taken back; before `gone` they are forgotten.
            let mut pushed: Vec<(Kept, String)> = Vec::new();
            let mut gone = 0;
            for step in steps {
                match step {
                    Step::Push(text) => pushed.push((texts.push(&text), text)),
                    Step::Scalars(which, scalars) => {
                        let form = &forms[usize::from(which)];
                        let text = format!("{}{}{}{}{}", form.before[0], scalars[0], form.before[1], scalars[1], form.after);
                        let number = texts.share(form).unwrap();
                        let kept = texts.push_scalars(number, text.len(), scalars.iter().map(String::as_bytes));
                        pushed.push((kept, text));
                    }
                    Step::TakeBack => {
                        if let Some((kept, _)) = pushed.pop() {
                            texts.take_back(kept);
                        }
                    }
                    Step::Forget(before) => {
                        let before = before.filter(|_| !pushed.is_empty()).map(|before| before.index(pushed.len()));
                        texts.forget_before(before.map(|before| pushed[before].0));
                        gone = gone.max(before.unwrap_or(pushed.len()));
                    }
                }
                gone = gone.min(pushed.len());
                for (index, (kept, text)) in pushed.iter().enumerate() {
                    let held = texts.get(*kept);
                    prop_assert!(held.as_ref().is_none_or(|held| held == text), "{held:?} {text:?}");
                    prop_assert!(index < gone || held.is_some(), "{index} {text:?}");
                    // An empty one may stand where the first that is held begins.
                    prop_assert!(index >= gone || text.is_empty() || held.is_none(), "{index} {text:?}");
                }
            }
        }
    }

    #[test]
    fn a_form_that_is_learned_again_and_again_is_shared() {
        let mut texts = Texts::default();
        let numbers: Vec<_> = (0..3 * FORMS).map(|_| texts.share(&forms()[0])).collect();
        assert!(numbers.iter().all(|number| *number == Some(0)) && texts.share(&forms()[1]) == Some(1));
    }

    #[test]
    fn memory_does_not_grow_and_is_given_back() {
        let (mut texts, mut kept) = (Texts::default(), VecDeque::new());
        for round in 0..100_000 {
            if kept.len() == 64 {
                kept.pop_front();
                if texts.has_grown() {
                    texts.forget_before(kept.front().copied());
                }
            }
            kept.push_back(texts.push(&format!("{round:0100}")));
        }
        assert!(texts.get(kept[0]).is_some());
        assert!(texts.held() <= 73 * 100 && texts.bytes.capacity() < 2 * texts.held(), "{}", texts.held());
        texts.forget_before(None);
        assert_eq!((texts.held(), texts.bytes.capacity()), (0, 0));
    }
}
