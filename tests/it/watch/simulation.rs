//! A simulated shell around the real scheduler: simulated clock and market, real recordings, journals and ledgers.
//!
//! Each feature has a state every half minute, pushed a second later and polled after fifteen. A trouble is a stretch
//! of time: the process is gone, the disk is full, or the ledger's server is dead.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use thor_cutover::align::Engine;
use thor_cutover::commands::shadow_diff::record::take_over;
use thor_cutover::commands::watch::journal::{Journal, JournalFolder, binding, observer, resumable, settle};
use thor_cutover::contract::{digest, digest_one};
use thor_cutover::evidence::{Circumstances, Kept, Ledger, LedgerPlace, RunEnding, keep, record};
use thor_cutover::judge::JUDGING;
use thor_cutover::judge::run::judge;
use thor_cutover::model::facts::ledger::{Entry, FlagState};
use thor_cutover::model::feature::Feature;
use thor_cutover::model::observation::{End, Event, Observation, RestAnswer};
use thor_cutover::model::run::RunReport;
use thor_cutover::model::time::Nanos;
use thor_cutover::recording::{Config, FORMAT, Header, MachineDisk, Parts, Series, existing};
use thor_cutover::settings::Settings;
use thor_cutover::watch::{
    Action, CloseOrder, DueWindow, Hindrance, Scheduler, TargetPlan, WatchEvent, WindowEnding, WindowKey,
};

pub const EVERY: i64 = 30;
const PUSHED: i64 = 1;
const POLLED: i64 = 15;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Killed, and started again at the end.
    Crash,
    DiskFull,
    LedgerDead,
}

/// What was to be simulated.
pub struct Script<'a> {
    pub settings: &'a Settings,
    /// From when on other settings hold, read by SIGHUP.
    pub reload: Option<(Timestamp, &'a Settings)>,
    pub from: Timestamp,
    pub to: Timestamp,
    pub troubles: &'a [(Timestamp, Timestamp, Trouble)],
}

/// What was really observed of each window: by piece, since other rules begin another one.
pub type Observed = BTreeMap<(WindowKey, u32), ObservedPiece>;

#[derive(Debug, Default)]
pub struct ObservedPiece {
    pub features: Vec<String>,
    pub stretches: Vec<(Timestamp, Timestamp)>,
}

/// A run in the making: what observations go into.
pub struct SimulatedRun {
    pub features: Vec<Feature>,
    config: Config,
    engine: Engine,
    pub started_at: Timestamp,
    /// Up to where everything was observed, this instant included.
    fed: Timestamp,
    last: Nanos,
}

impl SimulatedRun {
    pub fn new(features: Vec<Feature>, settings: &Settings, started_at: Timestamp) -> Self {
        let config = Config { features: features.clone(), thresholds: settings.thresholds.clone() };
        let engine = Engine::new(&features);
        Self { features, config, engine, started_at, fed: started_at, last: Nanos::ZERO }
    }

    fn nanos(&self, at: Timestamp) -> Nanos {
        Nanos(u64::try_from(at.as_nanosecond() - self.started_at.as_nanosecond()).unwrap_or(0))
    }

    fn push(&mut self, at: Nanos, event: Event<'_>, writer: Option<&mut Parts>) {
        let observation = Observation::of(at, event);
        if let Some(writer) = writer {
            writer.write(&observation).unwrap();
        }
        self.engine.push(&observation);
        self.last = at;
    }

    /// The socket opens.
    pub fn open(&mut self, at: Timestamp, writer: Option<&mut Parts>) {
        self.fed = at;
        self.push(self.nanos(at), Event::Open, writer);
    }

