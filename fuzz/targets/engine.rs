//! The whole Engine under arbitrary streams: the laws of a run, whatever its two sides say.
//!
//! Nothing panics. A run replayed from its recording is judged as it was judged live, whenever the clock was looked at.
//! GO needs judged samples and transitions, no finding, and never follows where every push was wrong. A stream that says
//! at once what REST says is never accused. What is held is bounded by what was said.

#![no_main]

use libfuzzer_sys::fuzz_target;
use thor_cutover::align::Engine;
use thor_cutover::judge::run::judge;
use thor_cutover::model::feature::Feature;
use thor_cutover::model::observation::{End, Observation};
use thor_cutover::model::outcome::blocking;
use thor_cutover::model::run::RunReport;
use thor_cutover::model::thresholds::Thresholds;
use thor_cutover::model::time::Nanos;
use thor_cutover::model::verdict::Verdict;
use thor_cutover::recording::{Header, Series, Writer, canonical};
use thor_cutover_fuzz::scratch;
use thor_cutover_fuzz::world::World;

fuzz_target!(|world: World<'_>| {
    let feature = world.shape.feature();
    // Payloads come to one line before anything else is done with them.
    let observations: Vec<Observation<'_>> = world.observations().into_iter().map(canonical).collect();
    let live = live(&feature, &observations);
    let replayed = replayed(&feature, &observations);
    let text = |report: &RunReport| serde_json::to_string(report).expect("a report is plain data");
    assert_eq!(text(&live), text(&replayed), "live and replayed");

    let of_feature = &live.features[0];
    if live.verdict == Verdict::Go {
        let needed = Thresholds::default();
        let judged: u64 = of_feature.outcomes.values().sum();
        assert!(judged >= needed.min_samples, "GO from {judged} samples");
        assert!(
            of_feature.transitions >= needed.min_transitions,
            "GO from {} transitions",
            of_feature.transitions
        );
        assert_eq!(blocking(&of_feature.outcomes), 0, "GO with findings");
        assert!(!world.is_hopeless(), "GO where every push was wrong");
    }
    if world.is_clean() {
        assert_ne!(
            live.verdict,
            Verdict::NoGo,
            "a stream that tells everything: {:?}",
            of_feature.findings.first()
        );
    }
});

/// As a run goes: somebody looks at the clock and at the tally all the time.
fn live(feature: &Feature, observations: &[Observation<'_>]) -> RunReport {
    const LOOK_EVERY: u64 = 700_000_000;
    let mut engine = Engine::new(std::slice::from_ref(feature)).with_outcomes().with_deferred();
    let mut said = 0;
    let mut looked_at = 0;
    for observation in observations {
        while looked_at + LOOK_EVERY < observation.known_from().0.min(looked_at + 10 * LOOK_EVERY) {
            looked_at += LOOK_EVERY;
            engine.advance(Nanos(looked_at));
        }
        looked_at = looked_at.max(observation.known_from().0);
        engine.push(observation);
        said += size(observation);
        let _ = (engine.deadline(), engine.wants_sample());
        while engine.poll_outcome().is_some() || engine.poll_deferred().is_some() {}
    }
    let held = engine.tally().features[0].held_bytes;
    assert!(held <= 16 * said + (64 << 10), "{held} bytes held of {said}");
    report(feature, engine, observations)
}

fn replayed(feature: &Feature, observations: &[Observation<'_>]) -> RunReport {
    let path = scratch::path("run.ndjson");
    let mut writer = Writer::create(&path, &Header::default()).expect("a recording");
    observations.iter().for_each(|observation| writer.write(observation).expect("room"));
    writer.close().expect("room");
    let (_, mut series) = Series::open(&[path]).expect("written by ourselves");
    let mut engine = Engine::new(std::slice::from_ref(feature));
    series.for_each(&mut engine, Engine::push_preparsed).expect("written by ourselves");
    assert_eq!((series.end(), series.warnings()), (End::Completed, vec![]));
    report(feature, engine, observations)
}

fn report(feature: &Feature, engine: Engine, observations: &[Observation<'_>]) -> RunReport {
    let end = observations.last().map(|last| last.at).unwrap_or_default();
    let tally = engine.finish(end);
    judge(std::slice::from_ref(feature), &tally, &Thresholds::default(), End::Completed, "")
}

fn size(observation: &Observation<'_>) -> usize {
    use thor_cutover::model::observation::Event;
    match &observation.event {
        Event::Message(text) => text.len(),
        Event::Rest(answer) => answer.body.len(),
        _ => 0,
    }
}
