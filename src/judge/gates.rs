//! The catalogue of decision gates: what each measures, and for which decisions. Codes never change.

use crate::model::stage::Decision;

/// A gate as `thor-cutover gates` explains it.
#[derive(Debug, PartialEq, Eq)]
pub struct Description {
    /// Stable kebab-case code.
    pub code: &'static str,
    pub decisions: &'static [Decision],
    pub measures: &'static str,
}

use Decision::{Complete, Cutover, Delete, Shadow};

macro_rules! catalogue {
    ($($name:ident = $code:literal, [$($decision:ident),+], $measures:literal;)+) => {
        $(pub const $name: Description =
            Description { code: $code, decisions: &[$($decision),+], measures: $measures };)+
        /// Every decision gate, in the order of the decisions.
        pub const ALL: &[&Description] = &[$(&$name),+];
    };
}

catalogue! {
    SOURCE_FOUND = "source-found", [Shadow, Cutover, Delete, Complete],
        "a source tree of Thor was searched, and the feature's code recognised in it";
    JOB_FOUND = "job-found", [Shadow], "something produces the feature's data and is started";
    BROADCAST_FOUND = "broadcast-found", [Shadow], "the feature's message is sent to the WebSocket's group";
    BROADCAST_UNGATED = "broadcast-ungated", [Shadow],
        "the broadcast does not wait for the flag: otherwise shadow mode has nothing to compare";
    HANDLER_FOUND = "handler-found", [Shadow],
        "the consumer has a method for the message's type: without one every client is closed with 1011";
    IMPORTS_RESOLVE = "imports-resolve", [Shadow], "the feature's files import only modules that are there";
    FILES_PARSE = "files-parse", [Shadow, Complete], "every file that mentions the feature could be parsed";

    INTEGRATED = "integrated", [Cutover, Delete], "every gate of the decision `shadow` passes";
    REVISION_KNOWN = "revision-known", [Cutover, Delete], "the backend revision that the decision is about is known";
    EVIDENCE_PRESENT = "evidence-present", [Cutover, Delete],
        "runs bound to this target, account, rules, revision and flag state, not yet expired";
    PARITY = "parity", [Cutover, Delete], "the newest conclusive run found no difference between REST and WebSocket";
    SILENCE = "silence", [Cutover, Delete], "the feature's messages were seen: silence proves nothing";
    TRANSITIONS_COVERED = "transitions-covered", [Cutover, Delete], "changes of compared fields seen on both sides";
    SESSIONS_COVERED = "sessions-covered", [Cutover, Delete],
        "full market sessions watched: in shadow for `cutover`, with the flag on for `delete`";
    ENTITIES_TOLD = "entities-told", [Cutover],
        "every entity that REST listed throughout the runs had a message in one of them, or is accepted by name";
    FLAG_ORDER = "flag-order", [Cutover], "the features before this one are live: one at a time, in order";
    HAZARDS_CLEARED = "hazards-cleared", [Cutover, Delete],
        "hazards of the feature's source are gone or accepted by name: those of its WebSocket path for `cutover`, those of taking REST away for `delete`";

    CUTOVER_HELD = "cutover-held", [Delete], "the GO for `cutover` still stands";
    FLAG_ON = "flag-on", [Delete], "the backend's flag is on: the screen is fed by the WebSocket";
    FLAGS_AGREE = "flags-agree", [Delete], "backend and frontend flags say the same, wherever they are written or served";
    GAPS_HEALED = "gaps-healed", [Delete],
        "for on-change features: REST never moved while the connection was down (reconnecting replays nothing)";
    ROLLBACK_REHEARSED = "rollback-rehearsed", [Delete],
        "flag off, REST still right, flag on again, WebSocket right";
    SIGNED_OFF = "signed-off", [Delete], "a person stands for the deletion";
    REMOVALS_KNOWN = "removals-known", [Delete],
        "of each timer and endpoint that is not in the source it is known that it went, or that it never was there";
    TIMER_UNSHARED = "timer-unshared", [Delete], "the REST timer serves no feature that is not live yet";
    CALLERS_GONE = "callers-gone", [Delete], "nothing asks its endpoints any more, its own pollers included";
    LISTENER_REACHABLE = "listener-reachable", [Delete],
        "the application leads to a listener for the feature's messages, and no page that polled does neither now";
    FIELDS_ACCEPTED = "fields-accepted", [Delete],
        "fields that only REST has, and fields that never moved, are accepted by name";

    DELETE_HELD = "delete-held", [Complete], "the GO for `delete` stands";
    REQUESTS_RESOLVED = "requests-resolved", [Complete],
        "every repeated request and every broadcast is known to be the feature's or not";
    TIMERS_GONE = "timers-gone", [Complete], "no REST timer of the feature is left";
    POLLERS_GONE = "pollers-gone", [Complete], "no poller of the feature is left";
    ENDPOINTS_GONE = "endpoints-gone", [Complete], "no REST endpoint of the feature is left";
    URLS_GONE = "urls-gone", [Complete], "no REST path of the feature is written anywhere, no caller left";
    FLAG_READS_GONE = "flag-reads-gone", [Complete], "no code reads the feature's flag";
    LOGS_CLEAN = "logs-clean", [Cutover, Delete, Complete],
        "the given logs tell of no error on the WebSocket path inside the observed time";
    DOCUMENTATION_UPDATED = "documentation-updated", [Complete], "a person says the documentation is up to date";
    RELEASE_TAGGED = "release-tagged", [Complete], "a release tag contains the work";
    TEAM_INFORMED = "team-informed", [Complete], "a person says the team was told";
    EVIDENCE_ARCHIVED = "evidence-archived", [Complete], "the evidence was exported after the feature's last run";
}
