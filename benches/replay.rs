//! Recordings to measure with, and the baseline they are measured against. `scripts/bench` runs it.
//!
//! `replay write FOLDER` writes the four shapes, `replay account FOLDER N` one of N messages, `replay planted FOLDER`
//! a workload with 20 wrong answers, `replay month STORE` a ledger with a month of evidence, the password of a server by PGPASSWORD.
//! `replay values FILE` parses each line into a `serde_json::Value` and does nothing else: what P1 compares with.

#![expect(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "a benchmark is a program of its own: it prints, reads its arguments and ends"
)]

#[expect(dead_code, reason = "the ledger's tests vary the runs, a month of evidence does not")]
#[path = "../tests/it/ledger/sample.rs"]
mod sample;
#[path = "shapes.rs"]
mod shapes;

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use jiff::SignedDuration;
use secrecy::SecretString;
use thor_cutover::evidence::{Ledger, LedgerPlace};
use thor_cutover::model::facts::ledger::Entry;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["write", folder] => write_all(Path::new(folder), 220_000),
        ["account", folder, messages] => {
            shapes::account(messages.parse().expect("a number")).write(Path::new(folder));
        }
        ["month", store] => month(store),
        ["planted", folder] => {
            shapes::planted(20_000, 20).write(Path::new(folder));
        }
        ["values", file] => as_values(Path::new(file)),
        // `cargo bench` without words, and nothing is said of speed without a table
        _ => println!("scripts/bench measures; see benches/replay.rs for the words"),
    }
}

fn write_all(folder: &Path, messages: usize) {
    let make: [&dyn Fn() -> shapes::Shape; 4] = [
        &|| shapes::account(messages),
        &|| shapes::positions(messages / 10, 50),
        &|| shapes::bars(messages),
        &|| shapes::templated(60_000),
    ];
    for shape in make {
        shape().write(folder);
    }
}

/// 22 sessions up to now, each watched in runs of ten minutes, four features a run.
fn month(store: &str) {
    let mut entries = Vec::new();
    let first = jiff::Timestamp::now() - SignedDuration::from_hours(22 * 24);
    for day in 0..22 {
        for part in 0..39 {
            let from = first + SignedDuration::from_secs(day * 86_400 + part * 600);
            let mut run = sample::Run::clean("account_balance", from, 595.0);
            let one = run.report.features[0].clone();
            for name in ["positions", "intraday", "global_market"] {
                let mut other = one.clone();
                other.feature = name.to_owned();
                run.report.features.push(other);
            }
            entries.push(Entry::Run(Box::new(run.record())));
        }
    }
    let mut place = LedgerPlace::from(store);
    place.password = std::env::var("PGPASSWORD").ok().map(SecretString::from);
    let ledger = Ledger::open(place);
    ledger.and_then(|mut ledger| ledger.append(&entries)).expect("a ledger");
    println!("{}", entries.len());
}

fn as_values(path: &Path) {
    let mut reader = BufReader::with_capacity(64 * 1024, File::open(path).expect("the recording"));
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).expect("a readable file") > 0 {
        let value: serde_json::Value = serde_json::from_slice(&line).expect("JSON");
        std::hint::black_box(&value);
        line.clear();
    }
}
