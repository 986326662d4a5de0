//! A month of evidence, as four weeks of sessions, people and a hostile server leave it in a ledger.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp, ToSpan as _};
use thor_cutover::cli::Global;
use thor_cutover::clock::Clock;
use thor_cutover::contract::digest_one;
use thor_cutover::environment::Environment;
use thor_cutover::evidence::id;
use thor_cutover::model::facts::ledger::{
    Entry, FlagChange, FlagState, ManualGate, Revision, Revocation, RunBy, SignOff,
};
use thor_cutover::model::outcome::{Difference, Kind, Payloads, Persistence};
use thor_cutover::model::run::{Differing, Finding, Note, RunEnd};
use thor_cutover::model::verdict::Verdict;
use thor_cutover::settings::load;

use crate::control::tool::Tool;
use crate::ledger::sample::Run;

pub const FEATURES: [&str; 4] = ["account_balance", "positions", "intraday", "global_market"];

/// What must stay text wherever it comes from.
pub const HOSTILE: &str =
    "</style><script>alert(1)</script><img src=x onerror=alert(2)>\u{202e}gnp.exe\u{1b}[2J";

/// Four weeks up to yesterday: each weekday two runs of all features over the session, now and then one that differs.
pub fn entries(now: Timestamp) -> Vec<Entry> {
    let settings = load(&Global::default(), &Environment::default()).unwrap();
    let rules: BTreeMap<String, String> =
        settings.features.iter().map(|feature| (feature.name.clone(), digest_one(feature))).collect();
    let zone = jiff::tz::TimeZone::get("America/New_York").unwrap();
    let today = now.to_zoned(zone.clone()).date();
    let mut entries = Vec::new();
    for back in (1..=28).rev() {
        let day = today.checked_sub(back.days()).unwrap();
        if day.weekday().to_monday_zero_offset() >= 5 {
            continue;
        }
        let open = day.at(9, 30, 0, 0).to_zoned(zone.clone()).unwrap().timestamp();
        for half in 0..2 {
            let from = open + SignedDuration::from_secs(half * 11_700);
            let mut run = Run::clean(FEATURES[0], from, 11_600.0);
            for feature in &FEATURES[1..] {
                let other = Run::clean(feature, from, 11_600.0);
                run.report.features.extend(other.report.features);
            }
            run.circumstances.rules = rules.clone();
            let on = |feature: &str| back < 14 && feature == FEATURES[0];
            let state = |feature: &str| if on(feature) { FlagState::On } else { FlagState::Off };
            run.circumstances.flags = FEATURES.iter().map(|it| ((*it).to_owned(), state(it))).collect();
            run.circumstances.revision =
                Some(Revision { commit: "c0ffee0123456789".to_owned(), dirty: Vec::new() });
            let by =
                RunBy { user: "ada".to_owned(), host: "desk".to_owned(), command: "shadow-diff".to_owned() };
            run.circumstances.by = Some(by);
            for (at, feature) in run.report.features.iter_mut().enumerate() {
                feature.skew_ms.p99 = 40.0 + f64::from((back * 37 + at as i32 * 11) % 90);
                feature.rest_errors = u64::from(back % 5 == 0) * 3;
            }
            if back % 6 == 0 {
                differ(&mut run, 1, half);
            }
            if back == 9 && half == 1 {
                run.report.end = RunEnd::Interrupted;
                run = run.gap(100.0, 160.0);
                run.report.features.iter_mut().for_each(|it| it.verdict = Verdict::Inconclusive);
            }
            entries.push(Entry::Run(Box::new(run.record())));
        }
    }
    people(&mut entries, now);
    entries
}

/// Ninety positions differ in their mark, and one payload tries to be more than text.
fn differ(run: &mut Run, at: usize, half: i64) {
    let feature = &mut run.report.features[at];
    feature.verdict = Verdict::NoGo;
    feature.outcomes.insert(Kind::Value, 7);
    for number in 0..90 {
        let symbol = if number == 0 { format!("\"{HOSTILE}\"") } else { format!("\"SYM{number}\"") };
        let entity = BTreeMap::from([("/symbol".parse().unwrap(), symbol.clone())]);
        let sides = |mark: &str| {
            let mut fields: BTreeMap<_, _> = (0..24)
                .map(|field| (format!("/field_{field}").parse().unwrap(), format!("{}.25", field * 11)))
                .collect();
            fields.insert("/symbol".parse().unwrap(), symbol.clone());
            fields.insert("/mark_price".parse().unwrap(), mark.to_owned());
            fields
        };
        if number < 8 {
            let payloads =
                Payloads { entity: entity.clone(), rest: sides("455.00"), ws: sides("454.99"), left_out: 0 };
            feature.differing.push(Differing { at: 12.0, payloads });
        }
        feature.findings.push(Finding {
            difference: Difference {
                field: Some("/mark_price".parse().unwrap()),
                rest: Some("455.00".to_owned()),
                ws: Some("454.99".to_owned()),
                persistence: Persistence::Confirmed,
                ..Difference::of(Kind::Value, entity)
            },
            count: 3 + half as u64,
            first_at: 1.0,
            last_at: 12.0,
            fingerprint: format!("{number:016x}"),
        });
    }
    feature.notes.push(Note::of("volatile", None, 2, HOSTILE));
}

fn people(entries: &mut Vec<Entry>, now: Timestamp) {
    let at = |days: i64| now - SignedDuration::from_hours(days * 24);
    let flag = |days: i64, on: bool, rehearsal: bool| {
        Entry::FlagChange(FlagChange {
            id: id(at(days), &["flag", FEATURES[0], if on { "on" } else { "off" }]),
            at: at(days),
            feature: FEATURES[0].to_owned(),
            on,
            files: vec![".env".to_owned()],
            forced: None,
            rehearsal,
            revision: None,
            written_after: None,
            imported: None,
        })
    };
    entries.extend([flag(14, true, false), flag(6, false, true), flag(5, true, false)]);
    let sign_off = SignOff {
        id: id(at(3), &["sign-off", FEATURES[0]]),
        at: at(3),
        feature: FEATURES[0].to_owned(),
        gate: ManualGate::SignOff,
        by: "Grace".to_owned(),
        role: "desk lead".to_owned(),
        note: format!("watched two sessions {HOSTILE}"),
        accepts: vec!["/description".to_owned()],
        stage: None,
        tag: None,
        revision: None,
        code: None,
        imported: None,
    };
    entries.push(Entry::Revocation(Revocation {
        id: id(at(2), &["revocation", FEATURES[0]]),
        at: at(2),
        feature: FEATURES[0].to_owned(),
        sign_off: sign_off.id.clone(),
        by: "Grace".to_owned(),
        note: "a price was late".to_owned(),
        imported: None,
    }));
    entries.push(Entry::SignOff(sign_off));
}

/// A folder whose ledger has the month.
pub fn tool() -> Tool {
    let tool = Tool::with_flags_off();
    tool.write(
        "thor-cutover.toml",
        "[source]\nnone = \"another team's\"\n[features.positions.ws]\nevery = \"7s\"\n",
    );
    std::fs::create_dir_all(tool.path().join(".thor-cutover")).unwrap();
    tool.ledger().append(&entries(Clock::wall())).unwrap();
    tool
}
