//! What is played: the set-up, the one fault, and how to recognise that it was found.

use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr as _;
use std::time::Duration;

use bigdecimal::{BigDecimal, One as _};

use crate::emulator::{Emulator, Fault, FaultSide, Options, PASSWORD, PlayedFeature, USER};
use crate::environment::Environment;
use crate::model::outcome::{Difference, Kind};
use crate::model::run::RunReport;
use crate::model::verdict::Verdict;
use crate::report::demo::{DemoFault, DemoFinding};

/// How long the shadow run observes.
pub const LENGTH: Duration = Duration::from_secs(12);
/// How often it asks REST.
pub const EVERY: Duration = Duration::from_millis(250);

pub const STATUS: &str =
    "1. Which flags are on? None: every page still polls REST, the WebSocket runs in its shadow.";
pub const SHADOW_DIFF: &str = "2. Do REST and WebSocket say the same? Both are watched side by side.";
pub const CHECKLIST: &str =
    "3. May the flag of positions go on? The evidence just kept is held against the gates.";

const ACCOUNT: &str = "PAPER-1-4C1D22AB";
const FEATURE: PlayedFeature = PlayedFeature::Positions;
const SYMBOL: &str = "SPY";
const ASSET_TYPE: &str = "EQ";
const FIELD: &str = "/mark_price";

pub fn options() -> Options {
    let fault = Fault::Value {
        feature: FEATURE,
        side: FaultSide::WebSocket,
        entity: Some(format!("{SYMBOL}/{ASSET_TYPE}")),
        field: FIELD.to_owned(),
    };
    Options { faults: vec![fault], market_ticks: 2, ..Options::default() }
}

/// The demo's own configuration: cadences as the emulator has them, so that silence is noticed in seconds.
pub fn configuration(emulator: &Emulator) -> String {
    let mut text = format!(
        "contract = \"thor-a\"\n\n[backend]\nrest_url = \"{}\"\naccount_id = \"{ACCOUNT}\"\n",
        emulator.rest_url()
    );
    for feature in PlayedFeature::ALL {
        let name = feature.as_str();
        text.push_str(&format!("\n[features.{name}.ws]\nevery = \"1s\"\n"));
    }
    // The emulator stores a bar when it closes; the built-in contract allows Thor's flush two minutes.
    text.push_str("\n[features.intraday]\nrest_staleness = \"1s\"\n");
    text
}

/// The surroundings of the played commands: the demo's folder and its log-in, nothing of the user's.
pub fn environment(folder: &Path, real: &Environment) -> Environment {
    let kept = ["TERM", "NO_COLOR", "CLICOLOR_FORCE", "COLUMNS", "PATH"];
    let mut variables: BTreeMap<String, String> =
        kept.iter().filter_map(|name| Some(((*name).to_owned(), real.get(name)?.to_owned()))).collect();
    for feature in PlayedFeature::ALL {
        let name = feature.as_str().to_uppercase();
        variables.insert(format!("WS_FEATURE_{name}"), "false".to_owned());
        variables.insert(format!("VITE_WS_FEATURE_{name}"), "false".to_owned());
    }
    variables.insert("THOR_USER".to_owned(), USER.to_owned());
    variables.insert("THOR_PASSWORD".to_owned(), PASSWORD.to_owned());
    Environment { arguments: Vec::new(), variables, folder: folder.to_owned(), ..real.clone() }
}

/// The feature with the fault.
pub fn feature() -> String {
    FEATURE.as_str().to_owned()
}

pub fn planted() -> DemoFault {
    DemoFault {
        feature: FEATURE.as_str().to_owned(),
        entity: format!("{SYMBOL} ({ASSET_TYPE})"),
        field: FIELD.to_owned(),
        what: "one cent too much on the WebSocket".to_owned(),
    }
}

/// What the shadow run made of the planted fault and of the features without one.
#[derive(Debug)]
pub struct Sighting {
    pub found: Option<DemoFinding>,
    /// Sound features that were called no-go.
    pub accused: Vec<String>,
    pub verdicts: BTreeMap<String, Verdict>,
}

