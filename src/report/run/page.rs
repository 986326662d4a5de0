//! One run on one page: its samples along the time, what REST said, what the screen would have shown.

use std::collections::BTreeSet;

use askama::Template;

use crate::error::{Error, Result};
use crate::model::gate::Gate;
use crate::model::outcome::{Kind, blocking};
use crate::model::run::{FeatureReport, RunEnd, RunReport};
use crate::model::text::counted;
use crate::model::text::{clock_face, cut};
use crate::model::verdict::Verdict;
use crate::report::chart::strip::{self, StripStretch};
use crate::report::page::finding::FindingView;
use crate::report::page::percent;
use crate::report::run::differences;
use crate::report::run::trace::{FeatureTrace, RunTrace};
use crate::report::run::words;

/// Findings of a feature that are shown with both sides.
const MAX_FINDINGS: usize = 12;
/// Bytes of one value in the list of samples.
const MAX_VALUE: usize = 120;

#[derive(Template)]
#[template(path = "run.html", config = "src/report/page/askama.toml")]
struct RunPage<'r> {
    command: &'r str,
    report: &'r RunReport,
    /// How long, how it ended, what the connection went through.
    said: String,
    features: Vec<RunFeatureView<'r>>,
}

struct RunFeatureView<'r> {
    it: &'r FeatureReport,
    anchor: String,
    chart: String,
    findings: Vec<FindingView>,
    more_findings: usize,
    told: Vec<ToldView>,
    more_told: u64,
    notes: Vec<String>,
    bound: Option<String>,
}

/// A sample that differs, as a row.
struct ToldView {
    at: String,
    count: u64,
    kind: &'static str,
    place: String,
    rest: Option<String>,
    ws: Option<String>,
}

/// The page as one file; of a run without a trace, without charts.
///
/// # Errors
/// None that a report can cause.
pub fn html(command: &str, report: &RunReport, trace: Option<&RunTrace>) -> Result<String> {
    let mut said = vec![format!("{:.1} s", report.seconds)];
    if report.end == RunEnd::Interrupted {
        said.push("interrupted".to_owned());
    }
    said.extend(words::connection(&report.connection));
    let features = report.features.iter().enumerate();
    let features = features
        .map(|(at, it)| RunFeatureView::of(it, at, report, trace.and_then(|trace| trace.features.get(at))))
        .collect();
    let page = RunPage { command, report, said: said.join(", "), features };
    page.render().map_err(|error| Error::failed(anyhow::Error::new(error).context("writing the page")))
}

impl<'r> RunFeatureView<'r> {
    fn of(it: &'r FeatureReport, at: usize, report: &RunReport, trace: Option<&FeatureTrace>) -> Self {
        let blocking: Vec<_> =
            it.findings.iter().filter(|finding| finding.difference.kind.blocks()).collect();
        let mut shown = BTreeSet::new();
        let findings = blocking.iter().take(MAX_FINDINGS).map(|finding| {
            let when = clock_face(crate::model::time::Nanos::from_secs_f64(finding.last_at));
            // both sides of an entity stand on the page once
            let payloads = differences::payloads(it, finding).filter(|it| shown.insert(&it.entity));
            FindingView::of(finding, payloads, None, format!("{when} into the run"))
        });
        Self {
            findings: findings.collect(),
            more_findings: blocking.len().saturating_sub(MAX_FINDINGS),
            anchor: format!("feature-{}", at + 1),
            chart: trace.map(|trace| chart(it, trace, report)).unwrap_or_default(),
            told: trace.map(told).unwrap_or_default(),
            more_told: trace.map_or(0, |trace| trace.more),
            notes: words::notes(it),
            bound: words::bound(it),
            it,
        }
    }

    fn match_rate(&self) -> String {
        let judged: u64 =
            self.it.outcomes.iter().filter(|(kind, _)| kind.is_judged()).map(|(_, count)| count).sum();
        let clean = judged - blocking(&self.it.outcomes);
        percent((judged > 0).then(|| clean as f64 / judged as f64 * 100.0))
    }

    fn skew(&self) -> String {
        let skew = &self.it.skew_ms;
        if !self.it.outcomes.contains_key(&Kind::Match) {
            return "No sample matched, so that no skew was measured.".to_owned();
        }
        format!(
            "To match, REST and WebSocket had to be moved against each other by at most {:.0} ms in half of the samples, {:.0} ms in 99 of 100, {:.0} ms in all.",
            skew.p50, skew.p99, skew.max
        )
    }

    fn outcomes(&self) -> String {
        words::outcomes(self.it)
    }

    /// Those that do not pass stand first.
    fn gates(&self) -> Vec<&Gate> {
        let mut gates: Vec<&Gate> = self.it.gates.iter().collect();
        gates.sort_by_key(|gate| gate.verdict == Verdict::Go);
        gates
    }
}

fn chart(it: &FeatureReport, trace: &FeatureTrace, report: &RunReport) -> String {
    let gaps: Vec<StripStretch> = report.connection.gaps.iter().map(|gap| gap.from..gap.to).collect();
    let said = format!(
        "Samples of {} over {:.0} s: {}. The connection had {}.",
        crate::model::text::visible(&it.feature),
        report.seconds,
        words::outcomes(it),
        counted(gaps.len(), "gap", "gaps")
    );
    strip::svg(&trace.rows(), &gaps, report.seconds, &said)
}

fn told(trace: &FeatureTrace) -> Vec<ToldView> {
    let shown = |value: &Option<String>| value.as_deref().map(|value| cut(value, MAX_VALUE));
    trace
        .told
        .iter()
        .map(|sample| {
            let difference = &sample.difference;
            let mut place = Vec::new();
            place.extend(difference.field.as_ref().map(ToString::to_string));
            if !difference.entity.is_empty() {
                place.push(format!("of {}", differences::entity(&difference.entity)));
            }
            if sample.others > 0 {
                place.push(format!("and {} more", sample.others));
            }
            ToldView {
                at: match sample.count {
                    1 => clock_face(sample.at),
                    _ => format!("{} – {}", clock_face(sample.at), clock_face(sample.until)),
                },
                count: sample.count,
                kind: difference.kind.as_str(),
                place: place.join(" "),
                rest: shown(&difference.rest),
                ws: shown(&difference.ws),
            }
        })
        .collect()
}
