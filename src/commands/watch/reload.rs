//! SIGHUP: the configuration is read anew, and what it changes is closed and begun again.

use crate::clock::Clock;
use crate::commands::watch::WatchService;
use crate::commands::watch::configured::Configured;
use crate::watch::WatchEvent;

impl WatchService<'_> {
    pub(super) fn reload(&mut self) {
        match Configured::load(self.cli, self.arguments, &self.environment) {
            Err(error) => {
                self.log.warn(&format!("the configuration stays as it was: {error}"));
                error.hint.iter().for_each(|hint| self.log.warn(&format!("hint: {hint}")));
            }
            Ok(configured) => {
                if let Some(why) = self.configured.has_lost(&configured) {
                    return self.log.warn(&format!("the configuration stays as it was: {why}"));
                }
                if configured.watch.folder != self.configured.watch.folder {
                    self.log.warn("warning: [watch] folder counts from the next start on");
                }
                if configured.listen != self.configured.listen {
                    self.log.warn("warning: [watch] listen counts from the next start on");
                }
                if !configured.watch.notify.tells_as(&self.configured.watch.notify) {
                    self.log.warn("warning: [watch.notify] counts from the next start on");
                }
                self.log.names_targets = configured.plans.len() > 1;
                self.log.say("the configuration was read anew");
                configured.warnings.iter().for_each(|it| self.log.warn(&format!("warning: {it}")));
                let plans = configured.plans.clone();
                self.configured = configured;
                self.told_of_sleep = None;
                self.scheduler.handle(Clock::wall(), WatchEvent::Reloaded(plans));
                // perhaps in another store
                self.may_have_more(Clock::wall());
            }
        }
    }
}
