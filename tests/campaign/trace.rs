//! One world told line by line: what was true, what arrived, what the engine made of it, what it should be.

use std::fmt::Write as _;

use thor_cutover::model::observation::Event;

use super::score::{finding_line, names, score};
use super::screen::Screen;
use super::shape::Shape;
use super::trial::Judged;
use super::world::{About, World};

/// `width`: payloads are cut at so many characters.
pub fn tell(world: &World, judged: &Judged, width: usize) -> String {
    let mut out = String::new();
    for track in &world.tracks {
        let _ = writeln!(out, "{}\n  {}", shape_line(&track.shape), track.habits.join(", "));
    }
    for blind in &world.line.blinds {
        let _ =
            writeln!(out, "blind {} to {} {:?}", seconds(blind.from.max(0)), seconds(blind.to), blind.cause);
    }
    let mut outcomes = judged.outcomes.iter().peekable();
    for (place, scene) in judged.heard.iter().enumerate() {
        let time = seconds(scene.observation.at.0 as i64);
        let _ = writeln!(out, "{time} {}", scene_line(world, scene.about, &scene.observation.event, width));
        while let Some((_, feature, outcome)) = outcomes.next_if(|(settled, ..)| *settled == place) {
            let window = (seconds(outcome.window.0.0 as i64), seconds(outcome.window.1.0 as i64));
            let _ = write!(
                out,
                "           => [{feature}] {} of {}..{}",
                outcome.kind,
                window.0.trim(),
                window.1.trim()
            );
            if let Some(reason) = &outcome.reason {
                let _ = write!(out, " ({reason})");
            }
            for difference in outcome.differences.iter().take(4) {
                let _ = write!(
                    out,
                    "; {} {:?} {} rest {} ws {}",
                    difference.kind,
                    difference.entity.values().collect::<Vec<_>>(),
                    difference.field.as_ref().map_or_else(String::new, ToString::to_string),
                    difference.rest.as_deref().unwrap_or("-"),
                    difference.ws.as_deref().unwrap_or("-")
                );
            }
            out.push('\n');
        }
    }
    let _ = writeln!(out, "\nverdict {}", judged.report.verdict);
    for feature in &judged.report.features {
        let _ = writeln!(out, "{} {} {:?}", feature.feature, feature.verdict, feature.outcomes);
        for gate in &feature.gates {
            let _ = writeln!(
                out,
                "  gate {} {}: {} (threshold {})",
                gate.code, gate.verdict, gate.value, gate.threshold
            );
        }
        for finding in &feature.findings {
            let _ = writeln!(out, "  finding {}", finding_line(finding));
        }
        for note in &feature.notes {
            let _ = writeln!(out, "  note {} x{} {}", note.kind, note.count, note.detail);
        }
    }
    let _ = writeln!(out, "{}", expectation(world, judged));
    let _ = writeln!(out, "score {:?}", score(world, &judged.report));
    out
}

fn expectation(world: &World, judged: &Judged) -> String {
    let truth = &world.truth;
    let mut out = String::new();
    for (place, track) in world.tracks.iter().enumerate() {
        let _ = writeln!(
            out,
            "truth: {} is owed {:?}; {:?}; {:?}",
            track.shape.feature.name, truth.owed[place], truth.skews[place], truth.evidence[place]
        );
    }
    if let Some((feature, planted)) = &truth.planted {
        let shape = &world.tracks[*feature].shape;
        let fields: Vec<String> =
            planted.columns.iter().map(|&column| shape.columns[column].rest.to_string()).collect();
        let entities: Vec<String> = planted.entities.iter().map(|id| shape.ids[*id].join("+")).collect();
        let report = &judged.report.features[*feature];
        let found = report.findings.iter().any(|finding| names(finding, planted, shape));
        let _ = write!(
            out,
            "planted: {:?} in {} on {:?} (draw {}), {}..{}: {}; entities [{}] fields [{}]; any of {:?}; found: {found}",
            planted.fault,
            shape.feature.name,
            planted.side,
            world.attempts,
            seconds(planted.span.0.max(0)).trim(),
            seconds(planted.span.1.min(world.line.length)).trim(),
            planted.note,
            entities.join(", "),
            fields.join(", "),
            planted.kinds
        );
        let screen = Screen::new(&world.tracks[*feature], &world.line);
        for id in 0..shape.ids.len() {
            for wrong in screen.wrong(id, truth.skews[*feature].screen).iter().take(12) {
                let (from, to) = (seconds(wrong.from), seconds(wrong.to));
                let _ = write!(
                    out,
                    "\n  {} stood wrong {from} to {to}: {:?}",
                    shape.ids[id].join("+"),
                    wrong.how
                );
            }
        }
    } else {
        let _ = write!(out, "clean, starved {:?}", truth.starved);
    }
    out
}

fn shape_line(shape: &Shape) -> String {
    format!(
        "{}: {:?} {:?}, {:?} every {} ms, poll {} ms, D {} ms, C {} ms, {} entities, columns {}",
        shape.feature.name,
        shape.form,
        shape.feature.delivery(),
        shape.pace,
        shape.every / 1_000_000,
        shape.poll / 1_000_000,
        shape.delay / 1_000_000,
        shape.staleness / 1_000_000,
        shape.ids.len(),
        shape.columns.iter().map(|column| column.rest.to_string()).collect::<Vec<_>>().join(" ")
    )
}

fn scene_line(world: &World, about: About, event: &Event<'_>, width: usize) -> String {
    let cut = |text: &str| text.chars().take(width).collect::<String>();
    let from = match about {
        About::Push { feature, index } => {
            let push = &world.tracks[feature].pushes[index];
            format!("[{feature}] state {} true at {} {:?}", push.turn, seconds(push.at).trim(), push.why)
        }
        About::Sample { feature, index } => {
            let sample = &world.tracks[feature].samples[index];
            let turn = world.tracks[feature].history.turn_at(sample.read);
            format!("[{feature}] state {turn} read at {}", seconds(sample.read).trim())
        }
        About::Wish { feature } => format!("[{feature}] wished for"),
        About::Noise => "noise".to_owned(),
        About::Line => String::new(),
    };
    match event {
        Event::Message(text) => format!("ws   {from} {}", cut(text)),
        Event::Rest(answer) => {
            format!("rest {from} sent {} {}", seconds(answer.sent.0 as i64).trim(), cut(&answer.body))
        }
        Event::RestError { error, .. } => format!("rest {from} error {error}"),
        other => format!("line {other:?}"),
    }
}

fn seconds(nanos: i64) -> String {
    format!("{:>10.6}", nanos as f64 / 1e9)
}
