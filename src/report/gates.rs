//! The published shape of `gates`, and how a person reads it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::report::table::{lines, table};

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
}

pub fn human(report: &GatesReport, width: usize) -> String {
    let mut rows = table(width, ["Gate", "Asked by", "Measures"]);
    for gate in &report.gates {
        rows.add_row([gate.code.clone(), gate.asked_by.join(", "), gate.measures.clone()]);
    }
    lines(&rows)
}
