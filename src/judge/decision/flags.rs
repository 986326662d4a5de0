//! What the statements about a feature's flags amount to for a decision.

use crate::model::facts::flags::{
    DisagreementKind, FlagDisagreement, FlagFacts, FlagStatement, StatementKind,
};
use crate::model::facts::ledger::FlagState;
use crate::model::feature::Feature;

/// One feature's flags, on both sides.
#[derive(Debug, Clone, PartialEq)]
pub struct FlagView {
    pub backend: FlagState,
    pub frontend: FlagState,
    /// Somebody says that it is on: enough of a claim.
    pub claimed: bool,
    /// Nobody says anything: the flag is no longer written anywhere.
    pub silent: bool,
}

impl FlagView {
    pub fn of(facts: &FlagFacts, feature: &Feature) -> Self {
        let backend: Vec<&FlagStatement> = facts
            .statements
            .iter()
            .filter(|it| it.name == feature.flag && it.kind != StatementKind::Observed)
            .filter(|it| it.raw.is_some() || it.kind == StatementKind::Served)
            .collect();
        let front = feature.frontend_flag.as_deref().and_then(|name| facts.effective(name));
        let frontend = front.filter(|it| it.kind != StatementKind::Observed);
        Self {
            backend: state_of(&backend),
            frontend: if frontend.is_some_and(|it| it.on) { FlagState::On } else { FlagState::Off },
            claimed: backend.iter().any(|it| it.on) || frontend.is_some_and(|it| it.on),
            silent: frontend.is_none() && backend.iter().all(|it| it.raw.is_none()),
        }
    }
}

/// A running process counts before any file. Declarations that contradict each other leave the backend's flag
/// unknown; where all are silent it is off, as Thor has it.
fn state_of(statements: &[&FlagStatement]) -> FlagState {
    let of_kind = |kind| statements.iter().filter(move |it| it.kind == kind).map(|it| it.on);
    if let Some(on) = of_kind(StatementKind::Served).next() {
        return if on { FlagState::On } else { FlagState::Off };
    }
    let mut declared = of_kind(StatementKind::Declared);
    let Some(first) = declared.next() else { return FlagState::Off };
    match (first, declared.all(|on| on == first)) {
        (_, false) => FlagState::Unknown,
        (true, true) => FlagState::On,
        (false, true) => FlagState::Off,
    }
}

/// Disagreements that stand in the way now; evidence of another flag state is the scope's concern.
pub fn standing(disagreements: &[FlagDisagreement]) -> impl Iterator<Item = &FlagDisagreement> {
    disagreements.iter().filter(|it| it.kind != DisagreementKind::Observed)
}
