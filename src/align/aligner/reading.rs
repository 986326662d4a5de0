//! What the run amounts to so far: counts, notes, and what only the run as a whole tells.

use std::time::Duration;

use crate::align::aligner::Aligner;
use crate::align::entity_history::EntityHistory;
use crate::align::explain::Budget;
use crate::align::sampled::Run;
use crate::align::screen_tally::ScreenTally;
use crate::align::suppression;
use crate::align::tally::{self, Comparable, Tally};
use crate::diff::field_table::Side;
use crate::model::feature::Delivery;
use crate::model::outcome::{Difference, Entity, Kind, Persistence, blocking};
use crate::model::run::{FeatureReport, Note};
use crate::model::time::Nanos;

/// What an answer is called whose state the stream did not show when it should have.
const UNTIMELY: [Kind; 4] = [Kind::DroppedPush, Kind::WsLate, Kind::StaleRest, Kind::LateOrStale];
/// Such answers that may be chance.
const FEW: u64 = 5;

/// Breaks of the order that count also where the data are hardly comparable.
const CERTAIN_BREAKS: u64 = 3;

impl Aligner {
    /// What is known so far.
    pub fn tally(&self) -> Tally {
        let mut tally = self.tally.clone();
        tally.open_samples = self.queue.len() as u64;
        tally.suspected = self.queue.suspected() as u64;
        tally.held_bytes = self.history.text_bytes() + self.queue.text_bytes();
        tally.last_message = self.stall.last_word();
        tally.judged_time = self.judged.stretches();
        tally.longest_silence = self.stall.longest_silence(self.clock.now(), &self.connection);
        tally.fields = tally::field_reports(&self.plan, &self.history.moves);
        tally.notes = tally::notation_notes(&self.plan);
        tally.notes.extend(self.volatile.notes(&self.plan));
        tally.notes.extend(suppression::unused(&self.plan));
        tally.refused = self.history.refused;
        for (kind, count, detail) in [
            ("duplicate", self.tally.duplicates, "a message repeated the state"),
            ("extra_push", self.tally.passed_over, "a pushed state came and went between two REST samples"),
            (
                "clock_back",
                self.order.server_clock.steps_back,
                "the stream's own clock stepped back: it sent an older state after a newer one",
            ),
            ("order", self.list_order.differing(), "the two sides list the entities in another order"),
            (
                "written_twice",
                self.tally.written_twice,
                "a name stands twice in an entity; the last one counts, as in a browser",
            ),
            (
                "unnumbered",
                self.tally.unnumbered,
                "messages lack the number that `ws.sequence` names: whether one of these was lost cannot be told",
            ),
        ] {
            if count > 0 {
                tally.notes.push(Note::of(kind, None, count, detail));
            }
        }
        tally.notes.extend(self.note_on_extra_answers());
        if self.tally.messages > 0 && self.tally.rest_answers > 0 {
            tally.notes.extend(self.notes_on_entities());
        }
        // A number's noise changes the text and no state: where the stream stood still, nothing moved on both sides.
        let told = self.tally.messages.saturating_sub(self.tally.duplicates).saturating_sub(1);
        if self.feature.delivery() == Delivery::Periodic {
            tally.transitions = tally.transitions.min(told);
        }
        let patience = self.budget.push_delay + self.budget.rest_staleness + self.feature.every();
        self.read_as_a_whole(&mut tally);
        if self.tally.messages > 0 {
            tally.untold = self.untold();
        }
        tally.never_explained = self.history.never_explained(patience);
        tally.suppressed = self.suppressions.report(&self.plan);
        tally.self_check = self.injector.report();
        tally
    }

    /// Answers beyond the regular ones: the budget within which fresh ones are asked for.
    fn note_on_extra_answers(&self) -> Option<Note> {
        let (first, last) = self.tally.sampled?;
        let every = self.feature.rest.every;
        let slots = last.since(first).as_secs_f64() / every.as_secs_f64().max(0.001);
        let series = self.feature.rest.series();
        let extra = self.tally.rest_answers.saturating_sub((slots.ceil() as u64 + 1).saturating_mul(series));
        let detail = format!(
            "answers beyond one every {every:?}: after a push that changes something fresh ones are asked for, at most \
             two for each regular one"
        );
        (extra > 0).then(|| Note::of("extra_answers", None, extra, detail))
    }

