//! The flags while something is observed: what files declare is read again and again, and a backend that serves them is
//! asked as often. Where one was flipped, what is observed from then on is evidence of another state.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::commands::provenance;
use crate::commands::served_flags::{FLAGS_EVERY, LastServed, ask};
use crate::commands::watch::log::Log;
use crate::commands::watch::{WatchService, WindowNews};
use crate::model::facts::flags::FlagFacts;
use crate::watch::WatchEvent;

/// The backends that serve their flags.
#[derive(Debug, Default)]
pub struct AskedBackends {
    pub served: LastServed,
    /// When each target's was asked last, and whether the answer is still awaited.
    asked: BTreeMap<String, (Timestamp, bool)>,
    /// Those that do not answer, which was said.
    silent: BTreeSet<String>,
}

impl AskedBackends {
    /// Whether it is time to ask; then it counts as asked.
    fn is_due(&mut self, target: &str, now: Timestamp) -> bool {
        let every = SignedDuration::try_from(FLAGS_EVERY).unwrap_or(SignedDuration::MAX);
        let is_due = |(at, is_awaited): &(Timestamp, bool)| {
            // a clock that was set back must not keep it waiting
            !is_awaited && !(SignedDuration::ZERO..every).contains(&now.duration_since(*at))
        };
        let is_due = self.asked.get(target).is_none_or(is_due);
        if is_due {
            self.asked.insert(target.to_owned(), (now, true));
        }
        is_due
    }

    /// Takes an answer. One that does not come is said once.
    pub fn heard(&mut self, target: &str, answer: Result<FlagFacts, String>, log: &Log) {
        if let Some((_, is_awaited)) = self.asked.get_mut(target) {
            *is_awaited = false;
        }
        match answer {
            Ok(facts) => {
                self.served.put(target, facts);
                if self.silent.remove(target) {
                    log.say(&format!("the backend of {target} serves its flags again"));
                }
            }
            Err(why) if self.silent.insert(target.to_owned()) => {
                log.warn(&format!("what was served last counts until it answers: {why}"));
            }
            Err(_) => {}
        }
    }
}

impl WatchService<'_> {
    /// Asks the backends of what is being observed, each once at a time; the answers come as [`WindowNews::Served`].
    pub(super) fn ask_for_flags(&mut self, now: Timestamp) {
        let targets: BTreeSet<&String> = self
            .open
            .iter()
            .filter(|(_, window)| window.flags.is_some())
            .map(|(key, _)| &key.target)
            .collect();
        for target in targets {
            let Some(settings) = self.configured.settings.get(target) else { continue };
            let Some(url) = settings.flags.served_url.clone() else { continue };
            if !self.backends.is_due(target, now) {
                continue;
            }
            let (settings, told, target) = (Arc::clone(settings), self.told.clone(), target.clone());
            tokio::spawn(async move {
                let answer = ask(&url, &settings).await;
                // the service is gone only where the process is
                let _ = told.send(WindowNews::Served { target, answer });
            });
        }
    }

    /// Finds what was flipped since a window began.
    pub(super) fn look_at_flags(&mut self, now: Timestamp) {
        let mut flags_of = BTreeMap::new();
        let mut flipped_of: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (key, window) in &mut self.open {
            let Some(before) = &window.flags else { continue };
            // one that ends because of its target is not told to end because of its flags
            if !self.scheduler.is_observing(key) {
                continue;
            }
            let Some(settings) = self.configured.settings.get(&key.target) else { continue };
            let flags = flags_of.entry(key.target.clone()).or_insert_with(|| {
                provenance::flags_now(settings, &self.environment, self.backends.served.of(&key.target))
            });
            let is_flipped = |feature: &&String| flags.get(*feature) != before.get(*feature);
            let flipped: Vec<String> = window.features.iter().filter(is_flipped).cloned().collect();
            if !flipped.is_empty() {
                flipped_of.entry(key.target.clone()).or_default().extend(flipped);
                window.flags = None;
            }
        }
        for (target, features) in flipped_of {
            let features: Vec<String> = features.into_iter().collect();
            let of = if self.log.names_targets { format!(" of {target}") } else { String::new() };
            self.log.say(&format!("the flag of {}{of} was changed", features.join(", ")));
            self.scheduler.handle(now, WatchEvent::Flipped { target, features });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backend_is_asked_every_five_seconds_and_never_twice_at_once() {
        let mut backends = AskedBackends::default();
        let at = |seconds: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
        let log = Log { is_quiet: true, names_targets: false };
        assert!(backends.is_due("main", at(100)));
        assert!(!backends.is_due("main", at(200)), "it has not answered");
        assert!(backends.is_due("other", at(200)));
        backends.heard("main", Ok(FlagFacts::default()), &log);
        assert!(backends.is_due("main", at(200)));
        backends.heard("main", Ok(FlagFacts::default()), &log);
        assert!(!backends.is_due("main", at(204)));
        assert!(backends.is_due("main", at(205)));
        backends.heard("main", Ok(FlagFacts::default()), &log);
        assert!(backends.is_due("main", at(50)), "the clock was set back");
    }

    #[test]
    fn what_was_served_last_counts_until_it_answers_again() {
        let mut backends = AskedBackends::default();
        let log = Log { is_quiet: true, names_targets: false };
        let facts = FlagFacts { warnings: vec!["one".to_owned()], ..FlagFacts::default() };
        backends.heard("main", Ok(facts.clone()), &log);
        backends.heard("main", Err("it does not answer".to_owned()), &log);
        assert_eq!(backends.served.of("main"), facts);
        backends.served.forget("main");
        assert_eq!(backends.served.of("main"), FlagFacts::default());
    }
}
