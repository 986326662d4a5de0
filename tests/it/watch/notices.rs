//! What is told to whoever does not look, and how much of it.

use jiff::{SignedDuration, Timestamp};
use thor_cutover::model::outcome::{Difference, Entity, Kind};
use thor_cutover::model::run::Finding;
use thor_cutover::model::verdict::Verdict;
use thor_cutover::watch::WindowKey;
use thor_cutover::watch::notices::{NoticeBook, NoticeKind};

use crate::ledger::sample::Run;

fn key() -> WindowKey {
    let opens = "2026-11-23T14:30:00Z".parse().unwrap();
    WindowKey { target: "main".to_owned(), session: "us".to_owned(), opens }
}

fn at(seconds: i64) -> Timestamp {
    key().opens + SignedDuration::from_secs(seconds)
}

/// A report with so many distinct findings.
fn report(verdict: Verdict, findings: usize) -> thor_cutover::model::run::RunReport {
    let mut report = Run::clean("positions", key().opens, 60.0).verdict(verdict).report;
    report.features[0].findings = (0..findings)
        .map(|number| {
            let entity = Entity::from([("/account".parse().unwrap(), "4711".to_owned())]);
            let difference = Difference {
                field: Some("/mark_price".parse().unwrap()),
                rest: Some("455.00".to_owned()),
                ws: Some("454.99".to_owned()),
                ..Difference::of(Kind::Value, entity)
            };
            let fingerprint = format!("f{number}");
            Finding { difference, count: 1, first_at: 1.0, last_at: 1.0, fingerprint }
        })
        .collect();
    report
}

#[test]
fn each_finding_and_each_change_is_told_once_and_nothing_of_an_account() {
    let mut book = NoticeBook::new(20);
    assert_eq!(book.look(at(1), &key(), &report(Verdict::Inconclusive, 0)), []);
    let told = book.look(at(2), &key(), &report(Verdict::NoGo, 1));
    let kinds: Vec<NoticeKind> = told.iter().map(|notice| notice.event).collect();
    assert_eq!(kinds, [NoticeKind::Finding, NoticeKind::Verdict]);
    assert_eq!(told[0].text, format!("positions: REST and WebSocket differ: {} in /mark_price", Kind::Value));
    assert_eq!(told[0].fingerprint.as_deref(), Some("f0"));
    assert_eq!(told[1].text, "positions: no-go, inconclusive before");
    let json = serde_json::to_string(&told).unwrap();
    for hidden in ["4711", "455", "454"] {
        assert!(!json.contains(hidden), "{json}");
    }
    assert_eq!(book.look(at(3), &key(), &report(Verdict::NoGo, 1)), []);
    let ended = book.ended(at(4), &key(), &report(Verdict::NoGo, 1), false);
    assert_eq!(ended.text, "us ended: positions no-go; the evidence could NOT be kept");
    assert_eq!((ended.event, ended.verdict), (NoticeKind::SessionEnd, Verdict::NoGo));
}

#[test]
fn within_an_hour_only_so_much_is_told_and_the_rest_is_counted() {
    let mut book = NoticeBook::new(3);
    assert_eq!(book.look(at(0), &key(), &report(Verdict::NoGo, 10)).len(), 3);
    assert_eq!(book.look(at(60), &key(), &report(Verdict::NoGo, 12)), []);
    let later = book.look(at(3_600), &key(), &report(Verdict::NoGo, 13));
    assert_eq!(later.iter().map(|notice| notice.left_out).collect::<Vec<_>>(), [10]);
    assert_eq!(book.look(at(3_601), &key(), &report(Verdict::NoGo, 17)).len(), 2);
    // the end of a session is told however much was told before
    assert_eq!(book.ended(at(3_602), &key(), &report(Verdict::NoGo, 17), true).left_out, 2);
}
