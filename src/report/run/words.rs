//! What a run's report says in words, the same in a terminal, in Markdown and on a page.

use std::collections::BTreeMap;

use crate::model::outcome::{Entity, Kind};
use crate::model::run::{Connection, FeatureReport, Note};
use crate::model::text::{counted, cut};
use crate::model::verdict::Verdict;

/// Fields or entities that one note names.
const MAX_NAMED: usize = 6;
/// Bytes of a note's detail.
const MAX_DETAIL: usize = 240;

/// The skew that 99 of 100 matches needed at most; `–` where nothing matched.
pub fn skew_p99(feature: &FeatureReport) -> String {
    if feature.outcomes.contains_key(&Kind::Match) {
        format!("{:.0} ms", feature.skew_ms.p99)
    } else {
        "–".to_owned()
    }
}

/// What the connection went through; nothing where it held.
pub fn connection(connection: &Connection) -> Vec<String> {
    let mut said = Vec::new();
    for (count, one, many) in [
        (connection.reconnects, "reconnect", "reconnects"),
        (connection.failed_attempts, "failed attempt to connect", "failed attempts to connect"),
        (connection.bad_frames, "unreadable frame", "unreadable frames"),
    ] {
        if count > 0 {
            said.push(counted(count, one, many));
        }
    }
    if connection.blind_seconds > 0.0 {
        said.push(format!("{:.1} s blind", connection.blind_seconds));
    }
    let closes: Vec<_> = connection.closes.iter().map(|(code, count)| format!("{count} × {code}")).collect();
    if !closes.is_empty() {
        said.push(format!("closed {}", closes.join(", ")));
    }
    said
}

/// How sure a clean run may be, as a person who trades on the screen would ask it; only of a GO.
pub fn bound(feature: &FeatureReport) -> Option<String> {
    let bound = feature.failure_rate_bound.filter(|_| feature.verdict == Verdict::Go)?;
    let judged: u64 =
        feature.outcomes.iter().filter(|(kind, _)| kind.is_judged()).map(|(_, count)| count).sum();
    let gates = counted(feature.gates.len() as u64, "gate holds", "gates hold");
    let one_in = (1.0 / bound.max(f64::MIN_POSITIVE)).floor().max(1.0);
    Some(format!(
        "all {gates}: {judged} times the screen would have shown what REST said. So few rule out no more than \
         this, with 95 % confidence: at most 1 look in {one_in:.0} could still show something else."
    ))
}

/// The notes in sentences; those that say the same of several fields are one.
pub fn notes(feature: &FeatureReport) -> Vec<String> {
    let mut groups: Vec<Vec<&Note>> = Vec::new();
    for note in &feature.notes {
        let is_alike = |known: &&Note| {
            known.kind == note.kind && known.detail == note.detail && note.entities.is_empty()
        };
        match groups.iter_mut().find(|group| group.first().is_some_and(is_alike)) {
            Some(group) => group.push(note),
            None => groups.push(vec![note]),
        }
    }
    groups.iter().map(|group| sentence(group)).collect()
}

/// The notes that name entities: they are too few to be folded, and nothing else names these.
pub fn notes_on_entities(feature: &FeatureReport) -> Vec<String> {
    feature.notes.iter().filter(|note| !note.entities.is_empty()).map(|note| sentence(&[note])).collect()
}

/// `never_moved 10, type 2`: of the notes that name no entity.
pub fn kinds_of_notes(feature: &FeatureReport) -> String {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    let folded = feature.notes.iter().filter(|note| note.entities.is_empty());
    folded.for_each(|note| *kinds.entry(&note.kind).or_default() += 1);
    kinds.iter().map(|(kind, count)| format!("{kind} {count}")).collect::<Vec<_>>().join(", ")
}

fn sentence(group: &[&Note]) -> String {
    let [first, ..] = group else { return String::new() };
    let mut text = first.kind.clone();
    let fields: Vec<String> =
        group.iter().filter_map(|note| Some(note.field.as_ref()?.to_string())).collect();
    if !fields.is_empty() {
        text.push_str(&format!(" {}", named(&fields, MAX_NAMED)));
    }
    let count: u64 = group.iter().map(|note| note.count).sum();
    if count > group.len() as u64 {
        text.push_str(&format!(" ({count}×)"));
    }
    if !first.detail.is_empty() {
        text.push_str(&format!(": {}", cut(&first.detail, MAX_DETAIL)));
    }
    let name = |entity: &Entity| entity.values().map(String::as_str).collect::<Vec<_>>().join(" ");
    let entities: Vec<String> = group.iter().flat_map(|note| &note.entities).map(name).collect();
    if !entities.is_empty() {
        text.push_str(&format!(" ({})", named(&entities, MAX_NAMED)));
    }
    text
}

/// So many of the names, and how many more there are.
pub fn named(names: &[String], most: usize) -> String {
    let listed = names.iter().take(most).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(most) {
        0 => listed,
        more => format!("{listed} and {more} more"),
    }
}

/// `match 117 · value 3`, or that nothing was judged.
pub fn outcomes(feature: &FeatureReport) -> String {
    let mut parts: Vec<_> = feature
        .outcomes
        .iter()
        .filter(|(_, count)| **count > 0)
        .map(|(kind, count)| format!("{kind} {count}"))
        .collect();
    if feature.rest_errors > 0 {
        parts.push(format!("{} {}", Kind::RestError, feature.rest_errors));
    }
    if feature.filtered > 0 {
        parts.push(format!("filtered {}", feature.filtered));
    }
    if parts.is_empty() {
        parts.push("nothing was judged".to_owned());
    }
    parts.join(" · ")
}
