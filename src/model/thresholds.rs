//! What the gates hold measurements against; a user may set each in the configuration.

/// What the gates hold measurements against.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Thresholds {
    pub min_samples: u64,
    pub min_transitions: u64,
    /// Share of samples above which `unaligned` makes a run inconclusive.
    pub max_unaligned: f64,
    pub max_torn: f64,
    /// Full market sessions in shadow before the flag may go on.
    pub shadow_sessions: u64,
    /// Full market sessions with the flag on before REST may go.
    pub live_sessions: u64,
    /// Share of a session's time that must be covered to count as full.
    pub session_coverage: f64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            min_samples: 30,
            min_transitions: 5,
            max_unaligned: 0.20,
            max_torn: 0.05,
            shadow_sessions: 1,
            live_sessions: 2,
            session_coverage: 0.95,
        }
    }
}
