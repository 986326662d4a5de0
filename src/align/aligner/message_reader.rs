//! Which message is the feature's, and what it says.

use std::borrow::Cow;
use std::collections::VecDeque;

use crate::diff::field_table::{FieldTable, Side};
use crate::diff::normalise::{self, Batch};
use crate::diff::template::{MessageTemplate, ParseToken, Wanted};
use crate::frames::{EntityReader, Hole, Sequence, Told};
use crate::json::cursor::{self, Malformed, offset, plain_text};
use crate::json::locate::locate;
use crate::json::pointer::Pointer;
use crate::model::feature::{Carries, Feature, WsSource};
use crate::model::observation::Payload;
use crate::model::time::Nanos;

/// Reads the messages of one feature's sources.
#[derive(Debug)]
pub(super) struct MessageReader {
    sources: Vec<WsSource>,
    /// Of each of the sources.
    places: Vec<Places>,
    /// What their messages amount to, between them.
    entities: EntityReader,
    /// Rows of the present message that it takes away.
    removals: Vec<usize>,
    /// Parts that came before the state that they are parts of.
    early: VecDeque<EarlyPart>,
}

/// A part of a state that REST has not told yet.
#[derive(Debug)]
pub(super) struct EarlyPart {
    pub source: usize,
    pub kind: String,
    pub selected: String,
}

/// Early parts that are kept, the newest of them.
const MAX_EARLY: usize = 1_024;

impl MessageReader {
    pub fn of(feature: &Feature) -> Self {
        Self {
            sources: feature.ws.clone(),
            places: feature.ws.iter().map(Places::of).collect(),
            entities: EntityReader::of(feature),
            removals: Vec::new(),
            early: VecDeque::new(),
        }
    }

    /// On another connection the streams count anew.
    pub fn begin_anew(&mut self) {
        self.early.clear();
        self.places.iter_mut().for_each(Places::begin_anew);
    }

    /// Whether a source takes messages of any type, and those without one.
    pub fn hear_all(&self) -> bool {
        self.sources.iter().any(WsSource::hears_all)
    }

    pub fn preparse(&mut self, kind: &str, text: &str) -> Option<ParseToken> {
        let sources = self.sources.iter().zip(&mut self.places);
        let mut ours = sources.filter(|(source, _)| source.hears(kind));
        ours.find_map(|(_, places)| places.template.preparse(text))
    }

    /// Reads a message's entities into `batch`, by the first of the sources of its type whose filters let it pass;
    /// `None`: there is none of its type.
    pub fn read<'t>(
        &mut self,
        plan: &mut FieldTable,
        kind: &str,
        frame: &'t Payload<'_>,
        token: Option<ParseToken>,
        batch: &mut Batch,
    ) -> Option<Result<Read<'t>, Malformed>> {
        let mut read = None;
        for (index, (source, places)) in self.sources.iter().zip(&mut self.places).enumerate() {
            if !source.hears(kind) {
                continue;
            }
            match places.read(plan, frame, token, batch) {
                Ok(None) => read = Some(Ok(Read::Filtered)),
                Ok(Some(FoundMessage { span, clock, sequence })) => {
                    let whole = source.carries == Carries::Snapshot;
                    return Some(Ok(Read::Rows { span, whole, clock, source: index, sequence }));
                }
                Err(malformed) => return Some(Err(malformed)),
            }
        }
        read
    }

    /// Whether a source's messages are parts of entities, or what these are merged into, or take some away.
    pub fn has_parts(&self, source: usize) -> bool {
        self.entities.concerns(&self.sources[source])
    }

    /// Whether a source's messages are parts of a state that REST has not told yet.
    pub fn waits_for_answer(&self, source: usize) -> bool {
        self.entities.waits_for_answer(&self.sources[source])
    }

    /// Makes partial entities whole and tells which are gone.
    ///
    /// # Errors
    /// Where an entity is nested too deep to be merged, or is no JSON.
    pub fn make_whole<'t>(
        &mut self,
        plan: &mut FieldTable,
        source: usize,
        kind: &str,
        selected: &'t str,
        batch: &mut Batch,
    ) -> Result<Cow<'t, str>, Malformed> {
        let Told { text, gone } = self.entities.take(&self.sources[source], kind, selected)?;
        if self.sources[source].carries == Carries::Snapshot {
            // It has what the parts before it said.
            self.early.clear();
        }
        if let Cow::Owned(whole) = &text {
            normalise::read(plan, Side::Ws, whole, &[], batch)?;
        }
        self.removals = gone;
        Ok(text)
    }

    /// Takes REST's word as what parts are merged into.
    pub fn begin_with(&mut self, answer: &str) {
        self.entities.begin_with(answer);
    }

    /// Keeps a part until REST has told the state of the beginning.
    pub fn keep_early(&mut self, part: EarlyPart) {
        if self.early.len() == MAX_EARLY {
            self.early.pop_front();
        }
        self.early.push_back(part);
    }

    /// REST has told its state of the beginning. Returns the parts that came before: what the stream said of a field is
    /// on the screen, whatever REST says of it.
    pub fn answered(&mut self) -> Vec<EarlyPart> {
        self.entities.answered();
        self.early.drain(..).collect()
    }

    /// Places of the rows that the present message takes away.
    pub fn removals(&self) -> &[usize] {
        &self.removals
    }

    pub fn takes_away(&self, row: usize) -> bool {
        self.removals.contains(&row)
    }

    pub fn forget_removals(&mut self) {
        self.removals.clear();
    }

    /// Follows the stream's own numbers.
    pub fn count(&mut self, source: usize, number: Option<&str>, at: Nanos) -> Numbering {
        if self.sources[source].sequence.is_none() {
            return Numbering::Followed;
        }
        match number.and_then(|number| plain_text(number).parse().ok()) {
            Some(number) => {
                self.places[source].sequence.take(number, at).map_or(Numbering::Followed, Numbering::Missing)
            }
            None => Numbering::Unnumbered,
        }
    }
}

