//! An entity's texts in a ring of bytes, oldest first. Texts of one template store only their scalars; the template is
//! stored once.

use std::collections::VecDeque;
use std::num::NonZeroU64;
use std::sync::Arc;

use crate::diff::prefetch::prefetch;
use crate::diff::template::message::{EntityTemplate, MatchedEntity};
use crate::diff::template::token::BATCH_BYTES;
use crate::diff::template::{ScalarSpan, Template, TemplateMatch};

/// Templates shared by the texts of one entity. Further texts are stored as they are.
const TEMPLATES: usize = 8;

/// The texts that one side sent of one entity, as far as they are still held; a [`TextId`] finds one.
#[derive(Debug, Clone, Default)]
pub struct TextRing {
    bytes: VecDeque<u8>,
    /// How many bytes there were before the first that is held.
    gone: u64,
    templates: Vec<Arc<Template>>,
    /// Bytes held when some were last forgotten.
    left: usize,
}

/// Finds a text in its entity's [`TextRing`], until it is forgotten.
#[derive(Debug, Clone, Copy)]
pub struct TextId {
    start: u64,
    /// Its bytes, and in the lowest eight bits how it is written down: one word, so that both go in registers.
    length_and_how: NonZeroU64,
}

/// How a text is stored: this value as it is; above, as the scalars of a template, each followed by a line feed, which
/// no JSON scalar contains.
const AS_IT_WAS: u8 = 1;

