//! The template of a whole message or answer: an envelope around one entity, or around a list of entities.

use std::sync::Arc;

use crate::diff::field_table::{FieldId, FieldTable, Side};
use crate::diff::template::token::{BATCH_BYTES, BATCH_LEN, ParseToken, TokenIssuer};
use crate::diff::template::{ScalarSpan, Template, beyond, learn};

/// Entity templates per list: optional members make more than one. A list with more is read without a template.
pub(super) const KINDS: usize = 4;
/// After this many misses in a row learning gets rarer: such a stream has no layout of its own.
const PATIENCE: u32 = 8;

/// Bytes of templates that one source's stored texts may share. Beyond that texts are stored as they are.
pub(super) const SHARED: usize = 1 << 20;

/// What is read of each message besides its entities, as found in the text to learn from.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'w, 't> {
    /// The selected text: an entity, or a list of them.
    pub selected: &'t str,
    /// Scalars wherever they stand; `None` where there is none.
    pub scalars: &'w [Option<&'t str>],
}

/// The template of one source's newest messages, and the tokens of those that were tokenised last.
#[derive(Debug, Default)]
pub struct MessageTemplate {
    known: Option<LearnedTemplate>,
    misses: u32,
    /// Bytes of all templates so far; texts may still share them.
    shared: usize,
    /// Of the short texts tokenised ahead last, each in its token's slot.
    pub(super) preparsed: [TokenisedText; BATCH_LEN],
    /// Of a text that is long, or was not tokenised ahead.
    pub(super) other: TokenisedText,
    tokens: TokenIssuer,
}

/// What was found in a text.
#[derive(Debug, Default)]
pub(super) struct TokenisedText {
    pub spans: Vec<ScalarSpan>,
    entities: Vec<MatchedEntity>,
    /// Where the entities are, if the text fitted and they were not taken yet.
    found: Option<EntityRange>,
    /// The token issued for it, until it is used.
    pub token: Option<ParseToken>,
}

#[derive(Debug, Clone, Copy)]
struct EntityRange {
    /// Of the selected text.
    span: (usize, usize),
    /// The first scalar after the entities.
    after: usize,
}

#[derive(Debug, Clone)]
pub(super) struct LearnedTemplate {
    pub before: Template,
    pub kinds: Arc<[EntityTemplate]>,
    /// Between two entities of a list; `None`: there is one, and no list.
    pub separator: Option<Box<str>>,
    pub after: Template,
    /// From the beginning of the selected text to the first entity, from the last one to its end.
    pub margins: (usize, usize),
    pub scalars: Vec<Option<ScalarPlace>>,
}

/// One template of an entity, and the field of each of its scalars.
#[derive(Debug, Clone)]
pub(super) struct EntityTemplate {
    pub template: Arc<Template>,
    pub fields: Box<[FieldId]>,
}

/// Where a wanted scalar stands.
#[derive(Debug, Clone, Copy)]
pub(super) enum ScalarPlace {
    Before(usize),
    /// In the only entity.
    Inside(usize),
    After(usize),
}

/// An entity of the text: its kind, its first scalar, its span in the text.
#[derive(Debug, Clone, Copy)]
pub(super) struct MatchedEntity {
    pub kind: usize,
    pub first: usize,
    span: (usize, usize),
}

/// A text that fits the template, with its tokens.
#[derive(Debug)]
pub struct TemplateMatch<'f, 't> {
    text: &'t str,
    pub(super) known: &'f LearnedTemplate,
    pub(super) spans: &'f mut Vec<ScalarSpan>,
    pub(super) entities: &'f mut Vec<MatchedEntity>,
    /// Whether texts that are kept may share its templates.
    pub(super) may_share: bool,
    /// Of the selected text.
    pub span: (usize, usize),
    /// The first scalar after the entities.
    after: usize,
}

