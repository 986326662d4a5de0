//! The engine's parts by themselves, for each shape of payload, beside `serde_json::Value` over the same bytes.
//!
//! `cargo bench --bench engine` prints medians and throughput; `cargo bench --bench engine -- normalise` one group.
//! A run's self-check costs up to 30 ms once, which shows where little is judged. The whole program, and everything
//! live, is measured by `scripts/bench`.

use std::borrow::Cow;
use std::hint::black_box;
use std::path::PathBuf;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, Divan};
use serde_json::value::RawValue;
use thor_cutover::align::Engine;
use thor_cutover::diff::compare::{Times, compare};
use thor_cutover::diff::field_table::{FieldTable, Side};
use thor_cutover::diff::normalise::{self, Batch};
use thor_cutover::diff::parsed_entity::parse_entity;
use thor_cutover::diff::template::{MessageTemplate, Wanted};
use thor_cutover::json::grammar::is_json;
use thor_cutover::json::locate::locate;
use thor_cutover::json::pointer::Pointer;
use thor_cutover::judge::run::judge;
use thor_cutover::model::feature::Feature;
use thor_cutover::model::observation::{Event, Observation, Payload, RestAnswer};
use thor_cutover::model::thresholds::Thresholds;
use thor_cutover::model::time::Nanos;
use thor_cutover::recording::Series;

#[expect(dead_code, reason = "one of the shapes is for the whole program")]
mod shapes;

use shapes::Shape;

fn main() {
    Divan::from_args().sample_count(30).main();
}

const SHAPES: [&str; 4] = ["account", "positions", "positions of 2000", "bars"];

fn shape(name: &str) -> Shape {
    match name {
        "account" => shapes::account(40_000),
        "positions" => shapes::positions(200, 50),
        "positions of 2000" => shapes::positions(20, 2000),
        _ => shapes::bars(2000),
    }
}

/// A stretch of one feature's traffic.
struct Traffic {
    feature: Feature,
    /// With the times they arrive at.
    messages: Vec<(u64, String)>,
    /// With the times they are sent and arrive at.
    answers: Vec<(u64, u64, String)>,
}

impl Traffic {
    fn of(shape: &str) -> Self {
        let shape = self::shape(shape);
        let mut traffic =
            Self { feature: shape.features[0].clone(), messages: Vec::new(), answers: Vec::new() };
        for line in &shape.lines {
            #[derive(serde::Deserialize)]
            struct Line<'l> {
                t: u64,
                #[serde(borrow)]
                ws: Option<&'l RawValue>,
                #[serde(borrow)]
                rest: Option<Rest<'l>>,
            }
            #[derive(serde::Deserialize)]
            struct Rest<'l> {
                sent: u64,
                #[serde(borrow)]
                body: &'l RawValue,
            }
            let line: Line<'_> = serde_json::from_str(line).expect("JSON");
            traffic.messages.extend(line.ws.map(|text| (line.t, text.get().to_owned())));
            traffic.answers.extend(line.rest.map(|rest| (rest.sent, line.t, rest.body.get().to_owned())));
        }
        traffic
    }

    fn bytes(&self) -> BytesCount {
        BytesCount::new(self.messages.iter().map(|(_, text)| text.len()).sum::<usize>())
    }

    fn texts(&self) -> impl Iterator<Item = &str> {
        self.messages.iter().map(|(_, text)| text.as_str())
    }

    /// What messages are read with: the plan, and where the entities are.
    fn reading(&self) -> (FieldTable, &Pointer) {
        (FieldTable::new(&self.feature), &self.feature.ws[0].select)
    }
}

/// From text to what it says.
mod parse {
    use super::*;

    #[divan::bench(args = SHAPES)]
    fn value(bencher: Bencher<'_, '_>, shape: &str) {
        let traffic = Traffic::of(shape);
        bencher.counter(traffic.bytes()).bench_local(|| {
            for text in traffic.texts() {
                black_box(serde_json::from_str::<serde_json::Value>(text).expect("JSON"));
            }
        });
    }

    #[divan::bench(args = SHAPES)]
    fn grammar(bencher: Bencher<'_, '_>, shape: &str) {
        let traffic = Traffic::of(shape);
        bencher.counter(traffic.bytes()).bench_local(|| traffic.texts().filter(|text| is_json(text)).count());
    }
}

/// From text to the digests of its entities.
mod normalise_and_digest {
    use super::*;

    #[divan::bench(args = SHAPES)]
    fn long_way(bencher: Bencher<'_, '_>, shape: &str) {
        let traffic = Traffic::of(shape);
        let ((mut plan, select), mut batch) = (traffic.reading(), Batch::default());
        bencher.counter(traffic.bytes()).bench_local(|| {
            for text in traffic.texts() {
                let selected = locate(text, &[select]).expect("JSON")[0].expect("entities");
                normalise::read(&mut plan, Side::Ws, selected, &[], &mut batch).expect("entities");
                black_box(&batch);
            }
        });
    }

