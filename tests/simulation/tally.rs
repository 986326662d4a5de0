//! What came of all seeds, in numbers.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::laws::{last_report, verdict};
use crate::life::{Ended, Past};

#[derive(Debug, Default)]
pub struct Tally {
    /// By what was wrong and how it went on, then by verdict.
    verdicts: BTreeMap<(&'static str, &'static str), BTreeMap<String, u64>>,
    lives: BTreeMap<&'static str, u64>,
    steps: u64,
    delivered: u64,
    /// Seconds that were simulated.
    seconds: u64,
}

impl Tally {
    pub fn add(&mut self, past: &Past) {
        let plan = &past.world.plan;
        let what = if plan.wrong.is_some() { "wrong" } else { "right" };
        let how = match (plan.is_undisturbed(), plan.is_late()) {
            (true, _) => "undisturbed",
            (_, true) => "late",
            _ => "disturbed",
        };
        let came = match (last_report(past), past.lives.last().map(|life| &life.how)) {
            (Some(report), _) if report.exit_code == 4 => format!("error, else {}", verdict(report)),
            (Some(report), _) => report.verdict.to_string(),
            (None, Some(Ended::Killed)) => "killed".to_owned(),
            (None, _) => "refused".to_owned(),
        };
        *self.verdicts.entry((what, how)).or_default().entry(came).or_default() += 1;
        for life in &past.lives {
            let how = match life.how {
                Ended::Killed => "killed",
                Ended::Refused(..) => "ended before there was anything to judge",
                Ended::Answered(..) => "answered",
                Ended::Hung => "hung",
            };
            *self.lives.entry(how).or_default() += 1;
            self.steps += life.steps;
            self.seconds += ((life.ended - life.began) / 1_000_000_000) as u64;
        }
        self.delivered += past.world.delivered().len() as u64;
    }

    pub fn text(&self) -> String {
        let mut text = String::new();
        for ((what, how), verdicts) in &self.verdicts {
            let _ = write!(text, "values {what}, {how}:");
            text.extend(verdicts.iter().map(|(verdict, count)| format!("  {verdict} {count}")));
            text.push('\n');
        }
        let _ = write!(text, "lives:");
        text.extend(self.lives.iter().map(|(how, count)| format!("  {how} {count}")));
        let _ = writeln!(
            text,
            "\n{} simulated hours, {} messages and answers delivered, {} places to end at",
            self.seconds / 3_600,
            self.delivered,
            self.steps
        );
        text
    }
}
