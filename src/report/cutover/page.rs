//! The cutover on one page: the view that the template asks, and its charts.

use askama::Template;
use jiff::Timestamp;

use super::{CutoverReport, FeatureHistory, RunHistory};
use crate::error::{Error, Result};
use crate::model::gate::Gate;
use crate::model::text::counted;
use crate::report::chart::series::{RunSeries, SeriesPoint};
use crate::report::chart::timeline::{self, Happening, Lane, LaneStretch};
use crate::report::checklist::FeatureDecision;
use crate::report::page::finding::FindingView;
use crate::report::page::minute;

#[derive(Template)]
#[template(path = "cutover.html", config = "src/report/page/askama.toml")]
struct CutoverPage<'r> {
    report: &'r CutoverReport,
    features: Vec<FeatureView<'r>>,
    timeline: String,
    any_not_seen: bool,
}

/// A feature as the template asks for it.
struct FeatureView<'r> {
    it: &'r FeatureHistory,
    /// Where its section begins; no text of the configuration.
    anchor: String,
    charts: Vec<ChartView>,
    findings: Vec<FindingView>,
}

struct ChartView {
    title: &'static str,
    svg: String,
}

/// The page as one file.
///
/// # Errors
/// None that a report can cause.
pub fn html(report: &CutoverReport) -> Result<String> {
    let features: Vec<FeatureView<'_>> =
        report.features.iter().enumerate().map(|(at, it)| FeatureView::of(it, at, report)).collect();
    let page = CutoverPage {
        timeline: timeline(report),
        any_not_seen: report.features.iter().any(|feature| !feature.not_seen.is_empty()),
        features,
        report,
    };
    page.render().map_err(|error| Error::failed(anyhow::Error::new(error).context("writing the page")))
}

fn instant(text: &str) -> Timestamp {
    text.parse().unwrap_or(Timestamp::UNIX_EPOCH)
}

fn timeline(report: &CutoverReport) -> String {
    let stretch = |from: &str, to: &str| LaneStretch { from: instant(from), to: instant(to) };
    let lanes: Vec<Lane> = report
        .features
        .iter()
        .map(|feature| Lane {
            name: crate::model::text::visible(&feature.standing.feature),
            sessions: feature.sessions.iter().map(|it| stretch(&it.open, &it.close)).collect(),
            runs: feature
                .runs
                .iter()
                .map(|run| (stretch(&run.started_at, &run.ended_at), run.verdict))
                .collect(),
            happenings: happenings(report, &feature.standing.feature),
        })
        .collect();
    let runs: usize = report.features.iter().map(|feature| feature.runs.len()).sum();
    let said = format!(
        "Timeline from {} to {}: {}, {} and {}; the tables below have the same.",
        minute(&report.from),
        minute(&report.to),
        counted(report.features.len(), "feature", "features"),
        counted(runs, "observation of them", "observations of them"),
        counted(report.events.len(), "thing that people did", "things that people did")
    );
    timeline::svg(&lanes, instant(&report.from), instant(&report.to), &said)
}

fn happenings(report: &CutoverReport, feature: &str) -> Vec<(Timestamp, Happening)> {
    let of_it = report.events.iter().filter(|event| event.features.iter().any(|it| it == feature));
    of_it
        .filter_map(|event| {
            let happening = match (event.kind.as_str(), event.flag_on) {
                (_, Some(true)) => Happening::FlagOn,
                (_, Some(false)) => Happening::FlagOff,
                ("sign_off", _) => Happening::Signed,
                ("revocation", _) => Happening::Revoked,
                _ => return None,
            };
            Some((instant(&event.at), happening))
        })
        .collect()
}

impl<'r> FeatureView<'r> {
    fn of(it: &'r FeatureHistory, at: usize, report: &CutoverReport) -> Self {
        let findings = it
            .findings
            .iter()
            .map(|dated| {
                let when = format!("{} in {}", minute(&dated.at), dated.run);
                FindingView::of(&dated.finding, dated.payloads.as_ref(), Some(dated.runs), when)
            })
            .collect();
        Self { it, anchor: format!("feature-{}", at + 1), charts: charts(it, report), findings }
    }

    fn name(&self) -> &str {
        &self.it.standing.feature
    }

    fn standing(&self) -> &FeatureDecision {
        &self.it.standing
    }

    fn stage(&self) -> String {
        self.it.standing.stage.map_or("stage unknown".to_owned(), |stage| format!("stage {stage}"))
    }

    fn runs_said(&self) -> String {
        match self.it.runs.len() {
            0 => "no run yet".to_owned(),
            1 => "1 run".to_owned(),
            many => format!("{many} runs"),
        }
    }

    fn more_said(&self) -> String {
        match self.it.more_findings {
            1 => "One more finding is not listed; the report as JSON of its run has it.".to_owned(),
            many => {
                format!("{many} more findings are not listed; the report as JSON of their runs has them.")
            }
        }
    }

    /// What to do first, or that nothing is missing.
    fn first_step(&self) -> String {
        let lacking: Vec<&Gate> = self.it.standing.lacking().collect();
        let first = lacking.iter().find(|gate| !gate.fix.is_empty()).or(lacking.first());
        match (first, lacking.len()) {
            (None, _) => "lacks nothing".to_owned(),
            (Some(gate), 1) => format!("lacks {}: {}", gate.code, gate.fix),
            (Some(gate), many) => format!("lacks {many} gates; first {}: {}", gate.code, gate.fix),
        }
    }

    fn gates(&self) -> Vec<&Gate> {
        self.it.standing.gates.iter().map(|row| &row.gate).collect()
    }

    fn newest_runs(&self) -> impl Iterator<Item = &RunHistory> {
        self.it.runs.iter().rev()
    }
}

/// Match rate, skew and REST errors of each run; of a feature without runs none.
fn charts(it: &FeatureHistory, report: &CutoverReport) -> Vec<ChartView> {
    let chart = |title, unit, range, value: &dyn Fn(&RunHistory) -> Option<f64>| {
        let points: Vec<SeriesPoint> = it
            .runs
            .iter()
            .filter_map(|run| {
                Some(SeriesPoint { at: instant(&run.started_at), value: value(run)?, verdict: run.verdict })
            })
            .collect();
        let said = match (points.last(), points.len()) {
            (Some(last), many) => {
                format!(
                    "{title}: {many} runs, the newest at {:.1}{unit}; the table of runs has each.",
                    last.value
                )
            }
            (None, _) => format!("{title}: no run has a value."),
        };
        let series = RunSeries {
            points: &points,
            from: instant(&report.from),
            to: instant(&report.to),
            unit,
            range,
            said,
        };
        ChartView { title, svg: series.svg() }
    };
    if it.runs.is_empty() {
        return Vec::new();
    }
    vec![
        chart("Samples that say the same", " %", (99.0, 100.0), &RunHistory::match_rate),
        chart("Skew that was needed, p99", " ms", (0.0, 10.0), &|run| run.skew_p99_ms),
        chart("REST requests that failed", " %", (0.0, 1.0), &RunHistory::error_rate),
    ]
}