    /// Entities that REST listed from its first answer to its last, as far as a few answers may be missing, and that no
    /// message spoke of.
    fn untold(&self) -> Vec<Entity> {
        let Some((first, last)) = self.tally.sampled else { return Vec::new() };
        let every = self.feature.every().max(self.feature.rest.every);
        let patience = self.budget.push_delay + self.budget.rest_staleness + every * 3;
        let is_untold = |entity: &&EntityHistory| {
            let is_listed = |from: Nanos, to: Nanos| from <= first + patience && to >= last - patience;
            let listed = entity.listed_since.zip(entity.rest_sent);
            entity.ws_word.is_none()
                && !entity.was_unlisted
                && listed.is_some_and(|(from, to)| is_listed(from, to))
        };
        let entities = self.history.entities.values().filter(is_untold);
        let mut untold: Vec<Entity> = entities.map(|entity| entity.name.clone()).collect();
        untold.sort();
        untold.truncate(FeatureReport::MAX_UNTOLD);
        untold
    }

    /// Entities that only one side speaks of: no difference where the contract lets a stream carry some, but named.
    fn notes_on_entities(&self) -> impl Iterator<Item = Note> + use<> {
        let named = |kind: &str, all: Vec<&Entity>, detail: &str| {
            let mut entities: Vec<Entity> = all.iter().copied().cloned().collect();
            entities.sort();
            entities.truncate(tally::MAX_NAMED);
            let count = all.len() as u64;
            (count > 0).then(|| Note {
                kind: kind.to_owned(),
                field: None,
                count,
                detail: detail.to_owned(),
                entities,
            })
        };
        let told = "REST lists it, and no message spoke of it";
        let listed = "the stream has it, and no answer ever listed it";
        let left = "REST no longer lists it, and no message took it away";
        let notes = [
            named("never_told", self.history.never_told().collect(), told),
            named("never_listed", self.history.never_listed().collect(), listed),
            named("left_behind", self.tally.left_behind.iter().collect(), left),
        ];
        notes.into_iter().flatten()
    }

    /// Answers to a push, by the cadence that is declared or kept, whichever is quicker; of a templated path one series
    /// counts.
    fn pace(&self) -> f64 {
        let Some((first, last)) = self.tally.sampled else { return 1.0 };
        let series = self.feature.rest.series();
        let intervals = (self.tally.rest_answers / series).saturating_sub(1).max(1) as f64;
        let between = last.since(first).as_secs_f64() / intervals;
        let every = self
            .sampled
            .rhythm
            .median_pause()
            .map_or(self.feature.every(), |pause| pause.min(self.feature.every()));
        if between > 0.0 { every.as_secs_f64() / between } else { 1.0 }
    }

    /// Whether the stream goes back to states that it had left far more often than REST does, asked about as often.
    fn goes_back(&self) -> bool {
        let [rest, ws] = [Side::Rest, Side::Ws].map(|side| &self.history.returns[side.index()]);
        let is_asked_as_often = self.tally.rest_answers * 2 >= self.tally.messages;
        is_asked_as_often
            && rest.moves >= 20
            && ws.returns >= 10
            && ws.returns * 20 >= 3 * ws.moves
            && ws.returns * rest.moves > 5 * (rest.returns + 1) * ws.moves
    }

    /// The budget with the age that this run's answers have in place of the one they may have.
    pub(super) fn seen_budget(&self) -> Budget {
        Budget { rest_staleness: self.rest_age(), ..self.budget }
    }

    /// How old answers get in this run, at most C: a cache shows its age as soon as the data move.
    fn rest_age(&self) -> Duration {
        let age = &self.tally.rest_age;
        let is_known = age.len() >= 30 && self.tally.transitions >= 8;
        // Of few answers the oldest is not the oldest there may be.
        let oldest = Duration::from_micros(age.max()).mul_f64(1.0 + 30.0 / age.len().max(1) as f64);
        if is_known { oldest.min(self.budget.rest_staleness) } else { self.budget.rest_staleness }
    }

