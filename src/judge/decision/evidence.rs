//! The gates that rest on runs alone; `cutover` asks them of the shadow stage, `delete` of the live stage.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::judge::decision::scope::{Scope, SeenRun};
use crate::judge::decision::sessions::{
    Coverage, Verified, coverage, occurrences, union, verified as newest_stretch,
};
use crate::judge::decision::{DecisionFacts, DecisionRow, listed};
use crate::judge::gates;
use crate::model::facts::ledger::FlagState;
use crate::model::feature::Feature;
use crate::model::gate::Gate;
use crate::model::session::Session;
use crate::model::stage::Decision;
use crate::model::text::counted;
use crate::model::verdict::Verdict;

/// Runs that follow each other this closely leave no gap.
const CONTIGUOUS: SignedDuration = SignedDuration::from_secs(5);

/// What a decision asks of the runs.
pub(super) struct Question<'f, 'a> {
    pub facts: &'f DecisionFacts<'a>,
    pub feature: &'f Feature,
    pub scope: &'f Scope<'a>,
    /// What the flag must have been.
    pub flag: FlagState,
    /// Full sessions that are needed.
    pub sessions: u64,
}

impl<'a> Question<'_, 'a> {
    /// Evidence counts up to here: a granted decision is judged as of its grant.
    fn until(&self) -> Timestamp {
        self.scope.granted_at.unwrap_or(self.facts.now)
    }

    pub fn observe(&self) -> String {
        format!("thor-cutover shadow-diff {} --until-close", self.feature.name)
    }

    /// The runs that count.
    pub fn runs(&self) -> Vec<SeenRun<'a>> {
        self.scope.with_flag(self.flag).filter(|seen| seen.run.started_at <= self.until()).collect()
    }

    pub fn rows(&self) -> Vec<Gate> {
        vec![
            self.revision_known(),
            self.evidence_present(),
            self.parity(),
            self.silence(),
            self.transitions(),
            self.sessions_covered(),
        ]
    }

    fn revision_known(&self) -> Gate {
        let row = match &self.facts.git.head {
            Some(head) => DecisionRow::new(&gates::REVISION_KNOWN, Verdict::Go, head.short()),
            None => DecisionRow::without_source(self.facts, &gates::REVISION_KNOWN, "unknown"),
        };
        row.against("known")
            .fix("run it in Thor's git checkout, name that with --source DIR, or say --revision REV")
    }

    fn evidence_present(&self) -> Gate {
        let runs = self.runs();
        let passing = runs.iter().filter(|seen| seen.passes).count();
        let imported = runs.iter().filter(|seen| seen.run.imported.is_some()).count();
        let mut value = match runs.len() {
            0 => format!("no run with the flag {}", self.flag.as_str()),
            1 => format!("1 run with the flag {}, {passing} clean", self.flag.as_str()),
            many => format!("{many} runs with the flag {}, {passing} of them clean", self.flag.as_str()),
        };
        if imported > 0 {
            value += &format!(", {imported} imported");
        }
        let other_flag = self.scope.bound.len() - self.scope.with_flag(self.flag).count();
        let mut left_out = self.scope.left_out();
        if other_flag > 0 {
            let and = if left_out.is_empty() { "" } else { ", " };
            left_out = format!("{other_flag} with the flag otherwise or unknown{and}{left_out}");
        }
        if self.facts.ledger.older_runs > 0 {
            let and = if left_out.is_empty() { "" } else { ", " };
            left_out += &format!("{and}{} of any feature expired", self.facts.ledger.older_runs);
        }
        if !left_out.is_empty() {
            value += &format!("; not counted: {left_out}");
        }
        let verdict = if passing > 0 { Verdict::Go } else { Verdict::Inconclusive };
        DecisionRow::new(&gates::EVIDENCE_PRESENT, verdict, value)
            .against("at least 1 clean")
            .n(runs.len())
            .fix(self.remedy().unwrap_or_else(|| self.observe()))
    }

    /// What to do where runs are there and do not count, other than to observe anew.
    fn remedy(&self) -> Option<String> {
        let left_out = self.scope.left_out();
        if left_out.contains("under another key") {
            return Some(
                "share one key of pseudonyms, then observe: thor-cutover evidence key export FILE on one machine, \
                 thor-cutover evidence key import FILE on the others"
                    .to_owned(),
            );
        }
        left_out.contains("imported from").then(|| {
            "export it where it was observed, signed: thor-cutover evidence export FILE --sign KEYFILE; or name \
             the signer's key in [evidence] trusted_keys"
                .to_owned()
        })
    }

    /// The newest run that decided anything speaks, whatever the flag was: a divergence is one in either stage.
    fn parity(&self) -> Gate {
        let conclusive = || self.scope.bound.iter().filter(|seen| seen.fails() || seen.passes);
        let failing = conclusive().filter(|seen| seen.fails()).count();
        let n = conclusive().count();
        let row = match conclusive().max_by_key(|seen| (seen.ended_at, &seen.run.id)) {
            None => DecisionRow::new(&gates::PARITY, Verdict::Inconclusive, "no conclusive run"),
            Some(seen) if seen.fails() => DecisionRow::new(
                &gates::PARITY,
                Verdict::NoGo,
                format!("run {} of {}: {}", seen.run.id, seen.run.ended_at, named(seen)),
            ),
            Some(_) if failing > 0 => {
                let value = format!(
                    "clean again; {failing} failing runs before, what was watched up to them does not count"
                );
                DecisionRow::new(&gates::PARITY, Verdict::Go, value)
            }
            Some(_) => DecisionRow::new(
                &gates::PARITY,
                Verdict::Go,
                match n {
                    1 => "1 conclusive run, without a difference".to_owned(),
                    n => format!("{n} conclusive runs, none differs"),
                },
            ),
        };
        let fix = if failing > 0 {
            "repair what differs (thor-cutover evidence show RUN), then observe again".to_owned()
        } else {
            self.observe()
        };
        row.against("no difference").n(n).fix(fix)
    }

    fn silence(&self) -> Gate {
        let runs = self.runs();
        let messages: u64 = runs.iter().map(|seen| seen.it.messages).sum();
        let mute = runs.iter().filter(|seen| seen.it.messages == 0).count();
        let newest_mute = runs.last().is_some_and(|seen| seen.it.messages == 0);
        let verdict = if messages > 0 && !newest_mute { Verdict::Go } else { Verdict::Inconclusive };
        let value = match (messages, mute) {
            (0, 0) => "nothing observed".to_owned(),
            (0, _) => format!("no message seen in {}", counted(mute, "run", "runs")),
            (_, 0) => format!("{} seen", counted(messages, "message", "messages")),
            _ => format!(
                "{} seen, none in {}{}",
                counted(messages, "message", "messages"),
                counted(mute, "run", "runs"),
                if newest_mute { ", the newest among them" } else { "" }
            ),
        };
        let fix = if mute > 0 {
            "find out why nothing arrives: thor-cutover doctor".to_owned()
        } else {
            self.observe()
        };
        DecisionRow::new(&gates::SILENCE, verdict, value).against("messages seen").n(runs.len()).fix(fix)
    }

    fn transitions(&self) -> Gate {
        let seen: u64 = self.runs().iter().filter(|seen| seen.passes).map(|seen| seen.it.transitions).sum();
        let needed = self.facts.thresholds.min_transitions;
        let verdict = if seen >= needed { Verdict::Go } else { Verdict::Inconclusive };
        DecisionRow::new(&gates::TRANSITIONS_COVERED, verdict, seen.to_string())
            .against(format!("at least {needed}"))
            .n(self.runs().len())
            .fix("observe while the values move: equal samples of a frozen market prove nothing")
    }

    fn sessions_covered(&self) -> Gate {
        let share = self.facts.thresholds.session_coverage * 100.0;
        let threshold = match self.sessions {
            0 => "no session is asked for".to_owned(),
            1 => format!("1 session, {share:.0} % of it"),
            many => format!("{many} sessions, {share:.0} % of each"),
        };
        let row = |verdict, value: String| {
            DecisionRow::new(&gates::SESSIONS_COVERED, verdict, value).against(&threshold)
        };
        let sessions = sessions_of(self.facts, self.feature);
        if sessions.is_empty() {
            return row(Verdict::Inconclusive, "no market session is configured for the feature".to_owned())
                .fix(format!("add a [[session]] whose features name {}", self.feature.name));
        }
        let coverage = match self.coverage(&sessions) {
            Ok(coverage) => coverage,
            Err(error) => {
                return row(Verdict::Error, error).fix("write an IANA time zone, such as America/New_York");
            }
        };
        let full = coverage.iter().filter(|it| self.is_full(it)).count();
        let started: Vec<String> =
            coverage.iter().filter(|it| it.share > 0.0).map(|it| self.describe(it)).collect();
        let latest: Vec<&String> = started.iter().rev().take(5).rev().collect();
        let mut value = match full {
            0 => "no full session".to_owned(),
            1 => "1 full session".to_owned(),
            many => format!("{many} full sessions"),
        };
        if !latest.is_empty() {
            value += &format!(" ({})", latest.iter().map(|it| it.as_str()).collect::<Vec<_>>().join(", "));
        }
        let verdict = if full as u64 >= self.sessions { Verdict::Go } else { Verdict::Inconclusive };
        let missing = self.sessions.saturating_sub(full as u64);
        let observe = || {
            let (flag, observe) = (self.flag.as_str(), self.observe());
            let sessions = if missing == 1 { "session" } else { "sessions" };
            format!("observe {missing} more full {sessions} with the flag {flag}: {observe}")
        };
        row(verdict, value).n(started.len()).fix(self.remedy().unwrap_or_else(observe))
    }

    fn coverage(&self, sessions: &[&Session]) -> Result<Vec<Coverage>, String> {
        let watched = union(self.scope.watched(self.flag, self.until()));
        let (Some(first), Some(last)) = (watched.first(), watched.last()) else { return Ok(Vec::new()) };
        Ok(coverage(&occurrences(sessions, first.from, last.to)?, &watched, self.facts.now))
    }

    fn is_full(&self, coverage: &Coverage) -> bool {
        coverage.over && coverage.share >= self.facts.thresholds.session_coverage
    }

    fn describe(&self, coverage: &Coverage) -> String {
        let Coverage { occurrence, share, over } = coverage;
        let open = if *over { "" } else { ", still open" };
        // Rounded down: 94.99 % must not look like the 95 % it misses.
        let session = self.facts.sessions.iter().find(|session| session.name == occurrence.name);
        let doubt = session.and_then(|session| session.doubt(occurrence.day));
        let doubt = doubt.map(|doubt| format!(" ({doubt})")).unwrap_or_default();
        format!("{} {} {:.0} %{open}{doubt}", occurrence.name, occurrence.day, (share * 100.0).floor())
    }
}

