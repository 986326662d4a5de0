//! One spoilt thing at a time: what a case is, and the ways of spoiling that several share.

use thor_cutover::judge::decision::Asked;
use thor_cutover::model::facts::finding::FindingKind;
use thor_cutover::model::facts::git::Relation;
use thor_cutover::model::facts::ledger::{Entry, FlagState, ManualGate};
use thor_cutover::model::facts::logs::{LogError, LogFile};
use thor_cutover::model::facts::source::Hazard;
use thor_cutover::model::gate::Place;
use thor_cutover::model::stage::Decision;
use thor_cutover::model::verdict::Verdict;

use super::world::{World, revision, second};

pub const CUTOVER: Asked = Asked::This(Decision::Cutover);
pub const DELETE: Asked = Asked::This(Decision::Delete);
pub const COMPLETE: Asked = Asked::This(Decision::Complete);

/// What is spoilt, where, what is asked, the gate that must say so, its verdict, and how it is spoilt.
pub struct Case {
    pub name: &'static str,
    pub world: fn() -> World,
    pub asked: Asked,
    pub code: &'static str,
    pub verdict: Verdict,
    pub spoil: fn(&mut World),
}

pub fn case(
    name: &'static str,
    world: fn() -> World,
    asked: Asked,
    code: &'static str,
    verdict: Verdict,
    spoil: fn(&mut World),
) -> Case {
    Case { name, world, asked, code, verdict, spoil }
}

/// A commit on top of `r1` that changes one definition.
pub fn change(world: &mut World, name: &str) {
    let code = world.source().code.as_mut().unwrap();
    let definition = code.definitions.iter_mut().find(|it| it.name == name).unwrap();
    definition.hash = "other".to_owned();
    commit(world, "api/unknown.py");
}

/// A commit on top of `r1` in which git says that this file changed.
pub fn commit(world: &mut World, path: &str) {
    world.git.head = revision("r2");
    world.git.relations.insert("r1".to_owned(), Relation::Ancestor { changed: vec![path.to_owned()] });
}

pub fn hazard() -> Hazard {
    Hazard {
        kind: FindingKind::SwallowedException,
        place: Place { path: "jobs/account.py".to_owned(), line: 40 },
        reason: "an exception around the broadcast is swallowed".to_owned(),
        fingerprint: "beef".to_owned(),
    }
}

/// The backend's log, written from one second to another.
pub fn daphne(from: i64, to: i64) -> LogFile {
    let span = Some((second(from), second(to)));
    LogFile { name: "daphne.log".to_owned(), lines: 4000, span, zoned: true }
}

pub fn log(world: &mut World, when: i64) {
    let logs = world.logs.get_or_insert_default();
    logs.files = vec![daphne(-3600, 7200)];
    logs.errors = vec![LogError {
        file: "daphne.log".to_owned(),
        line: 12,
        at: Some(second(when)),
        zoned: true,
        text: "ERROR ws: No handler for message type".to_owned(),
        feature: None,
    }];
}

pub fn is_run(entry: &Entry, flag: FlagState) -> bool {
    matches!(entry, Entry::Run(run) if run.features[0].flag == flag)
}

pub fn is_signed(entry: &Entry, gate: ManualGate) -> bool {
    matches!(entry, Entry::SignOff(it) if it.gate == gate)
}
