//! What a service observed while it ran: the answer that it leaves when it ends.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cli::Format;
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::model::text::visible;
use crate::model::verdict::Verdict;
use crate::report::{Answer, palette, unsupported};

/// The published shape of `watch --format json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WatchReport {
    pub schema: String,
    /// 0: a signal ended it; 4: no target was left that could be observed.
    pub exit_code: u8,
    /// The newest windows that ended while it ran, oldest first; at most 500.
    pub windows: Vec<WatchedWindow>,
    /// Targets that were given up: what kept them from being observed, waiting does not cure.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub given_up: Vec<String>,
}

/// One window of evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WatchedWindow {
    pub target: String,
    pub session: String,
    /// RFC 3339.
    #[schemars(with = "String")]
    pub opens: jiff::Timestamp,
    #[schemars(with = "String")]
    pub closes: jiff::Timestamp,
    /// Each feature's verdict.
    pub verdicts: BTreeMap<String, Verdict>,
    /// Whether its evidence is on the ledger, or waits beside it.
    pub is_kept: bool,
}

impl WatchReport {
    pub const MAX_WINDOWS: usize = 500;

    fn human(&self) -> String {
        let mut text = String::new();
        let mut line = |line: &str| writeln!(text, "{line}").expect("writing to a String cannot fail");
        if self.windows.is_empty() {
            line("no window of evidence ended while it ran");
        }
        for window in &self.windows {
            let verdicts: Vec<String> = window
                .verdicts
                .iter()
                .map(|(feature, verdict)| format!("{} {}", visible(feature), palette::verdict(*verdict)))
                .collect();
            let kept = if window.is_kept { "" } else { " (evidence NOT kept)" };
            line(&format!(
                "{} {} on {}: {}{kept}",
                window.opens.strftime("%Y-%m-%d"),
                visible(&window.session),
                window.target,
                verdicts.join(", ")
            ));
        }
        for target in &self.given_up {
            line(&format!("{target} was given up: the log says why"));
        }
        text
    }
}

impl Answer for WatchReport {
    fn exit_code(&self) -> u8 {
        self.exit_code
    }

    fn render(&self, format: Format, _: &Environment) -> Result<String> {
        match format {
            Format::Human => Ok(self.human()),
            Format::Json => {
                let text = serde_json::to_string_pretty(self).map_err(Error::failed)?;
                Ok(text + "\n")
            }
            other => Err(unsupported("watch", other)),
        }
    }
}
