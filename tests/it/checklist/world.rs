//! A world in which a decision is made: built up along the life of `account_balance`, then spoilt in one place.
//!
//! Sessions are three of 40 seconds: the first is watched in shadow, the others with the flag on.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use thor_cutover::cli::Global;
use thor_cutover::contract::digest_one;
use thor_cutover::environment::Environment;
use thor_cutover::evidence::{Ledger, id};
use thor_cutover::flags::disagree::disagreements;
use thor_cutover::judge::JUDGING;
use thor_cutover::judge::decision::{Asked, Decided, DecisionFacts, decide};
use thor_cutover::model::facts::fingerprint::{CodeFingerprint, HashedDefinition};
use thor_cutover::model::facts::flags::{FlagFacts, FlagSide, FlagStatement, StatementKind};
use thor_cutover::model::facts::git::{GitFacts, TagFacts};
use thor_cutover::model::facts::ledger::{
    Archive, Baseline, EffectiveKey, Entry, FlagChange, FlagState, Grant, LedgerFacts, ManualGate, Revision,
    RunRecord, Seen, SignOff,
};
use thor_cutover::model::facts::logs::LogFacts;
use thor_cutover::model::facts::source::{FeatureSource, Listening, SourceFacts, Timer};
use thor_cutover::model::feature::Feature;
use thor_cutover::model::gate::Place;
use thor_cutover::model::session::Session;
use thor_cutover::model::stage::{Decision, Stage};
use thor_cutover::settings::{Settings, load};

use crate::ledger::sample::{Run, at, store};

pub const FEATURE: &str = "account_balance";

/// The code that is observed, one definition a file.
pub fn code() -> CodeFingerprint {
    let definition = |path: &str, name: &str, rest_only: bool| HashedDefinition {
        path: path.to_owned(),
        line: 17,
        name: name.to_owned(),
        hash: format!("hash of {name}"),
        rest_only,
    };
    CodeFingerprint::of(vec![
        definition("jobs/account.py", "AccountJob.run", false),
        definition("api/builders.py", "build_account_balance", false),
        definition("api/websocket/consumer.py", "Consumer.account_balance", false),
        definition("api/views.py", "balance", true),
        definition("api/urls.py", "urlpatterns", true),
    ])
}

pub struct World {
    pub settings: Settings,
    /// What will be put into a ledger, and read back from it.
    pub entries: Vec<Entry>,
    pub flags: FlagFacts,
    pub source: Option<SourceFacts>,
    pub no_source: Option<String>,
    pub keys: BTreeMap<String, BTreeMap<String, EffectiveKey>>,
    pub since: Vec<Baseline>,
    pub git: GitFacts,
    pub logs: Option<LogFacts>,
    pub judging: u32,
    pub now: Timestamp,
}

/// Seconds after 14:30:00 on the day of the sessions.
pub fn second(second: i64) -> Timestamp {
    at("2026-11-23T14:30:00Z") + jiff::SignedDuration::from_secs(second)
}

pub fn revision(commit: &str) -> Option<Revision> {
    Some(Revision { commit: commit.to_owned(), dirty: Vec::new() })
}

impl World {
    /// Integrated, observed by nobody.
    pub fn integrated() -> Self {
        let mut settings = load(&Global::default(), &Environment::default()).unwrap();
        let minute = |name: &str, minute: i8| Session {
            name: name.to_owned(),
            time_zone: "UTC".to_owned(),
            open: jiff::civil::time(14, minute, 0, 0),
            close: jiff::civil::time(14, minute, 40, 0),
            days: vec![jiff::civil::Weekday::Monday],
            holidays: Vec::new(),
            early_close: BTreeMap::new(),
            holidays_until: None,
            features: vec![FEATURE.to_owned()],
        };
        settings.sessions = vec![minute("first", 30), minute("second", 31), minute("third", 32)];
        let features = settings.features.iter().map(|it| (it.name.clone(), integrated(it))).collect();
        let mut world = Self {
            settings,
            entries: Vec::new(),
            flags: FlagFacts::default(),
            source: Some(SourceFacts {
                files: 40,
                parsed: 40,
                scripts: 12,
                features,
                ..SourceFacts::default()
            }),
            no_source: None,
            keys: BTreeMap::new(),
            since: Vec::new(),
            git: GitFacts { head: revision("r1"), ..GitFacts::default() },
            logs: None,
            judging: JUDGING,
            now: second(600),
        };
        let source = world.source().clone();
        world.entries.push(Entry::Baseline(Baseline {
            id: "baseline".to_owned(),
            at: second(-600),
            feature: FEATURE.to_owned(),
            revision: revision("r1"),
            timers: source.timers.iter().map(|timer| timer.seen.clone()).collect(),
            producers: Vec::new(),
            paces: BTreeMap::new(),
            endpoints: source.endpoints.clone(),
            unclear: None,
            bases: BTreeMap::new(),
            jobs: BTreeSet::new(),
            views: Vec::new(),
            polled: Vec::new(),
            pages: Vec::new(),
            imported: None,
        }));
        world
    }