fn sessions_of<'a>(facts: &DecisionFacts<'a>, feature: &Feature) -> Vec<&'a Session> {
    facts.sessions.iter().filter(|session| session.features.contains(&feature.name)).collect()
}

/// `3 × value at /cash, 1 × dropped_push`
fn named(seen: &SeenRun<'_>) -> String {
    let findings: Vec<String> = seen
        .it
        .findings
        .iter()
        .map(|it| match &it.field {
            Some(field) => format!("{} × {} at {field}", it.count, it.kind),
            None => format!("{} × {}", it.count, it.kind),
        })
        .collect();
    if !findings.is_empty() {
        return listed(&findings);
    }
    let gates: Vec<String> = seen
        .it
        .failing
        .iter()
        .filter(|gate| gate.verdict == Verdict::NoGo)
        .map(|gate| format!("{}: {}", gate.code, gate.value))
        .collect();
    listed(&gates)
}

/// How far the feature is verified without a break, for the stage that the decision rests on.
pub(super) fn verified(facts: &DecisionFacts<'_>, feature: &Feature, decision: Decision) -> Option<Verified> {
    let flag = match decision {
        Decision::Cutover => FlagState::Off,
        Decision::Delete | Decision::Complete => FlagState::On,
        Decision::Shadow => return None,
    };
    let decision = decision.min(Decision::Delete);
    let scope = Scope::of(facts, feature, decision);
    let watched = union(scope.watched(flag, scope.granted_at.unwrap_or(facts.now)));
    let (first, last) = (watched.first()?, watched.last()?);
    let occurrences = occurrences(&sessions_of(facts, feature), first.from, last.to).ok()?;
    newest_stretch(&occurrences, &watched, CONTIGUOUS)
}

/// Fields that must be accepted by name before REST goes: those it alone has, and those that never moved.
pub(super) fn unproven_fields(question: &Question<'_, '_>) -> BTreeSet<String> {
    let runs = || question.scope.bound.iter().filter(|seen| seen.passes);
    let moved: BTreeSet<String> = runs().flat_map(|seen| &seen.it.moved).map(ToString::to_string).collect();
    let unmoved = runs().flat_map(|seen| &seen.it.unmoved).map(ToString::to_string);
    let rest_only = runs().flat_map(|seen| &seen.it.rest_only).map(ToString::to_string);
    let declared = question.feature.rest_only.iter().map(ToString::to_string);
    let compared: BTreeSet<String> =
        runs().flat_map(|s| s.it.moved.iter().chain(&s.it.unmoved)).map(ToString::to_string).collect();
    unmoved
        .filter(|field| !moved.contains(field))
        .chain(rest_only)
        .chain(declared.filter(|field| !compared.contains(field)))
        .collect()
}