    /// Independent answers a second: a cache gives the same one again and again until it is too old.
    fn rate(&self) -> f64 {
        let Some((first, last)) = self.tally.sampled else { return 0.0 };
        let series = self.feature.rest.series();
        let rate = self.tally.rest_answers as f64 / series as f64 / last.since(first).as_secs_f64().max(1.0);
        let oldest = self.rest_age().as_secs_f64();
        if oldest > 0.0 { rate.min(1.0 / oldest) } else { rate }
    }

    /// Independent answers to a push; none where pushes come when they please.
    fn independent_pace(&self) -> f64 {
        self.sampled.rhythm.usual_pause().map_or(0.0, |pause| self.rate() * pause.as_secs_f64())
    }

    /// Where data come and go between the pushes all the time, a few answers that seem owed are chance: REST seems to
    /// hold a state that it left and came back to between two answers. `counts`: answers that are findings.
    fn doubt_the_few(&self, tally: &mut Tally, counts: u64) {
        if self.feature.delivery() != Delivery::Periodic {
            return;
        }
        let untimely: u64 = UNTIMELY.iter().map(|kind| tally.count(*kind)).sum();
        let free = tally.count(Kind::NotComparable) + self.sampled.between();
        if untimely == 0 || untimely > FEW || untimely != counts || free < untimely * 4 {
            return;
        }
        tally.outcomes.retain(|kind, _| !UNTIMELY.contains(kind));
        tally.findings.merged.retain(|(kind, ..), _| !UNTIMELY.contains(kind));
        *tally.outcomes.entry(Kind::NotComparable).or_default() += untimely;
        tally.comparable.inconclusive.get_or_insert(format!(
            "{free} answers fell between two pushes, and {untimely} that seem owed are too few to tell from them"
        ));
    }

    /// Names what the stream showed for a moment again and again, and no answer bore out.
    fn find_flashes(&self, tally: &mut Tally) {
        let flashes = tally.screen.flashes;
        let shown = format!("{} times for a moment, {:.1} s in all", flashes.count, flashes.seconds);
        let entity = flashes.key.and_then(|key| self.history.entities.get(&key));
        let name = entity.map(|entity| entity.name.clone()).unwrap_or_default();
        let difference = Difference {
            field: flashes.field.map(|field| self.plan.fields[field].pointer.clone()),
            rest: Some("never".to_owned()),
            ws: Some(shown),
            persistence: Persistence::Confirmed,
            ..Difference::of(flashes.kind, name)
        };
        tally.findings.merge(&self.feature.name, &difference, flashes.newest);
    }

    /// Names the field of which the stream says more that REST never says than either side misses of the other's.
    fn find_unsaid(&self, tally: &mut Tally) {
        let unsaid = tally.screen.unsaid;
        let Some((key, field)) = unsaid.place.filter(|_| unsaid.is_odd() || unsaid.is_proof()) else {
            return;
        };
        let Some(entity) = self.history.entities.get(&key) else { return };
        let pointer = &self.plan.fields[field].pointer;
        let detail = format!(
            "{}: {} of {} values that the stream said for about a push REST never said near them; {} of REST's the stream \
             never said",
            entity.name.values().map(String::as_str).collect::<Vec<_>>().join(" "),
            unsaid.unsaid,
            unsaid.brief,
            unsaid.rest_unsaid
        );
        if unsaid.is_proof() {
            let difference = Difference {
                field: Some(pointer.clone()),
                rest: Some("never".to_owned()),
                ws: Some(format!("{} values", unsaid.unsaid)),
                persistence: Persistence::Confirmed,
                ..Difference::of(Kind::Value, entity.name.clone())
            };
            tally.findings.merge(&self.feature.name, &difference, unsaid.newest);
        }
        tally.notes.push(Note::of("unsaid", Some(pointer.clone()), unsaid.unsaid.into(), detail));
    }

