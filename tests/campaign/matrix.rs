//! What a whole campaign amounts to: what came of each kind of world, the shares, every failing seed.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use thor_cutover::model::feature::Delivery;
use thor_cutover::model::run::RunReport;
use thor_cutover::model::verdict::Verdict;

use super::score::Score;
use super::track::{Garble, Push};
use super::truth::Owed;
use super::world::World;

/// Per cent of rich clean worlds that must be GO, and of faults beyond the skew that must be NO-GO.
const BOLD: u64 = 95;
/// Per cent of no-gos that must name the fault.
const RIGHTLY_NAMED: u64 = 99;

/// Verdicts of some worlds.
#[derive(Default, Clone, Copy)]
struct Verdicts {
    no_go: u64,
    inconclusive: u64,
    go: u64,
}

impl Verdicts {
    fn add(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::NoGo | Verdict::Error => self.no_go += 1,
            Verdict::Inconclusive => self.inconclusive += 1,
            Verdict::Go => self.go += 1,
        }
    }

    fn all(self) -> u64 {
        self.no_go + self.inconclusive + self.go
    }
}

impl std::fmt::Display for Verdicts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = format!("{}/{}/{}", self.no_go, self.inconclusive, self.go);
        f.pad(if self.all() == 0 { "-" } else { &text })
    }
}

#[derive(Default)]
pub struct Matrix {
    /// Kind of world → what it is owed → verdicts.
    rows: BTreeMap<(bool, String), BTreeMap<Owed, Verdicts>>,
    /// Kind of fault → no-gos, and how many of them with another name.
    names: BTreeMap<String, (u64, u64)>,
    alarms: u64,
    false_gos: u64,
    misnamed: u64,
    errors: u64,
    granted: usize,
    worlds: u64,
    failures: BTreeMap<(u8, String), Vec<String>>,
}

/// How a world is told apart from others in the table.
fn class(world: &World, place: usize) -> (bool, String) {
    match (&world.truth.planted, world.truth.starved) {
        (Some((_, planted)), _) => (true, format!("{:?}", planted.fault)),
        (None, Some(starved)) => (false, format!("starved: {starved:?}")),
        (None, None) => {
            let shape = &world.tracks[place].shape;
            let delivery =
                if shape.feature.delivery() == Delivery::OnChange { "on-change" } else { "periodic" };
            let twice = |push: &Push| matches!(push.garble, Some(Garble::Twice(..)));
            let twice = world.tracks[place].pushes.iter().any(twice);
            let echoes = shape.echoes;
            let traits = [(twice, " twice"), (echoes, " echoes")].into_iter().filter(|(has, _)| *has);
            let traits: String = traits.map(|(_, word)| word).collect();
            (false, format!("{:?} {delivery} {:?}{traits}", shape.form, shape.pace))
        }
    }
}

/// What the engine does not hold yet, in percent of the worlds, and of the faults beyond the skew that are NO-GO. The
/// promise is none, none and 95: these may only ever move there.
const KNOWN_ALARMS: u64 = 2;
const KNOWN_FALSE_GOS: u64 = 3;
const KNOWN_BOLD: u64 = 85;

impl Matrix {
    pub fn add(&mut self, world: &World, report: &RunReport, granted: usize, score: &Score) {
        self.worlds += 1;
        // A clean world is of the kind of its worst feature.
        let rank = |place: &usize| (report.features[*place].verdict != Verdict::NoGo, *place);
        let worst = (0..report.features.len()).min_by_key(rank).unwrap_or(0);
        let row = class(world, worst);
        self.granted += granted;
        // A clean world is its worst feature's; of a faulty one the feature with the fault is looked at.
        let owed = &world.truth.owed;
        let (owed, verdict) = match &world.truth.planted {
            Some((feature, _)) => (owed[*feature], report.features[*feature].verdict),
            None => (owed.iter().copied().max().unwrap_or(Owed::Go), report.verdict),
        };
        self.rows.entry(row.clone()).or_default().entry(owed).or_default().add(verdict);
        let is_misnamed = matches!(score, Score::Misnamed(_));
        if row.0 && verdict == Verdict::NoGo {
            let names = self.names.entry(row.1.clone()).or_default();
            names.0 += 1;
            names.1 += u64::from(is_misnamed);
        }
        let (rank, why, line) = match score {
            Score::Right | Score::Modest | Score::Unseen => return,
            Score::FalseAlarm(line) => (0, "false alarm", line),
            Score::FalseGo(line) => (1, "false go", line),
            Score::Misnamed(line) => (2, "misnamed", line),
            Score::Timid(line) => (3, "timid", line),
        };
        self.alarms += u64::from(rank == 0);
        self.false_gos += u64::from(rank == 1);
        self.misnamed += u64::from(rank == 2);
        self.errors += u64::from(report.verdict == Verdict::Error);
        let planted = world.truth.planted.as_ref();
        let found = planted.map(|(feature, planted)| {
            let found = &world.truth.evidence[*feature];
            format!(
                "{}; {:.1} s wrong, {} answers met it, {} contradicted, {} flickers of {} answers",
                planted.note,
                found.wrong_seconds,
                found.wrong,
                found.contradicted,
                found.flickers,
                found.answers
            )
        });
        let only = planted.map_or_else(|| "clean".to_owned(), |(_, planted)| format!("{:?}", planted.fault));
        let kind = if row.0 { String::new() } else { format!("{}, ", row.1) };
        let line: String =
            format!("{kind}{owed:?}: {} {line}", found.unwrap_or_default()).chars().take(330).collect();
        let line = format!("{why:<11} --seed {:<6} --only {only:<18} {line}", world.seed);
        self.failures.entry((rank, row.1)).or_default().push(line);
    }

