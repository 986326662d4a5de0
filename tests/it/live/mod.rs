//! The live view of `shadow-diff` as a person meets it: the real binary on a real terminal, an emulated Thor behind it.

#[cfg(unix)]
mod captures;
#[cfg(unix)]
mod keys;
mod lines;
mod pictures;
#[cfg(unix)]
pub mod terminal;

use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;
use thor_cutover::emulator::{Emulator, Fault, FaultSide, Options, PASSWORD, PlayedFeature, USER};
use thor_cutover::environment::Environment;

/// An emulated Thor and a folder configured for it.
pub struct Stage {
    #[cfg_attr(not(unix), expect(dead_code, reason = "it has to live as long as its stage"))]
    emulator: Emulator,
    folder: TempDir,
}

impl Stage {
    fn with(faults: Vec<Fault>) -> Self {
        let options = Options {
            tick: Duration::from_millis(100),
            bar_ticks: 4,
            market_ticks: 3,
            faults,
            ..Options::default()
        };
        let emulator = Emulator::start(options).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut text = format!(
            "contract = \"thor-a\"\n[backend]\nrest_url = \"{}\"\naccount_id = \"PAPER-1-4C1D22AB\"\n[auth.login]\n",
            emulator.rest_url()
        );
        for feature in PlayedFeature::ALL {
            let name = feature.as_str();
            text.push_str(&format!(
                "[features.{name}]\npush_delay = \"1s\"\nrest_staleness = \"1s\"\n[features.{name}.ws]\nevery = \"500ms\"\n"
            ));
        }
        std::fs::write(folder.path().join("thor-cutover.toml"), text).unwrap();
        Self { emulator, folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// One cent too much on the WebSocket, in one position.
fn a_cent_off() -> Fault {
    Fault::Value {
        feature: PlayedFeature::Positions,
        side: FaultSide::WebSocket,
        entity: Some("SPY/EQ".to_owned()),
        field: "/mark_price".to_owned(),
    }
}

/// The variables of a run; nothing else of the surroundings.
fn variables(term: &str) -> Vec<(&'static str, String)> {
    vec![
        ("THOR_USER", USER.to_owned()),
        ("THOR_PASSWORD", PASSWORD.to_owned()),
        ("WS_FEATURE_ACCOUNT_BALANCE", "true".to_owned()),
        ("TERM", term.to_owned()),
        ("PATH", Environment::of_process().get("PATH").unwrap_or_default().to_owned()),
    ]
}