    /// What only the run as a whole tells: of answers between two pushes, of the screen, of the order.
    fn read_as_a_whole(&self, tally: &mut Tally) {
        if tally.messages == 0 && tally.filtered == 0 {
            // Nothing of the feature came: that proves nothing about what would have.
            let owed = blocking(&tally.outcomes);
            tally.outcomes.retain(|kind, _| !kind.blocks());
            *tally.outcomes.entry(Kind::NotCovered).or_default() += owed;
            tally.outcomes.retain(|_, count| *count > 0);
            tally.findings = Default::default();
            tally.differing.clear();
            return;
        }
        let matched = tally.count(Kind::Match) + tally.count(Kind::Torn);
        let counts = tally.judged() - matched;
        let skew = Duration::from_micros(tally.moved_skew.value_at_quantile(0.99));
        let run = Run {
            matched,
            counts,
            pace: self.pace(),
            missing_pushes: self.sampled.rhythm.missing_pushes(),
            rest_age: (self.rest_age() + skew).min(self.budget.rest_staleness),
        };
        let reading = self.sampled.reading(&self.history, &run);
        tally.comparable =
            Comparable { between: self.sampled.between(), inconclusive: reading.inconclusive.clone() };
        if reading.is_late {
            tally.outcomes.remove(&Kind::NotComparable);
        } else if !(reading.blocks || reading.apart_blocks) {
            self.doubt_the_few(tally, counts);
        }
        let between = self.sampled.between() + self.sampled.pinned();
        let mut taken = 0;
        for (kinds, findings) in self.sampled.counted(&reading) {
            for (kind, count) in kinds {
                *tally.outcomes.entry(*kind).or_default() += count;
                taken += count;
            }
            tally.findings.absorb(findings);
        }
        for (at, payloads) in self.sampled.counted_payloads(&reading) {
            tally.keep_whole(payloads, at);
        }
        if between > taken {
            *tally.outcomes.entry(Kind::NotComparable).or_default() += between - taken;
        }
        let contradicted = self.screen.contradicted();
        let motions = || self.history.entities.values().map(|entity| entity.motion);
        let flickers = motions().map(|motion| u64::from(motion.flickers)).sum();
        let vanishings = motions().map(|motion| u64::from(motion.vanishings)).sum();
        let flashes = self.history.flashes.tally(self.rate());
        let has_phantom = self.screen.has_phantom(self.rate());
        tally.screen = ScreenTally {
            skew,
            answers: tally.rest_answers,
            contradicted,
            flickers,
            worst_field: self.screen.worst_field(&self.history.rest_fields),
            contradicted_rows: self.screen.contradicted_rows(),
            vanishings,
            goes_back: self.goes_back(),
            has_phantom,
            flashes,
            unsaid: self.unsaid.tally(self.independent_pace()),
        };
        let by_rows = !tally.screen.is_proof_by_values();
        let is_proof = !by_rows || tally.screen.is_proof_by_rows();
        let counted = if by_rows { tally.screen.contradicted_rows } else { contradicted };
        // Answers that are findings already are not counted twice.
        let more = counted.saturating_sub(blocking(&tally.outcomes));
        if is_proof && more > 0 {
            let findings = self.screen.findings(by_rows);
            let kind = findings.merged.keys().map(|(kind, ..)| *kind).min().unwrap_or(Kind::Value);
            *tally.outcomes.entry(kind).or_default() += more;
            if let Some(matches) = tally.outcomes.get_mut(&Kind::Match) {
                *matches = matches.saturating_sub(more);
            }
            tally.findings.absorb(&findings);
        }
        if tally.screen.flashes.is_proof() {
            self.find_flashes(tally);
        }
        self.find_unsaid(tally);
        if let Some((count, findings)) = self.order.server_clock.reordered() {
            *tally.outcomes.entry(Kind::Reordered).or_default() += count;
            tally.findings.absorb(findings);
        }
        if self.feature.delivery() == Delivery::Periodic
            && (reading.inconclusive.is_none() || self.order.certain_breaks >= CERTAIN_BREAKS)
            && self.order.is_broken(&self.history)
        {
            let breaks = self.order.likely_breaks.max(self.order.certain_breaks);
            *tally.outcomes.entry(Kind::Reordered).or_default() += breaks;
            tally.findings.absorb(&self.order.findings);
        }
    }
}
