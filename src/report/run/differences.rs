//! A difference as it is read: what each side says, what follows from it, and both sides whole as a unified
//! diff with the unchanged parts folded. Lines with a meaning; who shows them chooses the colours.

use std::collections::BTreeMap;

use colored::{ColoredString, Colorize as _};
use similar::ChangeTag;

use crate::json::pointer::Pointer;
use crate::line_diff::LineDiff;
use crate::model::outcome::{Entity, Payloads, Persistence};
use crate::model::run::{FeatureReport, Finding};
use crate::model::text::{clock_face, cut, visible};
use crate::model::time::Nanos;

/// Unchanged fields shown around one that differs.
const CONTEXT: usize = 2;
/// No value of a difference is shown longer.
const VALUE: usize = 160;

/// What a line of a diff means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineMark {
    Rest,
    WebSocket,
    Same,
    /// Something left out, or said about the lines around it.
    Remark,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiffLine {
    pub mark: LineMark,
    pub text: String,
}

impl DiffLine {
    fn new(mark: LineMark, text: String) -> Self {
        Self { mark, text }
    }

    pub fn colored(&self) -> ColoredString {
        match self.mark {
            LineMark::Rest => self.text.as_str().red(),
            LineMark::WebSocket => self.text.as_str().green(),
            LineMark::Same => self.text.as_str().normal(),
            LineMark::Remark => self.text.as_str().dimmed(),
        }
    }
}

/// The blocking finding that was seen last, or else any.
pub fn newest(feature: &FeatureReport) -> Option<&Finding> {
    feature.findings.iter().max_by(|a, b| {
        let rank = |finding: &Finding| finding.difference.kind.blocks();
        // of those of one sample, the first by severity
        (rank(a).cmp(&rank(b))).then(a.last_at.total_cmp(&b.last_at)).then(std::cmp::Ordering::Greater)
    })
}

/// Both sides of a finding's entity, where they are kept whole.
pub fn payloads<'f>(feature: &'f FeatureReport, finding: &Finding) -> Option<&'f Payloads> {
    let of_it = |payloads: &&Payloads| payloads.entity == finding.difference.entity;
    feature.differing.iter().map(|differing| &differing.payloads).find(of_it)
}

/// Where and how often: `/mark_price  of /symbol=SPY  (3×)`.
pub fn place(finding: &Finding) -> String {
    let difference = &finding.difference;
    let mut parts = Vec::new();
    parts.extend(difference.field.as_ref().map(|field| visible(&field.to_string())));
    if !difference.entity.is_empty() {
        parts.push(format!("of {}", entity(&difference.entity)));
    }
    if finding.count > 1 {
        parts.push(format!("({}×)", finding.count));
    }
    parts.join("  ")
}

/// `REST 1 · WebSocket 2`: as they were last, where that is known.
pub fn sides(feature: &FeatureReport, finding: &Finding) -> String {
    let difference = &finding.difference;
    let last = feature
        .differing
        .iter()
        .find(|differing| differing.payloads.entity == difference.entity && differing.at == finding.last_at);
    let (rest, ws) = match (last, &difference.field) {
        (Some(last), Some(field)) => (last.payloads.rest.get(field), last.payloads.ws.get(field)),
        _ => (difference.rest.as_ref(), difference.ws.as_ref()),
    };
    let said = |value: Option<&String>| match value {
        Some(value) => cut(&visible(value), VALUE),
        None => "says nothing".to_owned(),
    };
    format!("REST {} · WebSocket {}", said(rest), said(ws))
}

/// What is known besides the two values: how long, how far, how sure.
pub fn circumstances(feature: &FeatureReport, finding: &Finding) -> Vec<String> {
    let difference = &finding.difference;
    let mut known = Vec::new();
    if let Some(excess) = difference.excess_ms {
        known.push(format!("{:.1} s beyond what is declared", excess as f64 / 1000.0));
    }
    if let Some(wrong) = difference.wrong_ms {
        known.push(format!("the screen would have been wrong for {:.1} s", wrong as f64 / 1000.0));
    }
    if let Some(passes) = &difference.passes_with {
        known.push(format!("a tolerance of {} would hide it", cut(&visible(passes), VALUE)));
    }
    if let Some(nearest) = difference.nearest_ms {
        let side = if nearest < 0 { "before" } else { "after" };
        let skew = match feature.skew_ms.p99 {
            none if none <= 0.0 => String::new(),
            skew => format!(" (matches needed {skew:.0} ms of skew)"),
        };
        known.push(format!("the nearest version came {} {side} the answer{skew}", span(nearest)));
    }
    match difference.persistence {
        Persistence::Confirmed => known.push("the next answer confirmed it".to_owned()),
        Persistence::Transient => known.push("a later answer agreed again".to_owned()),
        Persistence::Unknown => {}
    }
    known
}

fn span(milliseconds: i64) -> String {
    match milliseconds.unsigned_abs() {
        short @ 0..1000 => format!("{short} ms"),
        long => format!("{:.1} s", long as f64 / 1000.0),
    }
}

