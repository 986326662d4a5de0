//! What stands behind each gate, for whoever meets it for the first time: why it is asked, what it looks like when it
//! does not pass, what to do then. `thor-cutover gates --explain CODE` shows it; a test holds it against the gates.

/// A page about one gate.
#[derive(Debug, PartialEq, Eq)]
pub struct GatePage {
    pub code: &'static str,
    /// What would go wrong without it.
    pub why: &'static str,
    /// What it says where it does not pass.
    pub example: &'static str,
    pub fix: &'static str,
}

macro_rules! explanations {
    ($($code:literal: $why:literal, $example:literal, $fix:literal;)+) => {
        /// One for each gate of a run and of a decision.
        pub const EXPLANATIONS: &[GatePage] =
            &[$(GatePage { code: $code, why: $why, example: $example, fix: $fix }),+];
    };
}

explanations! {
    "rest-reached": "Without REST's answers there is nothing to hold the WebSocket against.",
        "no usable answer: 401 × 12",
        "thor-cutover doctor names the link that is broken: address, login, path, or the shape of the answer";
    "rest-errors": "A request that failed is a moment that nobody looked at: with many of them the run proves little.",
        "31 of 120 requests failed: 429 × 31",
        "poll less often with --every, or look into the backend's log for what it could not answer";
    "contract-seen": "A feature whose messages never came has not been compared, whatever else arrived.",
        "no message seen, 193 frames of other types",
        "thor-cutover doctor FEATURE says which types did come; the type's name, the group or the job may be another";
    "parity": "It is the question itself: would the screen show what REST says?",
        "3 × value in 120 samples: /mark_price of SPY, REST \"455.00\", WebSocket 454.99",
        "compare the message builder with the REST serializer in the fields that the findings name; a rule in thor-cutover.toml only where the difference is meant";
    "dropped-push": "A change that was never pushed stays wrong on the screen until the next one, once REST is gone.",
        "2 dropped_push",
        "look for a change that is saved without a broadcast, a condition before the send, a group nobody joined";
    "freshness": "A push that comes late shows the past; an old REST answer accuses the wrong side.",
        "5 ws_late, by up to 3.2 s",
        "raise push_delay only if the screen may be that late; else look for a queue or a slow job";
    "justified": "REST may be explained by some message and the screen still show another thing most of the time.",
        "24 of 179 answers contradict the screen",
        "look for a second sender, a cache, or a push that is built from older data";
    "stall": "A stream that falls silent while the data move leaves the screen standing still.",
        "silent for 48 s while REST moved",
        "look for a job that died, a worker without its scheduler, a send that failed and was swallowed";
    "coverage": "An entity that no message ever explained would be missing from the screen, or wrong for good.",
        "1 never explained: /symbol=SPY",
        "look whether the builder leaves it out: a filter, a limit, another account";
    "key-unique": "Where two rows have one key, one of them hides the other.",
        "2 rows with /symbol=SPY",
        "add the field that tells them apart to the feature's `key`";
    "comparable": "Answers that fall between two pushes of a periodic stream can be neither explained nor accused.",
        "40 of 120 answers fell between two pushes of /last",
        "observe for longer, or while the data move more slowly than the stream's cadence";
    "decided": "Samples that stayed open, or came before the stream's first word, prove nothing.",
        "20 of 100 pending",
        "observe for longer: thor-cutover shadow-diff FEATURE --for 10m";
    "alignment": "A sample beside a gap of the connection is excused; with many excuses little is left.",
        "30 of 100 samples excused",
        "find out why the connection breaks (thor-cutover doctor), then observe again";
    "continuity": "Gaps are counted so that nobody overlooks them; alone they block nothing.",
        "2 reconnects, 12 s blind",
        "look for idle time-outs of a proxy, and whether the backend restarts";
    "samples": "Few samples prove little: n clean ones leave about 1 in n/3 unseen.",
        "12, at least 30",
        "observe for longer, or ask more often with --every";
    "transitions-covered": "Ten thousand equal answers of a frozen market say nothing about whether a change arrives.",
        "0, at least 5",
        "observe while the market is open and the values move: thor-cutover shadow-diff FEATURE --until-close";
    "self-check": "The tool plants faults into copies of the run's own data: if it cannot find those, it would not find yours.",
        "38 of 40 caught",
        "keep the recording and report it: the tool, not Thor, has to be mended";
    "completed": "An interrupted run may have ended before what it was looking for.",
        "interrupted",
        "let it run to its end; --resume goes on with an interrupted recording";

    "source-found": "What is in the code cannot be judged without the code.",
        "no source tree of Thor",
        "name the checkout with --source DIR or [source] root, or say [source] none = \"why\"";
    "job-found": "Without something that produces the data there will never be a message.",
        "no job for intraday",
        "register the job, or name it in [source.names] if it is called otherwise";
    "broadcast-found": "A feature that is never sent cannot be observed.",
        "no group_send for positions",
        "add the broadcast where the data are produced";
    "broadcast-ungated": "A broadcast behind the flag is silent in shadow: nothing could be compared before the flag is on.",
        "jobs/positions.py:40 waits for WS_FEATURE_POSITIONS",
        "send always; let the page decide by its own flag";
    "handler-found": "Channels closes every client with 1011 for a type that has no handler.",
        "no handler for account_balance",
        "add the method of that name to the consumer";
    "imports-resolve": "A module that is not there fails when the job runs, not when it is deployed.",
        "jobs/x.py:3 imports api.builder, which is not there",
        "correct the import, or add its root to [source] extra_roots";
    "files-parse": "What could not be read was not looked at.",
        "views.py:12: invalid syntax",
        "mend the file; nothing that it says is believed until then";
    "integrated": "A flag for something that is not built shows an empty screen.",
        "handler-found does not pass",
        "thor-cutover checklist FEATURE --decision shadow names what is missing";
    "revision-known": "Evidence belongs to code: without a revision nobody can say to which.",
        "unknown",
        "run it in Thor's checkout, or say --source DIR or --revision REV";
    "evidence-present": "A decision without a run that counts is a hunch.",
        "no run with the flag off; not counted: 3 judged by other rules",
        "thor-cutover shadow-diff FEATURE --until-close; what does not count, and why, stands beside it";
    "silence": "Silence proves nothing: it is what a broken stream sounds like, too.",
        "nothing observed",
        "thor-cutover doctor FEATURE finds out why nothing arrives";
    "sessions-covered": "Faults hide at the open, at the close, in the busiest minute: one whole session has them all.",
        "no full session (2026-11-23: 61 %)",
        "thor-cutover shadow-diff FEATURE --until-close, begun before the market opens";
    "entities-told": "An entity of which no message ever spoke would not be on the screen.",
        "never told: /symbol=OLD",
        "observe until it moves, or accept it by name: thor-cutover sign-off FEATURE --accept /symbol=OLD";
    "flag-order": "One feature at a time: two new ones at once, and nobody knows which of them failed.",
        "not live yet: account_balance",
        "bring the earlier feature through first";
    "hazards-cleared": "Some things in the code break later, whatever the runs saw.",
        "swallowed-exception at jobs/x.py:20",
        "mend it, or accept it by name: thor-cutover sign-off FEATURE --accept FINGERPRINT";
    "cutover-held": "Deleting REST rests on the GO that put the flag on; if that lapsed, so does this.",
        "cutover: inconclusive, the code has changed",
        "observe the code as it is now, with the flag as the decision asks";
    "flag-on": "Before REST goes, people must have worked with the WebSocket.",
        "off",
        "thor-cutover enable FEATURE, once cutover is GO";
    "flags-agree": "A page whose flag is off polls what the backend no longer serves.",
        ".env says on, thor-frontend/.env says off",
        "make them say the same, and restart what reads them";
    "gaps-healed": "A reconnect replays nothing: what changed meanwhile stays wrong where nobody polls any more.",
        "REST moved in 2 gaps",
        "send the current state after a handshake, or let the page ask once when it reconnects";
    "rollback-rehearsed": "The way back is needed on a bad day; that is no day to find out that it does not work.",
        "the flag was never off again",
        "thor-cutover rollback FEATURE --rehearsal, observe REST, enable, observe again";
    "signed-off": "A deletion cannot be undone by a machine: a person stands for it.",
        "nobody has signed",
        "thor-cutover sign-off FEATURE";
    "timer-unshared": "One timer may feed three features: deleting it takes REST from all of them.",
        "MarketMetricsJob also serves intraday, which is not live",
        "bring the others through first, or divide the timer";
    "removals-known": "A timer that nobody saw may have been deleted before anybody looked.",
        "not in the source, nobody knows since when: MarketMetricsJob",
        "name a revision before the deletion with --since REV, or give CI the whole history";
    "callers-gone": "Whoever still asks the endpoint will get a 404 the day after.",
        "src/pages/Home.tsx:88 polls /api/balance/",
        "take the callers out; a request that is another's is mapped in [[audit.map]] with a reason";
    "listener-reachable": "Messages that no page listens to reach nobody.",
        "nothing that the application reaches subscribes to account_balance",
        "wire the component in, then run the checklist again";
    "fields-accepted": "What only REST has is gone with REST; what never moved was never tested.",
        "only in REST: /description",
        "thor-cutover sign-off FEATURE --accept /description, if nobody needs it";
    "delete-held": "The end of the cutover rests on the GO for the deletion.",
        "delete: inconclusive",
        "thor-cutover checklist FEATURE --decision delete";
    "requests-resolved": "A repeated request with an unknown URL may be the one that is left.",
        "2 requests whose URL is not known",
        "map them in [[audit.map]], or suppress them with a reason";
    "timers-gone": "A timer that is left goes on asking a broker for nobody.",
        "config/celery.py:12 balance",
        "thor-cutover audit --plan FEATURE lists what to delete, callers first";
    "pollers-gone": "A page that polls gets errors once the endpoint is gone.",
        "useBalance.ts:9",
        "thor-cutover audit --plan FEATURE";
    "endpoints-gone": "An endpoint that nobody asks is still a door.",
        "api/urls.py:30 balance/",
        "thor-cutover audit --plan FEATURE";
    "urls-gone": "A path that is still written somewhere will be asked some day.",
        "scripts/check.sh:4 /api/balance/",
        "take it out, or suppress it with a reason";
    "flag-reads-gone": "A flag that is read and never written is a trap for whoever comes next.",
        "settings.py:80 reads WS_FEATURE_POSITIONS",
        "take the flag out of the code, then out of the env files";
    "logs-clean": "An error in the log while all looked well is a fault that was lucky.",
        "ws.log:120 ERROR during the observed time",
        "find its cause; then observe again, with --log-file";
    "documentation-updated": "Documentation that says REST sends the next person the wrong way.",
        "nobody has signed",
        "thor-cutover sign-off FEATURE --gate documentation";
    "release-tagged": "Without a tag nobody can go back to before.",
        "no tag contains c0ffee012345",
        "tag a release, then thor-cutover sign-off FEATURE --gate release --tag TAG";
    "team-informed": "Whoever is on duty tonight should know what changed today.",
        "nobody has signed",
        "thor-cutover sign-off FEATURE --gate team";
    "evidence-archived": "When somebody asks in a year, the evidence must still be there.",
        "the last export is older than the last run",
        "thor-cutover evidence export evidence.ndjson";
}

/// The page of a gate.
pub fn explanation(code: &str) -> Option<&'static GatePage> {
    EXPLANATIONS.iter().find(|it| it.code == code)
}
