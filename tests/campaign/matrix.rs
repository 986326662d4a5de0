//! What a whole campaign amounts to: the confusion matrix, the shares, every failing seed.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use thor_cutover::model::run::RunReport;
use thor_cutover::model::verdict::Verdict;

use super::trial::{Score, names};
use super::world::{Truth, World};

#[derive(Default)]
pub struct Matrix {
    /// Planted kind → what came of it → how often.
    cells: BTreeMap<String, BTreeMap<String, u64>>,
    clean: u64,
    clean_go: u64,
    plenty: u64,
    plenty_go: u64,
    starved: u64,
    starved_right: u64,
    faulty: u64,
    faulty_go: u64,
    faulty_right: u64,
    attempts: u64,
    alarms: u64,
    errors: u64,
    /// Findings in faulty features that name something else, in worlds scored right.
    beside: u64,
    failures: Vec<String>,
}

/// Per cent of faults that must get their right kind, field and entity.
const RIGHTLY_NAMED: u64 = 99;

impl Matrix {
    pub fn add(&mut self, world: &World, report: &RunReport, score: &Score) {
        let (row, column) = match &world.truth {
            Truth::Clean { plenty } => {
                self.clean += 1;
                self.clean_go += u64::from(report.verdict == Verdict::Go);
                self.plenty += u64::from(*plenty);
                self.plenty_go += u64::from(*plenty && report.verdict == Verdict::Go);
                (if *plenty { "clean, plenty" } else { "clean" }.to_owned(), report.verdict.to_string())
            }
            Truth::Starved(starved) => {
                self.starved += 1;
                self.starved_right += u64::from(*score == Score::Right);
                (format!("starved, {starved:?}"), report.verdict.to_string())
            }
            Truth::Faulty { feature, planted } => {
                self.faulty += 1;
                self.attempts += world.attempts;
                self.faulty_go += u64::from(report.verdict == Verdict::Go);
                self.faulty_right += u64::from(*score == Score::Right);
                let findings = &report.features[*feature].findings;
                let shape = &world.tracks[*feature].shape;
                let (mine, others): (Vec<_>, Vec<_>) =
                    findings.iter().partition(|finding| names(finding, planted, shape));
                self.beside += u64::from(*score == Score::Right && !others.is_empty());
                let column = match (mine.first(), others.first()) {
                    (Some(finding), _) => finding.difference.kind.to_string(),
                    (None, Some(other)) => format!("({})", other.difference.kind),
                    (None, None) => report.verdict.to_string(),
                };
                (format!("{:?}", planted.fault), column)
            }
        };
        *self.cells.entry(row).or_default().entry(column).or_default() += 1;
        let (why, line) = match score {
            Score::Right | Score::Modest => return,
            Score::FalseAlarm(line) => ("false alarm", line),
            Score::FalseGo(line) => ("false go", line),
            Score::Timid(line) => ("timid", line),
            Score::Misnamed(line) => ("misnamed", line),
            Score::Missed(line) => ("missed", line),
        };
        self.alarms += u64::from(matches!(score, Score::FalseAlarm(_)));
        self.errors += u64::from(report.verdict == Verdict::Error);
        let what = match &world.truth {
            Truth::Clean { .. } => "clean".to_owned(),
            Truth::Starved(starved) => format!("{starved:?}"),
            Truth::Faulty { planted, .. } => format!("{:?}", planted.fault),
        };
        self.failures.push(format!("{why:<11} --seed {:<6} {what}: {line}", world.seed));
    }

    /// A panic of the engine, or of the campaign itself.
    pub fn add_panic(&mut self, seed: u64, message: &str) {
        self.errors += 1;
        self.failures.push(format!("panic       --seed {seed:<6} {message}"));
    }

    /// 0 false alarms, 0 errors, 0 false GO, nothing timid, and at least [`RIGHTLY_NAMED`] per cent named rightly.
    pub fn passes(&self) -> bool {
        let fatal = |line: &&String| !line.starts_with("misnamed") && !line.starts_with("missed");
        self.failures.iter().filter(fatal).count() == 0
            && self.faulty_right * 100 >= self.faulty * RIGHTLY_NAMED
    }

    pub fn text(&self) -> String {
        let mut out = String::new();
        for (row, columns) in &self.cells {
            let columns: Vec<String> =
                columns.iter().map(|(column, count)| format!("{column} {count}")).collect();
            let _ = writeln!(out, "{row:<22} {}", columns.join("  "));
        }
        let share = |part: u64, of: u64| if of == 0 { 0.0 } else { part as f64 * 100.0 / of as f64 };
        let _ = writeln!(
            out,
            "\nclean    {} worlds: {} go ({:.1} %); of {} with plenty of evidence {} go\nstarved  {} worlds: {} inconclusive with a reason",
            self.clean,
            self.clean_go,
            share(self.clean_go, self.clean),
            self.plenty,
            self.plenty_go,
            self.starved,
            self.starved_right
        );
        let _ = writeln!(
            out,
            "faulty   {} worlds: {} go, {} named rightly ({:.2} %), {} of them with other findings beside; {:.1} draws a world",
            self.faulty,
            self.faulty_go,
            self.faulty_right,
            share(self.faulty_right, self.faulty),
            self.beside,
            if self.faulty == 0 { 0.0 } else { self.attempts as f64 / self.faulty as f64 }
        );
        let _ = writeln!(out, "alarms   {} false, {} errors", self.alarms, self.errors);
        let mut failures = self.failures.clone();
        failures.sort();
        for line in failures {
            let _ = writeln!(out, "{}", line.chars().take(300).collect::<String>());
        }
        out
    }
}
