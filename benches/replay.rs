//! The end-to-end replay of a recording against `serde_json::from_slice::<Value>` of the same lines,
//! one thread, one run: the ratio is what counts (P1).
//!
//! Run by `scripts/bench`; not a criterion bench because both sides must see the same file in the same minute,
//! and because the verdict at full speed is checked with it.

#![expect(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "a benchmark reads clocks and prints"
)]

#[path = "shapes.rs"]
mod shapes;

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use shapes::Shape;
use thor_cutover::align::Panel;
use thor_cutover::judge::run::judge;
use thor_cutover::model::observation::{End, Event};
use thor_cutover::recording::Reader;
use thor_cutover::settings::Thresholds;

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    println!(
        "{:<10} {:>9} {:>8} {:>12} {:>12} {:>7}  verdict",
        "shape", "lines", "MB", "Value MB/s", "replay MB/s", "ratio"
    );
    for shape in [shapes::account(220_000), shapes::positions(22_000, 50), shapes::bars(220_000)] {
        measure(&shape, folder.path());
    }
}

/// Medians of alternating rounds, so that a slow moment of the machine meets both.
fn measure(shape: &Shape, folder: &Path) {
    let path = folder.join(format!("{}.ndjson", shape.name));
    write(shape, &path);
    let mut parse = Vec::new();
    let mut replay = Vec::new();
    let mut verdict = String::new();
    for _ in 0..5 {
        let begin = Instant::now();
        as_values(&path);
        parse.push(begin.elapsed());
        let begin = Instant::now();
        verdict = judged(shape, &path);
        replay.push(begin.elapsed());
    }
    let megabytes = shape.bytes() as f64 / 1e6;
    let (parse, replay) = (median(parse).as_secs_f64(), median(replay).as_secs_f64());
    println!(
        "{:<10} {:>9} {:>8.1} {:>12.0} {:>12.0} {:>7.2}  {verdict}",
        shape.name,
        shape.lines.len(),
        megabytes,
        megabytes / parse,
        megabytes / replay,
        parse / replay
    );
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn write(shape: &Shape, path: &Path) {
    let header = serde_json::json!({
        "thor_cutover_recording": 1,
        "started_at": "2025-12-19T20:31:00Z",
        "features": shape.features.iter().map(|feature| &feature.name).collect::<Vec<_>>(),
        "rest_url": "http://localhost:8000",
        "ws_url": "ws://localhost:8000/ws/",
    });
    let mut file = std::io::BufWriter::new(std::fs::File::create(path).expect("a file"));
    writeln!(file, "{header}").expect("written");
    for line in &shape.lines {
        writeln!(file, "{line}").expect("written");
    }
}

fn as_values(path: &Path) {
    let mut reader = BufReader::new(std::fs::File::open(path).expect("the recording"));
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).expect("read") > 0 {
        let value: serde_json::Value = serde_json::from_slice(&line).expect("JSON");
        std::hint::black_box(&value);
        line.clear();
    }
}

fn judged(shape: &Shape, path: &Path) -> String {
    let (_, mut reader) = Reader::open(path).expect("a recording");
    let mut panel = Panel::new(&shape.features);
    let mut last = thor_cutover::model::time::Nanos::ZERO;
    while let Some(observation) = reader.next().expect("a readable line") {
        last = observation.at;
        if !matches!(observation.event, Event::End(_)) {
            panel.push(&observation);
        }
    }
    let report = judge(&shape.features, &panel.finish(last), &Thresholds::default(), End::Completed, "bench");
    let outcomes: Vec<String> =
        report.features[0].outcomes.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    format!("{} ({})", report.verdict, outcomes.join(", "))
}
