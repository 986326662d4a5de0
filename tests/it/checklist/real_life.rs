//! The life of one feature with nothing made up: the real backend, three real sessions of 40 seconds, the flag
//! flipped, the way back walked, the timer deleted; and at each step what is missing is named.

use std::thread::sleep;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use thor_cutover::clock::Clock;

use super::whole_life::{FEATURE, Thor};
use crate::backend::Backend;
use crate::control::tool::Said;

/// From the opening of a session to that of the next one.
const APART: i64 = 75;

struct Life {
    thor: Thor,
    backend: Backend,
    /// When the first session opens.
    start: Timestamp,
}

impl Life {
    fn begin() -> Self {
        let backend = Backend::start(&["--tick", "0.3"]);
        let more = format!(
            "[backend]\nrest_url = \"{}\"\naccount_id = \"{}\"\n[auth]\nlogin = {{}}\n\
             [features.account_balance.ws]\nevery = \"2s\"\n\
             [thresholds]\nmin_samples = 10\nmin_transitions = 3\n",
            backend.said("rest_url"),
            backend.said("account_id")
        );
        let start = Timestamp::from_second(Clock::wall().as_second() + 30).unwrap();
        let thor = Thor::with_sessions(start, APART, &more);
        Self { thor, backend, start }
    }

    fn shadow_diff(&self, seconds: i64) -> Said {
        let length = format!("{seconds}s");
        let output = self
            .thor
            .tool
            .command(&["shadow-diff", FEATURE, "--every", "200ms", "--for", &length, "--format", "json"])
            .env("THOR_USER", self.backend.said("user"))
            .env("THOR_PASSWORD", self.backend.said("password"))
            .output()
            .unwrap();
        Said::of(output)
    }

    /// Watches a whole session, from before its opening until after its close.
    fn session(&self, number: i64) -> Said {
        let open = self.start + SignedDuration::from_secs(number * APART);
        let early = open.duration_since(Clock::wall()) - SignedDuration::from_secs(5);
        assert!(early.as_secs() > -4, "session {number} opened before it was the turn of it");
        sleep(Duration::try_from(early).unwrap_or_default());
        let close = open + SignedDuration::from_secs(40);
        // polling stops D before the end
        self.shadow_diff(close.duration_since(Clock::wall()).as_secs() + 5)
    }

    fn lacks(&self, more: &[&str], code: &str) {
        let lacking = self.thor.lacking(more);
        assert!(lacking.iter().any(|it| it == code), "{code} is not among {lacking:?}");
    }
}

#[test]
fn from_no_evidence_to_a_deleted_timer_on_the_real_backend() {
    let life = Life::begin();
    let thor = &life.thor;
    let delete = [FEATURE, "--decision", "delete"];

    life.lacks(&[FEATURE], "evidence-present");
    thor.checklist(&[FEATURE]).exits(3);
    thor.tool.run(&["enable", FEATURE]).exits(3);

    life.shadow_diff(9).exits(0);
    life.lacks(&[FEATURE], "sessions-covered");
    thor.checklist(&[FEATURE]).exits(3);

    // a divergence is no-go; only what is observed after it counts
    life.backend
        .door()
        .plant(json!({"name": "value_off_by_cent", "feature": FEATURE, "field": "cash", "count": 18}));
    life.shadow_diff(9).exits(1);
    life.lacks(&[FEATURE], "parity");
    thor.checklist(&[FEATURE]).exits(1);

    life.session(0).exits(0);
    thor.checklist(&[FEATURE]).exits(0);
    thor.tool.run(&["enable", FEATURE]).exits(0);
    thor.checklist(&[]).exits(0);
    for code in ["sessions-covered", "rollback-rehearsed", "signed-off", "callers-gone", "fields-accepted"] {
        life.lacks(&delete, code);
    }
    thor.checklist(&delete).exits(1);

    life.session(1).exits(0);
    thor.tool.run(&["rollback", FEATURE, "--rehearsal"]).exits(0);
    life.shadow_diff(9).exits(0);
    thor.tool.run(&["enable", FEATURE]).exits(0);
    life.session(2).exits(0);
    for code in ["signed-off", "callers-gone"] {
        life.lacks(&delete, code);
    }
    life.lacks(&delete, "fields-accepted");
    // one account was watched, so its number never moved
    thor.sign_off(&["/account_id"]);
    life.lacks(&delete, "callers-gone");
    thor.take_the_poller_away();
    thor.checklist(&delete).exits(0);

    thor.delete();
    let said = thor.checklist(&["--for", "claimed", "--format", "json"]).exits(0).json();
    assert_eq!(said["verdict"], "go", "{said:#}");
    assert_eq!(said["features"][0]["decision"], "delete");
}
