//! The service's log: a line for whatever happens, with the time, on stderr.

use crate::clock::Clock;
use crate::commands::shadow_diff::evidence::EvidenceOutcome;
use crate::commands::watch::journal::Settled;
use crate::evidence::Kept;
use crate::model::run::RunReport;
use crate::model::text::visible;
use crate::watch::WindowKey;

/// Who writes it.
#[derive(Debug, Clone)]
pub struct Log {
    /// Whether only what went wrong is told.
    pub is_quiet: bool,
    /// Whether each line names its target.
    pub names_targets: bool,
}

impl Log {
    /// What a person may want to know.
    pub fn say(&self, line: &str) {
        if !self.is_quiet {
            self.warn(line);
        }
    }

    /// What a person has to know.
    #[expect(clippy::unused_self, reason = "it is the log that speaks")]
    pub fn warn(&self, line: &str) {
        crate::say(&format!("{}  {}", Clock::wall().strftime("%Y-%m-%dT%H:%M:%SZ"), visible(line)));
    }

    /// About one window.
    pub fn window(&self, key: &WindowKey, line: &str) {
        if !self.is_quiet {
            self.warn_of(key, line);
        }
    }

    /// About one window, and has to be known.
    pub fn warn_of(&self, key: &WindowKey, line: &str) {
        match self.names_targets {
            true => self.warn(&format!("{} on {}: {line}", key.session, key.target)),
            false => self.warn(&format!("{}: {line}", key.session)),
        }
    }

    /// What a piece came to that was judged from its recording.
    pub fn settled(&self, key: &WindowKey, settled: &Settled) {
        match settled {
            Settled::Nothing => {}
            Settled::Kept { run, kept: Kept::Recorded { path, warnings } } => {
                self.window(key, &format!("left unfinished: judged from its recording, run {run} kept in {}", path.display()));
                warnings.iter().for_each(|warning| self.warn_of(key, warning));
            }
            Settled::Kept { run, kept: Kept::Spooled { path, why } } => {
                self.warn_of(key, &format!("left unfinished: run {run} waits in {}: {why}", path.display()));
            }
            Settled::Unreadable(why) => self.warn_of(
                key,
                &format!("left unfinished, and its recording cannot be judged: {why}; what was kept while it was observed stands"),
            ),
        }
    }

    /// What a window came to, and where its evidence is: whether it is kept, and whether beside the ledger.
    pub fn kept(&self, key: &WindowKey, report: &RunReport, outcome: &EvidenceOutcome) -> (bool, bool) {
        let verdicts: Vec<String> =
            report.features.iter().map(|it| format!("{} {}", it.feature, it.verdict)).collect();
        let verdicts = verdicts.join(", ");
        match outcome {
            EvidenceOutcome::Done(Ok(Kept::Recorded { path, warnings })) => {
                self.window(key, &format!("{verdicts}; evidence kept in {}", path.display()));
                warnings.iter().for_each(|warning| self.warn_of(key, warning));
                (true, false)
            }
            EvidenceOutcome::Done(Ok(Kept::Spooled { path, why })) => {
                self.warn_of(key, &format!("{verdicts}; evidence waits in {}: {why}", path.display()));
                (true, true)
            }
            EvidenceOutcome::Done(Err(error)) => {
                self.warn_of(key, &format!("{verdicts}; evidence NOT kept: {error}"));
                (false, false)
            }
            EvidenceOutcome::Lost(why) => {
                self.warn_of(key, &format!("{verdicts}; evidence NOT kept: {why}"));
                (false, false)
            }
            EvidenceOutcome::NotWanted => (true, false),
        }
    }
}