/// What a message's number says of those before it.
pub(super) enum Numbering {
    /// None is missing, or messages have no numbers.
    Followed,
    Missing(Hole),
    /// It has no number, where messages of its source have one.
    Unnumbered,
}

/// Where a source's messages have what is needed of them.
#[derive(Debug)]
struct Places {
    /// Of the entities, of what is filtered by, of the server's clock where there is one.
    pointers: Vec<Pointer>,
    /// What must stand there for the message to be ours.
    wanted: Vec<String>,
    /// Which of the pointers lead to the server's clock and to the message's number.
    clock: Option<usize>,
    number: Option<usize>,
    /// Whether what has nothing to select is no message of this source rather than a broken one.
    hears_all: bool,
    template: MessageTemplate,
    sequence: Sequence,
}

impl Places {
    fn of(source: &WsSource) -> Self {
        let filters = source.filter.keys().map(|name| name.parse().unwrap_or_default());
        let mut pointers: Vec<Pointer> = std::iter::once(source.select.clone()).chain(filters).collect();
        let mut also = |pointer: &Option<Pointer>| {
            pointer.clone().map(|pointer| {
                pointers.push(pointer);
                pointers.len() - 2
            })
        };
        let (clock, number) = (also(&source.clock), also(&source.sequence));
        Self {
            pointers,
            wanted: source.filter.values().map(ToString::to_string).collect(),
            clock,
            number,
            hears_all: source.hears_all(),
            template: MessageTemplate::default(),
            sequence: Sequence::default(),
        }
    }

    /// On another connection the stream counts anew.
    fn begin_anew(&mut self) {
        self.sequence.forget();
    }

    /// Reads a message's entities into `batch`. Returns where they are and what stands beside them, or `None` where the
    /// filters do not let it pass.
    fn read<'t>(
        &mut self,
        plan: &mut FieldTable,
        frame: &'t Payload<'_>,
        token: Option<ParseToken>,
        batch: &mut Batch,
    ) -> Result<Option<FoundMessage<'t>>, Malformed> {
        if let Some(fit) = self.template.fit(frame, token) {
            if !pass(&self.wanted, |index| fit.scalar(index)) {
                return Ok(None);
            }
            let (span, scalar) = (fit.span, |place: Option<usize>| fit.scalar(place?));
            let (clock, sequence) = (scalar(self.clock), scalar(self.number));
            normalise::read_match(plan, Side::Ws, fit, &[], batch)?;
            return Ok(Some(FoundMessage { span, clock, sequence }));
        }
        check(frame)?;
        let found = locate(frame, &self.pointers)?;
        let (selected, scalars) = (found[0], &found[1..]);
        if !pass(&self.wanted, |index| scalars[index]) {
            return Ok(None);
        }
        let Some((selected, start)) =
            selected.and_then(|selected| Some((selected, offset(frame, selected)?)))
        else {
            if self.hears_all {
                return Ok(None);
            }
            return Err(Malformed(format!("no {} in the message", self.pointers[0])));
        };
        normalise::read(plan, Side::Ws, selected, &[], batch)?;
        self.template.learn(plan, Side::Ws, frame, Wanted { selected, scalars });
        let scalar = |place: Option<usize>| scalars[place?];
        let span = (start, start + selected.len());
        Ok(Some(FoundMessage { span, clock: scalar(self.clock), sequence: scalar(self.number) }))
    }
}

/// Whether the filters let pass what was found beside the entities.
fn pass<'t>(wanted: &[String], found: impl Fn(usize) -> Option<&'t str>) -> bool {
    let stands = |(index, wanted): (usize, &String)| {
        found(index).is_some_and(|found| plain_text(found) == wanted.as_str())
    };
    wanted.iter().enumerate().all(stands)
}

/// Whether a frame is JSON, unless that is known already.
pub(in crate::align) fn check(frame: &Payload<'_>) -> Result<(), Malformed> {
    if frame.is_json() == Some(true) { Ok(()) } else { cursor::validate(frame) }
}

/// Of a part of a text, in bytes.
type Span = (usize, usize);

/// What a message has for its source.
struct FoundMessage<'t> {
    /// Of the selected text in the message.
    span: Span,
    clock: Option<&'t str>,
    sequence: Option<&'t str>,
}

/// A message of the feature's.
pub(super) enum Read<'t> {
    Filtered,
    /// With the server's clock where it says so.
    Rows {
        /// Of the selected text in the message.
        span: Span,
        /// Whether it is the whole state.
        whole: bool,
        clock: Option<&'t str>,
        /// The stream's own number of it.
        sequence: Option<&'t str>,
        /// Which of the feature's sources it is.
        source: usize,
    },
}