    /// One full session watched with the flag off.
    pub fn shadowed() -> Self {
        let mut world = Self::integrated();
        world.observe(-10, 55, FlagState::Off);
        world
    }

    /// The flag went on by `enable`, on both sides.
    pub fn enabled() -> Self {
        let mut world = Self::shadowed();
        world.set_flag(true);
        world.flag_change(46, true, false);
        world.entries.push(Entry::Grant(Grant {
            id: id(second(46), &["grant", FEATURE, "cutover"]),
            at: second(46),
            feature: FEATURE.to_owned(),
            decision: Decision::Cutover,
            rules: world.rules()[FEATURE].clone(),
            target: "http://localhost:8000".to_owned(),
            revision: revision("r1"),
            code: Some(code()),
            imported: None,
        }));
        world
    }

    /// Two full sessions with the flag on, the way back rehearsed in between, everything signed; the features
    /// that share the timer are live, and nothing asks REST any more.
    pub fn proven() -> Self {
        let mut world = Self::enabled();
        world.observe(50, 55, FlagState::On);
        world.flag_change(106, false, true);
        world.observe(107, 5, FlagState::Off);
        world.flag_change(113, true, false);
        world.observe(115, 60, FlagState::On);
        world.source().pollers.clear();
        world.source().callers.clear();
        let accepts = ["/source", "/updated_at"].map(str::to_owned).to_vec();
        world.sign(180, ManualGate::SignOff, Stage::Live, accepts);
        for other in ["positions", "intraday", "global_market"] {
            world.say(&format!("WS_FEATURE_{}", other.to_uppercase()), Some("true"));
            world.say(&format!("VITE_WS_FEATURE_{}", other.to_uppercase()), Some("true"));
        }
        world
    }

    /// Timer, endpoints, pollers and flag reads taken out of the tree.
    pub fn removed() -> Self {
        let mut world = Self::proven();
        let source = world.source();
        source.timers.clear();
        source.endpoints.clear();
        source.views.clear();
        source.flag_reads.clear();
        source.code.as_mut().unwrap().definitions.retain(|it| !it.rest_only);
        world
    }

    /// Everything written down as well.
    pub fn written_down() -> Self {
        let mut world = Self::removed();
        world.sign(300, ManualGate::Documentation, Stage::Complete, Vec::new());
        world.sign(301, ManualGate::Team, Stage::Complete, Vec::new());
        world.sign(302, ManualGate::Release, Stage::Complete, Vec::new());
        world.edit_sign_off(ManualGate::Release, |it| it.tag = Some("v2".to_owned()));
        world.git.tags.insert("v2".to_owned(), TagFacts { contains: vec!["r1".to_owned()] });
        world.entries.push(Entry::Archive(Archive {
            id: "archive".to_owned(),
            at: second(400),
            file: "evidence.ndjson".to_owned(),
            entries: 12,
            sha256: "00".to_owned(),
            imported: None,
        }));
        world.logs = Some(LogFacts { files: vec![super::cases::daphne(-3600, 7200)], errors: Vec::new() });
        world
    }

    pub fn rules(&self) -> BTreeMap<String, String> {
        self.settings.features.iter().map(|it| (it.name.clone(), digest_one(it))).collect()
    }