    #[divan::bench(args = SHAPES)]
    fn by_form(bencher: Bencher<'_, '_>, shape: &str) {
        let traffic = Traffic::of(shape);
        let ((mut plan, select), mut batch, mut form) =
            (traffic.reading(), Batch::default(), MessageTemplate::default());
        let first = traffic.texts().next().expect("a message");
        let selected = locate(first, &[select]).expect("JSON")[0].expect("entities");
        let wanted = Wanted { selected, scalars: &[] };
        form.learn(&mut plan, Side::Ws, first, wanted);
        bencher.counter(traffic.bytes()).bench_local(|| {
            for text in traffic.texts() {
                let text = Payload::from(text);
                let fit = form.fit(&text, None).expect("the same form");
                normalise::read_match(&mut plan, Side::Ws, fit, &[], &mut batch).expect("entities");
                black_box(&batch);
            }
        });
    }
}

/// Everything the core does with a feature's traffic: both sides, in their order.
mod align {
    use super::*;

    #[divan::bench(args = SHAPES)]
    fn both_sides(bencher: Bencher<'_, '_>, shape: &str) {
        let traffic = Traffic::of(shape);
        let mut observations: Vec<Observation<'_>> = (traffic.messages.iter())
            .map(|(at, text)| {
                let frame = Payload::known(Cow::Borrowed(text.as_str()), true);
                Observation::of(Nanos(*at), Event::Message(frame))
            })
            .collect();
        observations.extend(traffic.answers.iter().map(|(sent, at, body)| {
            let answer = RestAnswer {
                feature: Cow::Borrowed(&traffic.feature.name),
                sent: Nanos(*sent),
                status: 200,
                body: Payload::known(body.as_str().into(), true),
                bound: Vec::new(),
            };
            Observation::of(Nanos(*at), Event::Rest(answer))
        }));
        observations.sort_by_key(|observation| observation.at);
        bencher
            .counter(traffic.bytes())
            .with_inputs(|| {
                let mut panel = Engine::new(std::slice::from_ref(&traffic.feature));
                panel.push(&Observation::of(Nanos(100), Event::Open));
                panel
            })
            .bench_local_values(|mut panel| {
                for observation in &observations {
                    panel.push(observation);
                }
                panel
            });
    }
}

/// Two entities field by field: what a difference costs.
mod diff {
    use super::*;

    #[divan::bench(args = ["account", "positions", "bars"])]
    fn entities(bencher: Bencher<'_, '_>, shape: &str) {
        let traffic = Traffic::of(shape);
        let ((mut plan, select), mut batch) = (traffic.reading(), Batch::default());
        let mut entities = Vec::new();
        for text in traffic.texts() {
            let selected = locate(text, &[select]).expect("JSON")[0].expect("entities");
            normalise::read(&mut plan, Side::Ws, selected, &[], &mut batch).expect("entities");
            entities.extend(batch.rows.iter().map(|row| &selected[row.span.0 as usize..row.span.1 as usize]));
        }
        let times = Times { rest: (Nanos(0), Nanos(1)), ws: (Nanos(0), Nanos(1)) };
        bencher.counter(ItemsCount::new(entities.len() - 1)).bench_local(|| {
            for pair in entities.windows(2) {
                let one = parse_entity(&mut plan, Side::Rest, pair[0], &[]).expect("an entity");
                let other = parse_entity(&mut plan, Side::Ws, pair[1], &[]).expect("an entity");
                black_box(compare(&plan, &one, &other, times));
            }
        });
    }
}

/// From a recording on disk to its report.
mod replay {
    use super::*;

    #[divan::bench(args = SHAPES)]
    fn values(bencher: Bencher<'_, '_>, name: &str) {
        let (_folder, path, bytes) = recording(name);
        bencher.counter(bytes).bench_local(|| {
            for line in fs_err::read_to_string(&path).expect("the recording").lines() {
                black_box(serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
            }
        });
    }

    #[divan::bench(args = SHAPES)]
    fn judged(bencher: Bencher<'_, '_>, name: &str) {
        let (_folder, path, bytes) = recording(name);
        let features = shape(name).features;
        bencher.counter(bytes).bench_local(|| {
            let (_, mut series) = Series::open(std::slice::from_ref(&path)).expect("a recording");
            let mut panel = Engine::new(&features);
            while let Some(observation) = series.next().expect("an observation") {
                panel.push(&observation);
            }
            let tally = panel.finish(series.at());
            black_box(judge(&features, &tally, &Thresholds::default(), series.end(), "digest"))
        });
    }

    fn recording(name: &str) -> (tempfile::TempDir, PathBuf, BytesCount) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = shape(name).write(folder.path());
        let bytes = fs_err::metadata(&path).expect("the recording").len();
        (folder, path, BytesCount::new(bytes))
    }
}