impl MessageTemplate {
    /// Reads a text of the template; `None` where it has another one, or is no JSON. `token`: where the text was
    /// tokenised ahead.
    pub fn fit<'f, 't>(
        &'f mut self,
        text: &'t str,
        token: Option<ParseToken>,
    ) -> Option<TemplateMatch<'f, 't>> {
        let Self { known, misses, shared, preparsed, other, .. } = self;
        let tokenised = slot(preparsed, other, token, text);
        if token.is_none() || tokenised.token != token {
            tokenised.tokenise(known.as_ref(), text);
        }
        *misses = if tokenised.found.is_some() { 0 } else { misses.saturating_add(1) };
        tokenised.token = None;
        let EntityRange { span, after } = tokenised.found.take()?;
        Some(TemplateMatch {
            text,
            known: known.as_ref()?,
            spans: &mut tokenised.spans,
            entities: &mut tokenised.entities,
            may_share: *shared <= SHARED,
            span,
            after,
        })
    }

    /// Tokenises a text that has the template; with the token, [`Self::fit`] does not tokenise it again.
    pub fn preparse(&mut self, text: &str) -> Option<ParseToken> {
        let token = self.tokens.issue();
        let tokenised = slot(&mut self.preparsed, &mut self.other, Some(token), text);
        tokenised.tokenise(self.known.as_ref(), text);
        tokenised.found?;
        tokenised.token = Some(token);
        tokenised.token
    }

    /// Takes the template of a text that did not fit and was read without one.
    pub fn learn(&mut self, plan: &mut FieldTable, side: Side, text: &str, wanted: Wanted<'_, '_>) {
        if self.misses <= PATIENCE || self.misses.is_power_of_two() {
            self.known = learn::message(plan, side, text, wanted);
            // Tokens issued so far belong to the old template.
            self.preparsed.iter_mut().chain([&mut self.other]).for_each(|tokenised| tokenised.token = None);
            let kinds = self.known.iter().flat_map(|known| known.kinds.iter());
            self.shared += kinds.map(|kind| kind.template.held()).sum::<usize>();
        }
    }
}

/// Where a text's tokens go.
fn slot<'l>(
    preparsed: &'l mut [TokenisedText; BATCH_LEN],
    other: &'l mut TokenisedText,
    token: Option<ParseToken>,
    text: &str,
) -> &'l mut TokenisedText {
    match token {
        Some(token) if text.len() < BATCH_BYTES => &mut preparsed[token.slot()],
        _ => other,
    }
}

impl TokenisedText {
    fn tokenise(&mut self, known: Option<&LearnedTemplate>, text: &str) {
        self.token = None;
        self.entities.clear();
        self.spans.clear();
        self.found = known.and_then(|known| {
            let from = known.before.fit(text, 0, &mut self.spans)?;
            let to = known.entities(text, from, &mut self.spans, &mut self.entities)?;
            let after = self.spans.len();
            let end = known.after.fit(text, to, &mut self.spans)?;
            let span = (from - known.margins.0, to + known.margins.1);
            (end == text.len()).then_some(EntityRange { span, after })
        });
    }
}

impl LearnedTemplate {
    fn entities(
        &self,
        text: &str,
        mut at: usize,
        spans: &mut Vec<ScalarSpan>,
        entities: &mut Vec<MatchedEntity>,
    ) -> Option<usize> {
        let mut kind = 0;
        loop {
            let (first, start) = (spans.len(), at);
            // Neighbours are mostly of one kind.
            (kind, at) = (kind..self.kinds.len()).chain(0..kind).find_map(|kind| {
                spans.truncate(first);
                Some((kind, self.kinds[kind].template.fit(text, at, spans)?))
            })?;
            entities.push(MatchedEntity { kind, first, span: (start, at) });
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

impl<'f, 't> TemplateMatch<'f, 't> {
    pub fn text(&self) -> &'t str {
        self.text
    }

    /// Each entity: the fields of its scalars, the scalars, its span in the text.
    pub fn entities(&self) -> impl Iterator<Item = (&[FieldId], &[ScalarSpan], (usize, usize))> {
        self.entities.iter().map(|entity| {
            let fields = &*self.known.kinds[entity.kind].fields;
            (fields, &self.spans[entity.first..entity.first + fields.len()], entity.span)
        })
    }

    /// The JSON of a wanted scalar, in the order in which they were wanted.
    pub fn scalar(&self, index: usize) -> Option<&'t str> {
        let place = match (*self.known.scalars.get(index)?)? {
            ScalarPlace::Before(place) => place,
            ScalarPlace::Inside(place) => self.entities.first()?.first + place,
            ScalarPlace::After(place) => self.after + place,
        };
        Some(self.spans.get(place)?.json(self.text))
    }
}