/// Both sides of the finding's entity, where they are known; at most `limit` lines.
pub fn unified(feature: &FeatureReport, finding: &Finding, limit: usize) -> Vec<DiffLine> {
    let entity = &finding.difference.entity;
    let whole = feature.differing.iter().find(|differing| differing.payloads.entity == *entity);
    let (at, payloads) = match whole {
        Some(differing) => (Nanos::from_secs_f64(differing.at), differing.payloads.clone()),
        None if finding.difference.field.is_none() => return Vec::new(),
        None => (Nanos::from_secs_f64(finding.last_at), of_findings(feature, finding)),
    };
    let mut lines = vec![
        DiffLine::new(LineMark::Rest, format!("--- REST{}", absence(&payloads.rest))),
        DiffLine::new(
            LineMark::WebSocket,
            format!("+++ WebSocket{}, {} into the run", absence(&payloads.ws), clock_face(at)),
        ),
    ];
    lines.extend(body(feature, &payloads));
    if payloads.left_out > 0 {
        let text = format!("  … {} more fields were not kept", payloads.left_out);
        lines.push(DiffLine::new(LineMark::Remark, text));
    }
    if lines.len() > limit {
        let more = lines.len() - limit + 1;
        lines.truncate(limit.saturating_sub(1));
        lines.push(DiffLine::new(LineMark::Remark, format!("  … {more} more lines")));
    }
    lines
}

fn absence(side: &BTreeMap<Pointer, String>) -> &'static str {
    if side.is_empty() { " (has no such entity)" } else { "" }
}

/// What the findings of one moment say of the entity: all there is where it is not kept whole.
fn of_findings(feature: &FeatureReport, newest: &Finding) -> Payloads {
    let entity = &newest.difference.entity;
    let mut payloads = Payloads { entity: entity.clone(), ..Payloads::default() };
    for finding in &feature.findings {
        let difference = &finding.difference;
        if difference.entity != *entity || finding.last_at < newest.last_at {
            continue;
        }
        let Some(field) = &difference.field else { continue };
        payloads.rest.extend(difference.rest.clone().map(|value| (field.clone(), value)));
        payloads.ws.extend(difference.ws.clone().map(|value| (field.clone(), value)));
    }
    for (field, value) in entity {
        payloads.rest.insert(field.clone(), value.clone());
        payloads.ws.insert(field.clone(), value.clone());
    }
    payloads
}

fn body(feature: &FeatureReport, payloads: &Payloads) -> Vec<DiffLine> {
    let [rest, ws] = documents(feature, payloads);
    let mut lines = Vec::new();
    let mut shown = 0;
    let fold = |from: usize, to: usize, lines: &mut Vec<DiffLine>| {
        if to > from {
            let fields = if to - from == 1 { "field is" } else { "fields are" };
            lines.push(DiffLine::new(LineMark::Remark, format!("  ⋮ {} {fields} the same", to - from)));
        }
    };
    for hunk in LineDiff::new(&rest, &ws).hunks(CONTEXT) {
        fold(shown, hunk.before.start, &mut lines);
        lines.extend(hunk.lines.iter().map(|(tag, text)| match tag {
            ChangeTag::Delete => DiffLine::new(LineMark::Rest, format!("- {text}")),
            ChangeTag::Insert => DiffLine::new(LineMark::WebSocket, format!("+ {text}")),
            ChangeTag::Equal => DiffLine::new(LineMark::Same, format!("  {text}")),
        }));
        shown = hunk.before.end;
    }
    fold(shown, rest.lines().count(), &mut lines);
    lines
}

/// A line a field on each side. What is not compared by contract stands on both with a remark: it is no difference.
fn documents(feature: &FeatureReport, payloads: &Payloads) -> [String; 2] {
    let role = |field: &Pointer| {
        feature.fields.iter().find(|known| known.field == *field).map_or("both", |known| known.role.as_str())
    };
    let mut documents = [String::new(), String::new()];
    let mut fields: Vec<&Pointer> = payloads.rest.keys().chain(payloads.ws.keys()).collect();
    fields.sort();
    fields.dedup();
    for field in fields {
        let said = [payloads.rest.get(field), payloads.ws.get(field)];
        let remark = match role(field) {
            "rest_only" => "only in REST, as declared",
            "ws_only" => "only on the WebSocket, as declared",
            "ignored" => "ignored by a rule",
            "derived" => "held against its formula only",
            _ => "",
        };
        let is_one_entity = !payloads.rest.is_empty() && !payloads.ws.is_empty();
        if !remark.is_empty() && is_one_entity {
            let mut values: Vec<_> = said.into_iter().flatten().map(|value| shown(value)).collect();
            values.dedup();
            let line = format!("{}: {}  ({remark})\n", visible(&field.to_string()), values.join(" | "));
            documents.iter_mut().for_each(|document| document.push_str(&line));
            continue;
        }
        for (document, value) in documents.iter_mut().zip(said) {
            if let Some(value) = value {
                document.push_str(&format!("{}: {}\n", visible(&field.to_string()), shown(value)));
            }
        }
    }
    documents
}

fn shown(value: &str) -> String {
    cut(&visible(value), VALUE)
}

/// An entity in words: `/symbol=SPY, /asset_type=EQ`.
pub fn entity(entity: &Entity) -> String {
    let parts: Vec<_> = entity
        .iter()
        .map(|(field, value)| format!("{}={}", visible(&field.to_string()), visible(value)))
        .collect();
    parts.join(", ")
}
