//! A run as it is ordered, by a person or by the service: from its beginning to its judged report.

use std::sync::Arc;

use tokio::sync::watch;

use crate::commands::shadow_diff::evidence::EvidenceKeeper;
use crate::commands::shadow_diff::outside::Outside;
use crate::commands::shadow_diff::record::Beginning;
use crate::commands::shadow_diff::signals::Signals;
use crate::commands::shadow_diff::stop_rule::{Rules, RunLength};
use crate::commands::shadow_diff::watch::{EndedRun, NoteLook, RunLook, Watch, end_at};
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::judge::run::judge;
use crate::live::Live;
use crate::model::feature::Feature;
use crate::model::run::RunReport;
use crate::observe::pseudonyms::Pseudonyms;
use crate::observe::queue::Limits;
use crate::observe::websocket::Patience;
use crate::observe::{Observer, Plan};
use crate::report::run::trace::RunTrace;
use crate::settings::Settings;

/// What is wished of a run.
pub struct RunOrder<'a> {
    pub settings: &'a Settings,
    pub environment: &'a Environment,
    /// As configured, account numbers in the clear.
    pub features: &'a [Feature],
    /// Instead of each feature's own interval.
    pub every: Option<std::time::Duration>,
    /// Of each feature, at most.
    pub samples: Option<u64>,
    pub length: RunLength,
    /// The wall-clock time of its end, instead of the length.
    pub until: Option<watch::Receiver<jiff::Timestamp>>,
    pub is_traced: bool,
    pub outside: &'a Outside,
}

/// A run that is over.
pub struct JudgedRun {
    pub report: RunReport,
    pub trace: Option<RunTrace>,
    /// Why it could not go on, where the tool itself failed.
    pub failure: Option<Error>,
}

impl RunOrder<'_> {
    /// Observes from `beginning` on and judges; keeps so far what a kill shall leave. `see` opens what a person
    /// sees meanwhile, once there is something to see; `note` is shown how it stands, at last as it ended.
    ///
    /// # Errors
    /// Whatever kept the run from observing anything at all.
    pub async fn run(
        self,
        beginning: Beginning,
        pseudonyms: Option<Pseudonyms>,
        evidence: &EvidenceKeeper,
        signals: &mut Signals,
        see: impl FnOnce(&mut Signals) -> Live,
        note: NoteLook<'_>,
    ) -> Result<JudgedRun> {
        let clock = beginning.clock;
        let plan = Plan {
            backend: &self.settings.backend,
            auth: &self.settings.auth,
            features: self.features,
            every: self.every,
            pseudonyms,
            limits: Limits::default(),
            patience: Patience::default(),
            seed: clock.wall_now().as_nanosecond() as u64,
            network: Arc::clone(&self.outside.network),
        };
        let observer = tokio::select! {
            biased;
            () = signals.next() => {
                return Err(Error::failed(anyhow::anyhow!("interrupted before anything was observed")));
            }
            observer = Observer::begin(plan, self.environment, clock) => observer?,
        };
        let delays = self.features.iter().map(|feature| feature.push_delay).collect();
        let until = self.until.as_ref().map(|until| *until.borrow());
        let length = until.map_or(self.length, |until| RunLength::Until(end_at(until, clock)));
        let watch = Watch {
            clock,
            features: &beginning.judged,
            thresholds: &self.settings.thresholds,
            digest: &beginning.digest,
            observer,
            panel: beginning.panel,
            trace: self.is_traced.then(|| RunTrace::of(beginning.judged.len())),
            writer: beginning.recording,
            rules: Rules::new(length, self.samples, delays, clock.now()),
            until: self.until,
            live: see(signals),
            keep: &mut |report| evidence.keep_aside(report),
            note: &mut *note,
        };
        let EndedRun { tally, trace, end, failure } = watch.run(signals).await?;
        let Beginning { judged, digest, expired, .. } = beginning;
        let mut report = judge(&judged, &tally, &self.settings.thresholds, end, &digest);
        note(RunLook { report: &report, tally: &tally, queued: 0 });
        report.warnings.extend(expired);
        Ok(JudgedRun { report, trace, failure })
    }
}
