//! The published shape of `gates`, and how a person reads it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::report::palette;
use crate::report::table::{lines, paragraph, table};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GatesReport {
    pub schema: String,
    pub exit_code: u8,
    pub gates: Vec<GateInfo>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GateInfo {
    pub code: String,
    /// `run`, or the decisions that ask it.
    pub asked_by: Vec<String>,
    pub measures: String,
    /// With `--explain`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<GateExplanation>,
}

/// A page about a gate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GateExplanation {
    /// What would go wrong without it.
    pub why: String,
    /// What it says where it does not pass.
    pub example: String,
    pub fix: String,
}

pub fn human(report: &GatesReport, width: usize) -> String {
    if let Some(explanation) = report.gates.iter().find_map(|gate| gate.explanation.as_ref()) {
        return page(report, explanation, width);
    }
    let mut rows = table(width, ["Gate", "Asked by", "Measures"]);
    for gate in &report.gates {
        rows.add_row([gate.code.clone(), gate.asked_by.join(", "), gate.measures.clone()]);
    }
    lines(&rows)
}

/// What a gate is about, once for all that ask it.
fn page(report: &GatesReport, explanation: &GateExplanation, width: usize) -> String {
    let mut text = String::new();
    for gate in &report.gates {
        text.push_str(&format!("{}  asked by {}\n", palette::heading(&gate.code), gate.asked_by.join(", ")));
        text.push_str(&paragraph(width, "  ", 2, &format!("{}.", gate.measures)));
    }
    for (title, said) in [
        ("Why", &explanation.why),
        ("When it does not pass it says, for example", &explanation.example),
        ("What to do", &explanation.fix),
    ] {
        text.push_str(&format!("\n{}\n", palette::heading(title)));
        text.push_str(&paragraph(width, "  ", 2, said));
    }
    text
}