impl Sighting {
    pub fn of(report: &RunReport) -> Self {
        let faulty = |name: &str| name == FEATURE.as_str();
        let features = || report.features.iter();
        let found = features()
            .filter(|feature| faulty(&feature.feature) && feature.verdict == Verdict::NoGo)
            .flat_map(|feature| &feature.findings)
            .find_map(|finding| found(&finding.difference, finding.count));
        let accused =
            features().filter(|feature| !faulty(&feature.feature) && feature.verdict == Verdict::NoGo);
        Self {
            found,
            accused: accused.map(|feature| feature.feature.clone()).collect(),
            verdicts: features().map(|feature| (feature.feature.clone(), feature.verdict)).collect(),
        }
    }
}

/// The planted difference and no other: its entity, its field, and values one cent apart.
fn found(difference: &Difference, count: u64) -> Option<DemoFinding> {
    let is = |field: &str, wanted: &str| {
        difference
            .entity
            .iter()
            .any(|(at, value)| at.to_string() == field && value.trim_matches('"') == wanted)
    };
    let field = difference.field.as_ref()?.to_string();
    let (rest, ws) = (difference.rest.clone()?, difference.ws.clone()?);
    let number = |text: &str| BigDecimal::from_str(text.trim_matches('"')).ok();
    let apart = number(&ws)? - number(&rest)?;
    let matches = difference.kind == Kind::Value
        && is("/symbol", SYMBOL)
        && is("/asset_type", ASSET_TYPE)
        && field == FIELD
        && apart * BigDecimal::from(100) == BigDecimal::one();
    matches.then_some(DemoFinding { field, rest, ws, count })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::outcome::{Entity, Persistence};
    use crate::report::demo::{Demo, DemoAnswer, Played};

    fn difference(symbol: &str, field: &str, rest: &str, ws: &str) -> Difference {
        let key = |at: &str, value: &str| (at.parse().unwrap(), value.to_owned());
        Difference {
            kind: Kind::Value,
            entity: Entity::from([key("/symbol", symbol), key("/asset_type", ASSET_TYPE)]),
            field: Some(field.parse().unwrap()),
            rest: Some(rest.to_owned()),
            ws: Some(ws.to_owned()),
            excess_ms: None,
            wrong_ms: None,
            passes_with: None,
            nearest_ms: None,
            persistence: Persistence::Confirmed,
        }
    }

    #[test]
    fn only_the_planted_difference_counts_as_found() {
        let rest = "\"455.030000\"";
        let hit = found(&difference(SYMBOL, FIELD, rest, "455.04"), 7).unwrap();
        assert_eq!((hit.rest.as_str(), hit.ws.as_str(), hit.count), (rest, "455.04", 7));
        for miss in [
            difference("AAPL", FIELD, rest, "455.04"),
            difference(SYMBOL, "/quantity", rest, "455.04"),
            difference(SYMBOL, FIELD, rest, "455.05"),
            difference(SYMBOL, FIELD, rest, "455.02"),
            difference(SYMBOL, FIELD, "null", "455.04"),
        ] {
            assert_eq!(found(&miss, 1), None, "{miss:?}");
        }
    }

    #[test]
    fn a_demo_that_misses_its_fault_or_accuses_the_sound_has_failed() {
        let demo = |found, accused: &[&str]| {
            let accused = accused.iter().map(|name| (*name).to_owned()).collect();
            let (rest_url, planted) = (String::new(), planted());
            DemoAnswer::new(Demo {
                rest_url,
                planted,
                found,
                accused,
                verdicts: BTreeMap::new(),
                steps: Vec::new(),
            })
        };
        let hit = || found(&difference(SYMBOL, FIELD, "1.00", "1.01"), 1);
        assert_eq!((demo(hit(), &[]).verdict, demo(hit(), &[]).exit_code), (Played::Worked, 0));
        assert_eq!((demo(None, &[]).verdict, demo(None, &[]).exit_code), (Played::Failed, 4));
        assert_eq!(demo(hit(), &["intraday"]).exit_code, 4);
    }
}
