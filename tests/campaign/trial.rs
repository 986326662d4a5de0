//! One world before the judge: the engine is given what arrives when it arrives, and asks for what it wants.
//!
//! The only place that knows how the tool is driven.

use std::collections::BTreeMap;

use thor_cutover::align::Engine;
use thor_cutover::judge::run::judge;
use thor_cutover::model::observation::Observation;
use thor_cutover::model::outcome::Outcome;
use thor_cutover::model::run::RunReport;
use thor_cutover::model::thresholds::Thresholds;
use thor_cutover::model::time::Nanos;

use super::shape::MILLIS;
use super::world::{Scene, World};

/// Wishes are granted as live: at most so often for one feature, and at most two for each regular answer.
const WISH_PAUSE: i64 = 500 * MILLIS;
/// Looks at the engine between two observations, at the most.
const LOOKS: usize = 8;

pub struct Judged {
    pub report: RunReport,
    /// What was given to the engine, in order; kept only where it is asked for.
    pub heard: Vec<Scene>,
    /// Outcomes with the place among `heard` after which they were settled and their feature.
    pub outcomes: Vec<(usize, usize, Outcome)>,
    /// Answers that the engine wished for.
    pub granted: usize,
}

/// Runs a world through the engine, observation by observation.
pub fn run(world: &World, keeps: bool) -> Judged {
    let features = world.features();
    let mut run = Run {
        world,
        engine: Engine::new(&features).with_outcomes(),
        wished: BTreeMap::new(),
        last_wish: vec![i64::MIN / 4; features.len()],
        granted: 0,
    };
    let (mut heard, mut outcomes, mut count) = (Vec::new(), Vec::new(), 0);
    let mut scenes = world.scenes.iter().peekable();
    loop {
        let next = scenes.peek().map(|scene| scene.observation.at);
        if let Some(next) = next {
            run.look_until(next);
        }
        let wished = run.wished.first_key_value().map(|((at, _), _)| Nanos(*at as u64));
        let scene = match (next, wished) {
            (Some(next), Some(wished)) if wished < next => run.wished.pop_first().map(|(_, scene)| scene),
            _ => scenes.next().cloned(),
        };
        let Some(scene) = scene else { break };
        let settled = run.push(&scene.observation);
        outcomes.extend(settled.into_iter().map(|(feature, outcome)| (count, feature, outcome)));
        count += 1;
        if keeps {
            heard.push(scene);
        }
    }
    let tally = run.engine.finish(world.ended());
    let report = judge(&features, &tally, &Thresholds::default(), world.end, "campaign");
    Judged { report, heard, outcomes, granted: run.granted }
}

struct Run<'w> {
    world: &'w World,
    engine: Engine,
    /// Answers on their way, by when they are received.
    wished: BTreeMap<(i64, usize), Scene>,
    /// When each feature was last asked because the engine wished it.
    last_wish: Vec<i64>,
    granted: usize,
}

impl Run<'_> {
    fn push(&mut self, observation: &Observation<'_>) -> Vec<(usize, Outcome)> {
        self.engine.push(observation);
        self.grant(observation.at.0 as i64);
        std::iter::from_fn(|| self.engine.poll_outcome()).collect()
    }

    /// Lets the engine's clock go on, as the live loop does, and hears its wishes.
    fn look_until(&mut self, next: Nanos) {
        for _ in 0..LOOKS {
            let first_wished = self.wished.first_key_value().map_or(next, |((at, _), _)| Nanos(*at as u64));
            let due = self.engine.deadline().filter(|due| *due < next.min(first_wished));
            let Some(due) = due else { break };
            self.engine.advance(due);
            self.grant(due.0 as i64);
        }
    }

    fn grant(&mut self, now: i64) {
        let World { line, tracks, grants, .. } = self.world;
        let Some((feature, at)) = self.engine.wants_sample().filter(|_| *grants) else { return };
        let pause = WISH_PAUSE.max(tracks[feature].shape.poll / 2);
        let sent = (at.0 as i64).max(now).max(self.last_wish[feature] + pause);
        let stop = line.length - tracks[feature].shape.delay;
        // One at a time, none while we sleep, none that is still to come when the run ends.
        if sent >= stop || line.sleeps(sent) || self.last_wish[feature] > now || sent > now + pause {
            return;
        }
        self.last_wish[feature] = sent;
        for scene in self.world.answers(feature, sent) {
            self.granted += 1;
            let mut place = (scene.observation.at.0 as i64, 0);
            while self.wished.contains_key(&place) {
                place.1 += 1;
            }
            self.wished.insert(place, scene);
        }
    }
}