    /// A panic of the engine, or of the campaign itself.
    pub fn add_panic(&mut self, seed: u64, what: &str, message: &str) {
        self.errors += 1;
        let line = format!("panic       --seed {seed:<6} --only {what} {message}");
        self.failures.entry((0, "panic".to_owned())).or_default().push(line);
    }

    /// Of the worlds that are owed `owed`, the verdicts.
    fn owed(&self, faulty: bool, owed: Owed) -> Verdicts {
        let mut sum = Verdicts::default();
        for (_, row) in self.rows.iter().filter(|((of_faulty, _), _)| *of_faulty == faulty) {
            let cell = row.get(&owed).copied().unwrap_or_default();
            sum.no_go += cell.no_go;
            sum.inconclusive += cell.inconclusive;
            sum.go += cell.go;
        }
        sum
    }

    /// What does not hold, in words; nothing where every promise does.
    pub fn broken(&self) -> Vec<String> {
        let rich = self.owed(false, Owed::Go);
        let beyond = self.owed(true, Owed::NoGo);
        let named: u64 = self.names.values().map(|(all, _)| all).sum();
        let mut broken = Vec::new();
        let mut must = |holds: bool, what: String| {
            if !holds {
                broken.push(what)
            }
        };
        let worlds = self.worlds;
        must(
            self.alarms * 100 <= worlds * KNOWN_ALARMS,
            format!("{} false alarms in {worlds} worlds, above {KNOWN_ALARMS} %", self.alarms),
        );
        must(self.errors == 0, format!("{} errors", self.errors));
        must(
            self.false_gos * 100 <= worlds * KNOWN_FALSE_GOS,
            format!("{} false GOs in {worlds} worlds, above {KNOWN_FALSE_GOS} %", self.false_gos),
        );
        must(
            rich.go * 100 >= rich.all() * BOLD,
            format!("{} of {} rich clean worlds are GO, below {BOLD} %", rich.go, rich.all()),
        );
        must(
            beyond.no_go * 100 >= beyond.all() * KNOWN_BOLD,
            format!(
                "{} of {} faults beyond the skew are NO-GO, below {KNOWN_BOLD} %",
                beyond.no_go,
                beyond.all()
            ),
        );
        must(
            self.misnamed * 100 <= named * (100 - RIGHTLY_NAMED),
            format!("{} named wrongly beside {named} no-gos, above {} %", self.misnamed, 100 - RIGHTLY_NAMED),
        );
        broken
    }

    /// `most`: failing seeds listed of one kind.
    pub fn text(&self, most: usize) -> String {
        let mut out = String::from("verdicts are NO-GO/INCONCLUSIVE/GO\n");
        let tables = [
            (
                false,
                "clean",
                vec![("rich", Owed::Go), ("poor", Owed::NotNoGo), ("too little", Owed::Inconclusive)],
            ),
            (
                true,
                "faulty",
                vec![("beyond skew", Owed::NoGo), ("shows", Owed::NotGo), ("hardly shows", Owed::Any)],
            ),
        ];
        for (faulty, title, columns) in tables {
            let _ = write!(out, "\n{title:<36}");
            columns.iter().for_each(|(name, _)| out.push_str(&format!("{name:>16}")));
            out.push_str(if faulty { "      to be named   misnamed\n" } else { "\n" });
            for ((_, name), row) in self.rows.iter().filter(|((of_faulty, _), _)| *of_faulty == faulty) {
                let _ = write!(out, "{name:<36}");
                for (_, owed) in &columns {
                    let _ = write!(out, "{:>16}", row.get(owed).copied().unwrap_or_default());
                }
                if faulty {
                    let words = row.iter().find(|(owed, _)| matches!(owed, Owed::Named(_)));
                    let (_, misnamed) = self.names.get(name).copied().unwrap_or_default();
                    let _ = write!(out, "{:>16}", words.map(|(_, cell)| *cell).unwrap_or_default());
                    let _ = write!(out, "{misnamed:>11}");
                }
                out.push('\n');
            }
        }
        let (rich, beyond) = (self.owed(false, Owed::Go), self.owed(true, Owed::NoGo));
        let share = |part: u64, of: u64| if of == 0 { 100.0 } else { part as f64 * 100.0 / of as f64 };
        let _ = writeln!(
            out,
            "\nrich clean worlds that are GO: {} of {} ({:.2} %)\nfaults beyond the skew that are NO-GO: {} of {} ({:.2} %)\nfalse alarms {}, false GOs {}, misnamed {}, errors {}; {} answers wished for and granted",
            rich.go,
            rich.all(),
            share(rich.go, rich.all()),
            beyond.no_go,
            beyond.all(),
            share(beyond.no_go, beyond.all()),
            self.alarms,
            self.false_gos,
            self.misnamed,
            self.errors,
            self.granted
        );
        for ((_, kind), lines) in &self.failures {
            let mut lines = lines.clone();
            lines.sort();
            lines.iter().take(most).for_each(|line| out.push_str(&format!("{line}\n")));
            if lines.len() > most {
                let _ = writeln!(out, "            … and {} more of {kind}", lines.len() - most);
            }
        }
        self.broken().iter().for_each(|what| out.push_str(&format!("BROKEN: {what}\n")));
        out
    }
}