    /// What the market does up to `to`, polled until `polled_to`.
    pub fn feed(&mut self, to: Timestamp, polled_to: Timestamp, mut writer: Option<&mut Parts>) {
        let (from, until) = (self.fed.as_second(), to.as_second());
        for second in from + 1..=until {
            let (turn, state) = (second.rem_euclid(EVERY), second.div_euclid(EVERY));
            if ![PUSHED, POLLED].contains(&turn) {
                continue;
            }
            let at = Timestamp::from_second(second).unwrap();
            let stamp = self.nanos(at);
            for feature in self.features.clone() {
                if turn == PUSHED {
                    let kind = &feature.ws[0].types[0];
                    let text = format!(r#"{{"type":"{kind}","data":{{"value":{state}}}}}"#);
                    self.push(stamp, Event::Message(text.into()), writer.as_deref_mut());
                }
                if turn == POLLED && at <= polled_to {
                    let answer = RestAnswer {
                        feature: feature.name.clone().into(),
                        sent: Nanos(stamp.0 - 50_000_000),
                        status: 200,
                        body: format!(r#"{{"value":{state}}}"#).into(),
                        bound: Vec::new(),
                    };
                    self.push(stamp, Event::Rest(answer), writer.as_deref_mut());
                }
            }
        }
        self.fed = self.fed.max(to);
        if let Some(writer) = writer {
            let now = self.nanos(to);
            self.engine.advance(now);
            writer.flush_if_due(now).unwrap();
        }
    }

    /// The socket was closed when it was heard of last, because nobody was there.
    pub fn unplug(&mut self, writer: Option<&mut Parts>) {
        let reason = "the observer was not running".into();
        self.push(self.last, Event::Closed { code: 1006, reason }, writer);
    }

    pub fn so_far(&self, end: End) -> RunReport {
        judge(&self.features, &self.engine.tally(), &self.config.thresholds, end, &digest(&self.features))
    }

    pub fn finish(mut self, at: Option<Timestamp>, end: End, writer: Option<Parts>) -> RunReport {
        let at = at.map_or(self.last, |at| self.nanos(at));
        if at > self.last || writer.is_some() {
            self.engine.push(&Observation::of(at, Event::End(end)));
        }
        if let Some(writer) = writer {
            writer.finish(at, end).unwrap();
        }
        let Self { engine, features, config, .. } = self;
        judge(&features, &engine.finish(at), &config.thresholds, end, &digest(&features))
    }
}

pub fn circumstances(features: &[Feature], started_at: Timestamp, observer: u32) -> Circumstances {
    Circumstances {
        started_at,
        target: "http://localhost:8000".to_owned(),
        account: None,
        key: None,
        by: None,
        revision: None,
        code: BTreeMap::new(),
        judging: JUDGING,
        flags: features.iter().map(|it| (it.name.clone(), FlagState::Off)).collect(),
        rules: features.iter().map(|it| (it.name.clone(), digest_one(it))).collect(),
        keys: BTreeMap::new(),
        observer,
    }
}

fn ending(features: &[Feature]) -> RunEnding {
    let flags = features.iter().map(|it| (it.name.clone(), FlagState::Off)).collect();
    RunEnding { flags, ..RunEnding::default() }
}

pub fn plan(settings: &Settings) -> TargetPlan {
    TargetPlan {
        name: "main".to_owned(),
        features: settings.features.iter().map(|it| it.name.clone()).collect(),
        sessions: settings.sessions.clone(),
        digest: digest(&settings.features),
    }
}

struct OpenRun {
    due: DueWindow,
    run: SimulatedRun,
    journal: Journal,
    writer: Parts,
    /// When it ends by itself.
    ends: Timestamp,
    piece: u32,
    since: Timestamp,
}

/// The shell of one process.
struct Process<'s> {
    settings: &'s Settings,
    journals: JournalFolder,
    scheduler: Scheduler,
    open: BTreeMap<WindowKey, OpenRun>,
    id: u32,
}

pub struct Simulation {
    folder: PathBuf,
    observed: Observed,
    ledger_dead: bool,
    disk_full: bool,
    pub actions: u64,
}

impl Simulation {
    /// Plays the script into a folder, which has the ledger afterwards.
    pub fn play(folder: &Path, script: &Script<'_>) -> (LedgerPlace, Observed) {
        let mut simulation = Self {
            folder: folder.to_owned(),
            observed: Observed::new(),
            ledger_dead: false,
            disk_full: false,
            actions: 0,
        };
        let mut now = script.from;
        let mut settings = script.settings;
        let mut process = simulation.start(settings, now, 1);
        let mut reload = script.reload;
        while now < script.to {
            simulation.act(&mut process, now);
            let turns = script.troubles.iter().flat_map(|(from, to, _)| [*from, *to]).filter(|at| *at > now);
            let wake = process.scheduler.wake_at(now).max(now + SignedDuration::from_secs(1));
            let ends = process.open.values().map(|open| open.ends);
            let hour = Timestamp::from_second((now.as_second() / 3600 + 1) * 3600).unwrap();
            let next = turns
                .chain(ends)
                .chain([wake, script.to, hour])
                .chain(reload.map(|(at, _)| at).filter(|at| *at > now))
                .min()
                .unwrap();
            for open in process.open.values_mut() {
                open.run.feed(next.min(open.ends), open.due.closes, Some(&mut open.writer));
            }
            now = next;
            simulation.end_those_over(&mut process, now);
            if now == hour {
                simulation.keep_aside(&mut process);
            }
            if let Some((at, other)) = reload.filter(|(at, _)| *at <= now) {
                assert!(at == now, "the clock passed over the reload");
                reload = None;
                settings = other;
                process.settings = other;
                process.scheduler.handle(now, WatchEvent::Reloaded(vec![plan(other)]));
            }
            let full = simulation.is_in(script, now, Trouble::DiskFull);
            if full && !simulation.disk_full {
                simulation.disk_full = true;
                simulation.fail_all(&mut process, now);
            }
            simulation.disk_full = full;
            simulation.ledger_dead = full || simulation.is_in(script, now, Trouble::LedgerDead);
            let crash = script.troubles.iter().find(|(from, _, it)| *it == Trouble::Crash && *from == now);
            if let Some((_, back, _)) = crash {
                for (key, open) in std::mem::take(&mut process.open) {
                    simulation.note(&key, &open, now);
                }
                let id = process.id + 1;
                drop(process);
                now = *back;
                // a trouble that began meanwhile is there at the start
                simulation.disk_full = simulation.is_in(script, now, Trouble::DiskFull);
                simulation.ledger_dead =
                    simulation.disk_full || simulation.is_in(script, now, Trouble::LedgerDead);
                process = simulation.start(settings, now, id);
            }
        }
        process.scheduler.handle(now, WatchEvent::Stop);
        simulation.act(&mut process, now);
        assert!(process.open.is_empty());
        let place = simulation.alive();
        Ledger::open(&place).unwrap();
        (place, simulation.observed)
    }

