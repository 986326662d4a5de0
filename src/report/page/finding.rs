//! A finding as a page shows it: what it means, and both payloads side by side.

use crate::json::pointer::Pointer;
use crate::model::outcome::{Difference, Kind, Payloads};
use crate::model::run::Finding;
use crate::model::text::cut;
use crate::report::run::differences;

/// Fields of an entity that a page shows; those that differ first of all.
const MAX_ROWS: usize = 16;
/// Bytes of one value.
const MAX_VALUE: usize = 160;

/// A finding, ready for a template.
#[derive(Debug, Clone, PartialEq)]
pub struct FindingView {
    pub kind: &'static str,
    pub meaning: &'static str,
    /// `/mark_price of /symbol=SPY`
    pub place: String,
    /// `seen 3 times in 2 runs`
    pub count: String,
    /// When, where that is known.
    pub when: String,
    pub rows: Vec<PayloadRow>,
    /// Fields that are not shown.
    pub left_out: usize,
    pub fingerprint: String,
}

/// One field on both sides.
#[derive(Debug, Clone, PartialEq)]
pub struct PayloadRow {
    pub field: String,
    pub rest: Option<String>,
    pub ws: Option<String>,
    pub differs: bool,
}

impl FindingView {
    pub fn of(finding: &Finding, payloads: Option<&Payloads>, runs: Option<usize>, when: String) -> Self {
        let difference = &finding.difference;
        let mut rows = rows(difference, payloads);
        let left_out = rows.len().saturating_sub(MAX_ROWS)
            + payloads.map_or(0, |it| usize::try_from(it.left_out).unwrap_or(usize::MAX));
        rows.sort_by_key(|row| !row.differs);
        rows.truncate(MAX_ROWS);
        let times = match finding.count {
            1 => "seen once".to_owned(),
            many => format!("seen {many} times"),
        };
        let count = match runs {
            Some(runs) if runs > 1 => format!("{times} in the newest of {runs} runs that have it"),
            _ => times,
        };
        Self {
            kind: difference.kind.as_str(),
            meaning: meaning(difference.kind),
            place: place(difference),
            count,
            when,
            rows,
            left_out,
            fingerprint: finding.fingerprint.clone(),
        }
    }
}

fn place(difference: &Difference) -> String {
    let field = difference.field.as_ref().map(ToString::to_string);
    let entity = (!difference.entity.is_empty()).then(|| differences::entity(&difference.entity));
    match (field, entity) {
        (Some(field), Some(entity)) => format!("{field} of {entity}"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => "the whole payload".to_owned(),
    }
}

/// Both sides whole where they are kept; else what the finding itself says.
fn rows(difference: &Difference, payloads: Option<&Payloads>) -> Vec<PayloadRow> {
    let Some(payloads) = payloads else {
        let field = difference.field.as_ref().map_or("(the whole entity)".to_owned(), ToString::to_string);
        return vec![row(field, difference.rest.as_ref(), difference.ws.as_ref(), true)];
    };
    let mut fields: Vec<&Pointer> = payloads.rest.keys().chain(payloads.ws.keys()).collect();
    fields.sort();
    fields.dedup();
    let is_found = |field: &Pointer| difference.field.as_ref() == Some(field);
    fields
        .into_iter()
        .map(|field| {
            let (rest, ws) = (payloads.rest.get(field), payloads.ws.get(field));
            row(field.to_string(), rest, ws, rest != ws || is_found(field))
        })
        .collect()
}

fn row(field: String, rest: Option<&String>, ws: Option<&String>, differs: bool) -> PayloadRow {
    let shown = |value: Option<&String>| value.map(|value| cut(value, MAX_VALUE));
    PayloadRow { field, rest: shown(rest), ws: shown(ws), differs }
}

/// What a kind of finding means, to whoever decides.
pub fn meaning(kind: Kind) -> &'static str {
    match kind {
        Kind::Value => "REST and the WebSocket say different things: the screen would show the wrong value.",
        Kind::MissingInWs => "REST lists it and the WebSocket never does: the screen would not show it.",
        Kind::MissingInRest => "The WebSocket shows it and REST does not: the screen would show too much.",
        Kind::DroppedPush => {
            "It changed, and no message ever said so: the screen would stay on the old value."
        }
        Kind::Stalled => {
            "REST went on changing while the WebSocket fell silent: the screen would stand still."
        }
        Kind::Reordered => "The changes came in another order: the screen would end on an older value.",
        Kind::WsLate => "The message came later than the feature may be: the screen would lag.",
        Kind::StaleRest => {
            "REST answered with what was true too long ago: the comparison is against old data."
        }
        Kind::LateOrStale => "One side lags behind by more than it may; which one cannot be told.",
        Kind::Invariant => {
            "A value that is derived from others does not agree with them inside of one source."
        }
        Kind::Unreadable => "A message of the feature cannot be read: the page would drop it.",
        Kind::Match => "Both say the same.",
        Kind::Torn => "Each part is explained, but by different messages.",
        Kind::Unaligned => "A gap of the connection lies in its time: it proves nothing.",
        Kind::MissedInGap => "REST changed while the connection was down, and reconnecting did not tell.",
        Kind::NotCovered => "It was asked before the stream's first word.",
        Kind::NotComparable => "It fell between two pushes, and none owed it.",
        Kind::SequenceGap => "By the stream's own numbers a message did not come.",
        Kind::Pending => "The run ended before it could be judged.",
        Kind::RestError => "REST gave no answer that can be judged.",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn pointer(text: &str) -> Pointer {
        text.parse().unwrap()
    }

    fn side(fields: &[(&str, &str)]) -> BTreeMap<Pointer, String> {
        fields.iter().map(|(field, value)| (pointer(field), (*value).to_owned())).collect()
    }

    #[test]
    fn what_differs_stands_first_and_both_sides_stand_in_one_row() {
        let mut difference = Difference::of(Kind::Value, side(&[("/symbol", "SPY")]));
        difference.field = Some(pointer("/mark"));
        let finding =
            Finding { difference, count: 3, first_at: 1.0, last_at: 2.0, fingerprint: "f".to_owned() };
        let payloads = Payloads {
            entity: side(&[("/symbol", "SPY")]),
            rest: side(&[("/bid", "1"), ("/mark", "455.00"), ("/symbol", "SPY"), ("/zz", "1")]),
            ws: side(&[("/bid", "1"), ("/mark", "454.99"), ("/symbol", "SPY")]),
            left_out: 2,
        };
        let view = FindingView::of(&finding, Some(&payloads), Some(2), String::new());
        assert_eq!(view.place, "/mark of /symbol=SPY");
        assert_eq!(view.count, "seen 3 times in the newest of 2 runs that have it");
        let shown: Vec<_> = view.rows.iter().map(|row| (row.field.as_str(), row.differs)).collect();
        assert_eq!(shown, [("/mark", true), ("/zz", true), ("/bid", false), ("/symbol", false)]);
        assert_eq!((view.rows[1].ws.as_deref(), view.left_out), (None, 2));
        let alone = FindingView::of(&finding, None, None, String::new());
        assert_eq!((alone.rows.len(), alone.count.as_str()), (1, "seen 3 times"));
    }
}