impl TextId {
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

impl TextRing {
    /// The text in full; `None` once it was dropped.
    pub fn get(&self, kept: TextId) -> Option<String> {
        let from = usize::try_from(kept.start.checked_sub(self.gone)?).ok()?;
        let words: Vec<u8> = self.bytes.range(from..from + kept.length()).copied().collect();
        let text = match kept.how().checked_sub(AS_IT_WAS + 1) {
            None => words,
            Some(template) => {
                let template = self.templates.get(usize::from(template))?;
                let mut text = Vec::with_capacity(template.length + words.len());
                for (before, scalar) in template.before.iter().zip(words.split(|byte| *byte == b'\n')) {
                    text.extend_from_slice(before.as_bytes());
                    text.extend_from_slice(scalar);
                }
                text.extend_from_slice(template.after.as_bytes());
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
    pub fn push(&mut self, text: &str) -> TextId {
        self.push_as(AS_IT_WAS, text.as_bytes())
    }

    /// Takes a text of a template, given its length and its scalars.
    fn push_scalars<'t>(
        &mut self,
        template: u8,
        length: usize,
        scalars: impl ExactSizeIterator<Item = &'t [u8]>,
    ) -> TextId {
        const MOSTLY: usize = 256;
        let length = length - self.templates[usize::from(template)].length + scalars.len();
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
        self.push_as(AS_IT_WAS + 1 + template, words)
    }

    fn push_as(&mut self, how: u8, words: &[u8]) -> TextId {
        let kept = TextId::new(self.gone + self.bytes.len() as u64, words.len(), how);
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

    /// The number of a template among those that the texts share; `None` where they share enough.
    fn share(&mut self, template: &Arc<Template>) -> Option<u8> {
        let known = self.templates.iter().position(|known| Arc::ptr_eq(known, template));
        // One that was learned anew is another, and the same.
        let again = || {
            let number = self.templates.iter().position(|known| known == template)?;
            self.templates[number] = Arc::clone(template);
            Some(number)
        };
        let number = known.or_else(again).or_else(|| {
            let is_new = self.templates.len() < TEMPLATES;
            is_new.then(|| self.templates.push(Arc::clone(template)))?;
            Some(self.templates.len() - 1)
        })?;
        u8::try_from(number).ok()
    }

    /// Whether the ring grew by an eighth since texts were last dropped: dropping them one by one would cost more.
    pub fn has_grown(&self) -> bool {
        self.bytes.len() > self.left + self.left / 8
    }

    /// Takes back the newest.
    pub fn take_back(&mut self, newest: TextId) {
        if let Some(length) = newest.start.checked_sub(self.gone) {
            self.bytes.truncate(usize::try_from(length).unwrap_or(usize::MAX));
        }
    }

    /// Forgets all before this one; `None`: all.
    pub fn forget_before(&mut self, first: Option<TextId>) {
        let held = self.bytes.len();
        let count = first.map_or(held as u64, |first| first.start.saturating_sub(self.gone));
        let count = usize::try_from(count).unwrap_or(usize::MAX).min(held);
        self.bytes.drain(..count);
        self.gone += count as u64;
        self.left = self.bytes.len();
        if self.bytes.is_empty() {
            self.templates.clear();
        }
        if self.bytes.capacity() > 1024.max(4 * self.bytes.len()) {
            self.bytes.shrink_to(2 * self.bytes.len());
        }
    }
}

/// How a message's entities are cut into scalars, for those that are to be kept.
#[derive(Debug, Clone, Default)]
pub struct TemplateSpans {
    kinds: Arc<[EntityTemplate]>,
    spans: Vec<ScalarSpan>,
    entities: Vec<MatchedEntity>,
    /// Where the selected text begins in the one that the spans count from.
    origin: usize,
}

impl TemplateSpans {
    /// Nothing is known of the text at hand.
    pub fn clear(&mut self) {
        self.entities.clear();
    }

    /// Takes over what a fit consists of, if texts may share its templates.
    pub fn take(&mut self, fit: TemplateMatch<'_, '_>) {
        if !fit.may_share {
            return self.clear();
        }
        std::mem::swap(&mut self.spans, fit.spans);
        if fit.spans.capacity() > BATCH_BYTES && fit.text().len() < BATCH_BYTES {
            // Places for short texts are many, and should not have room for a long one each.
            *fit.spans = Vec::new();
        }
        std::mem::swap(&mut self.entities, fit.entities);
        if !Arc::ptr_eq(&self.kinds, &fit.known.kinds) {
            self.kinds = Arc::clone(&fit.known.kinds);
        }
        self.origin = fit.span.0;
    }

    /// Keeps an entity of the selected text, which stands at `span` of it.
    pub fn keep(&self, selected: &str, entity: usize, span: (u32, u32), texts: &mut TextRing) -> TextId {
        let (from, to) = (span.0 as usize, span.1 as usize);
        let known = self.entities.get(entity).and_then(|entity| {
            let kind = &self.kinds[entity.kind];
            let spans = self.spans.get(entity.first..entity.first + kind.fields.len())?;
            Some((texts.share(&kind.template)?, spans))
        });
        let Some((template, spans)) = known else { return texts.push(&selected[from..to]) };
        let at = |place: u32| place as usize - self.origin;
        let scalars = spans.iter().map(|scalar| &selected.as_bytes()[at(scalar.start)..at(scalar.end)]);
        texts.push_scalars(template, to - from, scalars)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What happens to an entity's texts.
    #[derive(Debug, Clone)]
    enum RingStep {
        Push(String),
        /// Of one of two templates, with these scalars.
        Scalars(bool, Vec<String>),
        TakeBack,
        /// Before one of those that were pushed; none: all.
        Forget(Option<prop::sample::Index>),
    }

    fn step() -> impl Strategy<Value = RingStep> {
        prop_oneof![
            4 => "[a-zé]{0,40}".prop_map(RingStep::Push),
            4 => (any::<bool>(), prop::collection::vec("[a-zé0-9]{1,200}", 2)).prop_map(|(template, scalars)| RingStep::Scalars(template, scalars)),
            1 => Just(RingStep::TakeBack),
            1 => any::<Option<prop::sample::Index>>().prop_map(RingStep::Forget),
        ]
    }

    fn templates() -> [Arc<Template>; 2] {
        let template = |before: [&str; 2], after: &str| {
            let length = before[0].len() + before[1].len() + after.len();
            Arc::new(Template { before: before.map(Into::into).into(), after: after.into(), length })
        };
        [template(["{\"a\":", ",\"é\":"], "}"), template(["[", ","], "]")]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_not_forgotten_comes_back_as_it_was(steps in prop::collection::vec(step(), 1..60)) {
            let templates = templates();
            let mut texts = TextRing::default();
            // Those pushed and not taken back; before `gone` they are forgotten.
            let mut pushed: Vec<(TextId, String)> = Vec::new();
            let mut gone = 0;
            for step in steps {
                match step {
                    RingStep::Push(text) => pushed.push((texts.push(&text), text)),
                    RingStep::Scalars(which, scalars) => {
                        let template = &templates[usize::from(which)];
                        let text = format!("{}{}{}{}{}", template.before[0], scalars[0], template.before[1], scalars[1], template.after);
                        let number = texts.share(template).unwrap();
                        let kept = texts.push_scalars(number, text.len(), scalars.iter().map(String::as_bytes));
                        pushed.push((kept, text));
                    }
                    RingStep::TakeBack => {
                        if let Some((kept, _)) = pushed.pop() {
                            texts.take_back(kept);
                        }
                    }
                    RingStep::Forget(before) => {
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
        let mut texts = TextRing::default();
        let numbers: Vec<_> = (0..3 * TEMPLATES).map(|_| texts.share(&templates()[0])).collect();
        assert!(numbers.iter().all(|number| *number == Some(0)) && texts.share(&templates()[1]) == Some(1));
    }

    #[test]
    fn memory_does_not_grow_and_is_given_back() {
        let (mut texts, mut kept) = (TextRing::default(), VecDeque::new());
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