    /// A run as it would be observed here, of the right rules.
    pub fn run(&self, from: i64, seconds: i64, flag: FlagState) -> Run {
        let mut run = Run::clean(FEATURE, second(from), seconds as f64).flag(flag);
        run.circumstances.rules.insert(FEATURE.to_owned(), self.rules()[FEATURE].clone());
        run.circumstances.code.insert(FEATURE.to_owned(), code());
        run
    }

    pub fn observe(&mut self, from: i64, seconds: i64, flag: FlagState) {
        let run = self.run(from, seconds, flag);
        self.keep(&run);
    }

    pub fn keep(&mut self, run: &Run) {
        self.entries.push(Entry::Run(Box::new(run.record())));
    }

    /// The run that was kept last.
    pub fn last_run(&mut self) -> &mut RunRecord {
        match self.entries.last_mut() {
            Some(Entry::Run(run)) => run,
            other => panic!("no run: {other:?}"),
        }
    }

    /// Observes all runs that fulfil `which` again, spoilt.
    pub fn spoil_runs(&mut self, which: impl Fn(FlagState) -> bool, spoil: impl Fn(Run) -> Run) {
        let rules = self.rules();
        for entry in &mut self.entries {
            let Entry::Run(record) = entry else { continue };
            if !which(record.features[0].flag) {
                continue;
            }
            let seconds = record.ended_at.duration_since(record.started_at).as_secs_f64();
            let mut run = Run::clean(FEATURE, record.started_at, seconds).flag(record.features[0].flag);
            run.circumstances.rules.insert(FEATURE.to_owned(), rules[FEATURE].clone());
            run.circumstances.code.insert(FEATURE.to_owned(), code());
            **record = spoil(run).record();
        }
    }

    /// Everything as it was kept before there were fingerprints.
    pub fn without_fingerprints(&mut self) {
        for entry in &mut self.entries {
            match entry {
                Entry::Run(run) => run.features.iter_mut().for_each(|it| it.code = None),
                Entry::SignOff(it) => it.code = None,
                Entry::Grant(it) => it.code = None,
                _ => {}
            }
        }
    }

    pub fn forget(&mut self, which: impl Fn(&Entry) -> bool) {
        let before = self.entries.len();
        self.entries.retain(|entry| !which(entry));
        assert!(self.entries.len() < before, "the case spoils nothing");
    }

    pub fn source(&mut self) -> &mut FeatureSource {
        self.source.as_mut().unwrap().features.get_mut(FEATURE).unwrap()
    }

    pub fn feature(&mut self) -> &mut Feature {
        self.settings.features.iter_mut().find(|it| it.name == FEATURE).unwrap()
    }

    pub fn set_flag(&mut self, on: bool) {
        let value = if on { "true" } else { "false" };
        self.say("WS_FEATURE_ACCOUNT_BALANCE", Some(value));
        self.say("VITE_WS_FEATURE_ACCOUNT_BALANCE", Some(value));
    }

    /// What an env file says; `None` takes the line out.
    pub fn say(&mut self, name: &str, value: Option<&str>) {
        self.flags.statements.retain(|it| it.name != name);
        let Some(value) = value else { return };
        let side = if name.starts_with("VITE_") { FlagSide::Frontend } else { FlagSide::Backend };
        self.flags.statements.push(FlagStatement {
            source: ".env:1".to_owned(),
            kind: StatementKind::Declared,
            side,
            name: name.to_owned(),
            raw: Some(value.to_owned()),
            on: value == "true",
            warning: None,
        });
    }

    pub fn flag_change(&mut self, when: i64, on: bool, rehearsal: bool) {
        self.entries.push(Entry::FlagChange(FlagChange {
            id: id(second(when), &["flag", FEATURE]),
            at: second(when),
            feature: FEATURE.to_owned(),
            on,
            files: vec![".env".to_owned()],
            forced: None,
            rehearsal,
            revision: revision("r1"),
            written_after: None,
            imported: None,
        }));
    }