    fn is_in(&self, script: &Script<'_>, now: Timestamp, kind: Trouble) -> bool {
        script.troubles.iter().any(|(from, to, it)| *it == kind && *from <= now && now < *to)
    }

    fn alive(&self) -> LedgerPlace {
        LedgerPlace::from(&format!("sqlite:{}", self.folder.join("evidence.db").display()))
    }

    /// The ledger as it can be reached now: a server that is dead refuses the connection, and evidence waits in the
    /// same folder.
    fn ledger(&self) -> LedgerPlace {
        let alive = self.alive();
        match self.ledger_dead {
            true => {
                LedgerPlace { store: "postgres://ada@127.0.0.1:1/thor?sslmode=disable".to_owned(), ..alive }
            }
            false => alive,
        }
    }

    fn start<'s>(&self, settings: &'s Settings, now: Timestamp, id: u32) -> Process<'s> {
        let journals = JournalFolder::open(&self.folder.join("watch")).unwrap();
        let mut scheduler = Scheduler::new(vec![plan(settings)], now);
        let (left, unreadable) = journals.all().unwrap();
        assert_eq!(unreadable, Vec::<String>::new());
        for journal in left.into_iter().filter(|journal| !journal.is_kept) {
            scheduler.handle(now, WatchEvent::Left(journal.key));
        }
        Process { settings, journals, scheduler, open: BTreeMap::new(), id }
    }

    fn act(&mut self, process: &mut Process<'_>, now: Timestamp) {
        while let Some(action) = process.scheduler.poll(now) {
            self.actions += 1;
            assert!(self.actions < 1_000_000, "the machine does not come to rest: {action:?}");
            match action {
                Action::Open(due) => {
                    let key = due.key.clone();
                    if self.disk_full {
                        let how = WindowEnding::Failed(Hindrance::Passing);
                        let is_kept = process.journals.of(&key).unwrap().iter().all(|it| it.is_kept);
                        process.scheduler.handle(now, WatchEvent::Ended { key, how, is_kept });
                        continue;
                    }
                    let open = self.begin(process, due, now);
                    assert!(process.open.insert(key.clone(), open).is_none(), "{key} is open already");
                }
                Action::Close { key, by: CloseOrder::Stop } => {
                    let open = process.open.remove(&key).unwrap();
                    self.end(process, open, now, End::Interrupted, WindowEnding::Ordered);
                }
                Action::Close { key, by: CloseOrder::Other } => {
                    let open = process.open.get_mut(&key).unwrap();
                    open.due.closes = now;
                    open.ends = open.ends.min(now + SignedDuration::from_secs(2));
                }
                Action::Settle(key) => {
                    let place = self.ledger();
                    let pieces = process.journals.of(&key).unwrap();
                    let mut pieces: Vec<Journal> = pieces.into_iter().filter(|it| !it.is_kept).collect();
                    let is_kept =
                        !self.disk_full && pieces.iter_mut().all(|it| settle(it, &place, now).is_ok());
                    process.scheduler.handle(now, WatchEvent::Settled { key, is_kept });
                }
                Action::Merge { target } => {
                    let is_done = Ledger::open(self.ledger()).is_ok();
                    process.scheduler.handle(now, WatchEvent::Merged { target, is_done });
                }
                Action::Store | Action::Prune | Action::Exit { .. } => {}
            }
        }
    }

    /// As the service does: what is there is gone on with where it is evidence of the same, and settled elsewhere.
    fn begin(&mut self, process: &mut Process<'_>, due: DueWindow, now: Timestamp) -> OpenRun {
        let settings = process.settings;
        let features = settings.select(&due.features).unwrap();
        let config = Config { features: features.clone(), thresholds: settings.thresholds.clone() };
        let begun = circumstances(&features, now, observer(&due.key, process.id));
        let bound = binding(&begun, &config);
        let mut pieces = process.journals.of(&due.key).unwrap();
        let delay = features.iter().map(|it| it.push_delay).max().unwrap();
        let ends = due.closes + SignedDuration::try_from(delay).unwrap();
        if let Some(journal) = resumable(&pieces, &bound).cloned() {
            let base = journal.recording();
            let parts = existing(&base);
            let (header, series) = Series::open(&parts).unwrap();
            let mut run = SimulatedRun::new(features, settings, header.started_at);
            let resumed =
                take_over(Arc::new(MachineDisk), &base, (header, series), &mut run.engine, None).unwrap();
            run.last = resumed.at;
            let (mut journal, mut writer) = (journal, resumed.recording);
            journal.is_kept = false;
            journal.save().unwrap();
            run.open(now, Some(&mut writer));
            let piece = u32::try_from(pieces.len() - 1).unwrap();
            return OpenRun { due, run, journal, writer, ends, piece, since: now };
        }
        let place = self.ledger();
        pieces.iter_mut().filter(|it| !it.is_kept).for_each(|it| drop(settle(it, &place, now).unwrap()));
        let piece = u32::try_from(pieces.len()).unwrap();
        let journal = process.journals.begin(&due.key, due.closes, &due.features, bound, begun).unwrap();
        let mut run = SimulatedRun::new(features.clone(), settings, now);
        let header = Header {
            format: FORMAT,
            started_at: now,
            features: due.features.clone(),
            config_digest: Some(digest(&features)),
            config: Some(config),
            observer: Some(journal.circumstances.observer),
            ..Header::default()
        };
        let mut writer = Parts::create(&journal.recording(), header, Some(200_000)).unwrap();
        run.open(now, Some(&mut writer));
        OpenRun { due, run, journal, writer, ends, piece, since: now }
    }

    fn end_those_over(&mut self, process: &mut Process<'_>, now: Timestamp) {
        let over: Vec<WindowKey> =
            process.open.iter().filter(|(_, open)| open.ends <= now).map(|(key, _)| key.clone()).collect();
        for key in over {
            let open = process.open.remove(&key).unwrap();
            self.end(process, open, now, End::Completed, WindowEnding::Completed);
        }
    }

    fn fail_all(&mut self, process: &mut Process<'_>, now: Timestamp) {
        self.ledger_dead = true;
        for (_, open) in std::mem::take(&mut process.open) {
            self.end(process, open, now, End::Interrupted, WindowEnding::Failed(Hindrance::Passing));
        }
    }

    fn end(&mut self, process: &mut Process<'_>, open: OpenRun, now: Timestamp, end: End, how: WindowEnding) {
        self.note(&open.due.key, &open, now);
        let OpenRun { run, mut journal, writer, due, .. } = open;
        let features = run.features.clone();
        // a disk that is full takes no end line
        let writer = (!self.disk_full).then_some(writer);
        let report = run.finish(Some(now), end, writer);
        let mut run = record(&report, &journal.circumstances);
        ending(&features).add_to(&mut run);
        let kept = keep(self.ledger(), &[Entry::Run(Box::new(run))], now).unwrap();
        journal.is_kept = true;
        journal.save().unwrap();
        if let Kept::Spooled { .. } = kept {
            process.scheduler.handle(now, WatchEvent::Spooled { target: "main".to_owned() });
        }
        process.scheduler.handle(now, WatchEvent::Ended { key: due.key, how, is_kept: true });
    }

    /// What a kill leaves on the ledger.
    fn keep_aside(&self, process: &mut Process<'_>) {
        for open in process.open.values_mut() {
            let features = open.run.features.clone();
            open.journal.so_far = ending(&features);
            open.journal.save().unwrap();
            let mut run = record(&open.run.so_far(End::Interrupted), &open.journal.circumstances);
            run.reports.clear();
            ending(&features).add_to(&mut run);
            if let Ok(mut ledger) = Ledger::open(self.ledger()) {
                ledger.record_run(&run).unwrap();
            }
        }
    }

    fn note(&mut self, key: &WindowKey, open: &OpenRun, now: Timestamp) {
        let piece = self.observed.entry((key.clone(), open.piece)).or_default();
        piece.features.clone_from(&open.due.features);
        piece.stretches.push((open.since, now.min(open.ends)));
    }
}