    pub fn sign(&mut self, when: i64, gate: ManualGate, stage: Stage, accepts: Vec<String>) {
        self.entries.push(Entry::SignOff(SignOff {
            id: id(second(when), &["sign-off", FEATURE, gate.as_str()]),
            at: second(when),
            feature: FEATURE.to_owned(),
            gate,
            by: "Ada".to_owned(),
            role: "lead".to_owned(),
            note: "looked at it".to_owned(),
            accepts,
            stage: Some(stage),
            tag: None,
            revision: revision("r1"),
            code: Some(code()),
            imported: None,
        }));
    }

    pub fn edit_sign_off(&mut self, gate: ManualGate, edit: impl Fn(&mut SignOff)) {
        let found = self.entries.iter_mut().find_map(|entry| match entry {
            Entry::SignOff(it) if it.gate == gate => Some(it),
            _ => None,
        });
        edit(found.unwrap());
    }

    pub fn decide(&self, asked: Asked) -> Decided {
        let mut entries = self.entries.clone();
        entries.sort_by_key(|entry| (entry.at().as_millisecond(), entry.id().to_owned()));
        self.decide_on(LedgerFacts::of(entries), asked)
    }

    /// The same through a real ledger file.
    pub fn decide_through_a_file(&self, asked: Asked) -> Decided {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(&store(folder.path())).unwrap();
        ledger.append(&self.entries).unwrap();
        self.decide_on(ledger.facts(Timestamp::MIN).unwrap(), asked)
    }

    fn decide_on(&self, facts: LedgerFacts, asked: Asked) -> Decided {
        let by_feature = |it: &Feature| (it.name.clone(), disagreements(it, &self.flags));
        let disagreements = self.settings.features.iter().map(by_feature).collect();
        let rules = self.rules();
        let facts = DecisionFacts {
            features: &self.settings.features,
            ledger: &facts,
            flags: &self.flags,
            disagreements: &disagreements,
            source: self.source.as_ref(),
            no_source: self.no_source.as_deref(),
            untold: &BTreeMap::new(),
            since: &self.since,
            git: &self.git,
            logs: self.logs.as_ref(),
            sessions: &self.settings.sessions,
            thresholds: &self.settings.thresholds,
            max_age: self.settings.evidence.max_age,
            trusted_keys: &self.settings.evidence.trusted_keys,
            target: "http://localhost:8000",
            rules: &rules,
            keys: &self.keys,
            judging: self.judging,
            now: self.now,
        };
        decide(&facts, self.settings.features.iter().find(|it| it.name == FEATURE).unwrap(), asked)
    }
}

pub fn seen(name: &str, path: &str) -> Seen {
    Seen { name: name.to_owned(), place: Place { path: path.to_owned(), line: 17 } }
}

/// A feature whose whole path, old and new, is in the source.
fn integrated(feature: &Feature) -> FeatureSource {
    let timer = |name: &String| Timer {
        seen: seen(name, "jobs/metrics.py"),
        serves: BTreeSet::from([feature.name.clone()]),
        fastest_ms: None,
    };
    FeatureSource {
        recognised: true,
        producers: vec![seen("AccountJob", "jobs/account.py")],
        broadcasts: vec![seen("broadcast_to_websocket_sync", "jobs/account.py")],
        gated_broadcasts: Vec::new(),
        handlers: vec![seen(&feature.name, "api/websocket/consumer.py")],
        missing_modules: Vec::new(),
        unsearched: Vec::new(),
        timers: feature.timers.iter().map(timer).collect(),
        endpoints: feature.endpoints.iter().map(|path| seen(path, "api/urls.py")).collect(),
        views: vec![seen("balance", "api/views.py")],
        pollers: vec![seen("setInterval", "src/Balance.tsx")],
        callers: vec![seen("setInterval", "src/Balance.tsx")],
        urls: Vec::new(),
        flag_reads: vec![seen(&feature.flag, "api/flags.py")],
        hazards: Vec::new(),
        sources: ["jobs/account.py", "api/builders.py", "api/websocket/consumer.py", "api/views.py"]
            .map(str::to_owned)
            .into(),
        code: Some(code()),
        listening: Listening::Yes,
        ..FeatureSource::default()
    }
}
