//! Where sources contradict each other about a feature's flags. Pure.

use crate::flags::rule::FlagReader;
use crate::model::facts::flags::{
    DisagreementKind, FlagDisagreement, FlagFacts, FlagSide, FlagStatement, StatementKind,
};
use crate::model::feature::Feature;

/// Every contradiction about one feature's two flags.
pub fn disagreements(feature: &Feature, facts: &FlagFacts) -> Vec<FlagDisagreement> {
    let mut found = Vec::new();
    let flags = std::iter::once(feature.flag.as_str()).chain(feature.frontend_flag.as_deref());
    for flag in flags {
        let said: Vec<_> = facts.statements.iter().filter(|it| it.name == flag).collect();
        found.extend(running_against_declared(&said));
        found.extend(declared_against_declared(&said));
        found.extend(now_against_evidence(facts, &said));
    }
    found.extend(sides(feature, facts));
    found
}

fn state(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

/// A running process is asked: silence there means off, so it counts.
fn running_against_declared(said: &[&FlagStatement]) -> Option<FlagDisagreement> {
    let running = said.iter().find(|it| it.kind == StatementKind::Served)?;
    let declared = said.iter().find(|it| it.kind == StatementKind::Declared && it.raw.is_some())?;
    if running.on == declared.on {
        return None;
    }
    let fix = match running.side {
        FlagSide::Backend => "restart the backend with that environment: it reads the flag once, at import",
        FlagSide::Frontend => "rebuild the frontend: the flag is baked in at build time",
    };
    Some(FlagDisagreement {
        kind: DisagreementKind::Running,
        message: format!(
            "{} says {} is {}, {} declares it {}",
            running.source,
            running.name,
            state(running.on),
            declared.source,
            state(declared.on)
        ),
        fix: fix.to_owned(),
    })
}

/// Of the backend only: the frontend's env files are layers of one build, made to override each other.
fn declared_against_declared(said: &[&FlagStatement]) -> Option<FlagDisagreement> {
    let speaks = |it: &&&FlagStatement| {
        it.kind == StatementKind::Declared && it.side == FlagSide::Backend && it.raw.is_some()
    };
    let first = said.iter().find(speaks)?;
    let other = said.iter().filter(speaks).find(|it| it.on != first.on)?;
    Some(FlagDisagreement {
        kind: DisagreementKind::Declared,
        message: format!(
            "{} declares {} {}, {} declares it {}",
            first.source,
            first.name,
            state(first.on),
            other.source,
            state(other.on)
        ),
        fix: format!("make them say the same; here {} was taken to count", first.source),
    })
}

fn now_against_evidence(facts: &FlagFacts, said: &[&FlagStatement]) -> Option<FlagDisagreement> {
    let observed = said.iter().find(|it| it.kind == StatementKind::Observed && it.raw.is_some())?;
    let now = facts.effective(&observed.name).filter(|it| it.kind != StatementKind::Observed)?;
    (now.on != observed.on).then(|| FlagDisagreement {
        kind: DisagreementKind::Observed,
        message: format!(
            "{} was {} in the newest evidence, {} says {} now",
            observed.name,
            state(observed.on),
            now.source,
            state(now.on)
        ),
        fix: "run shadow-diff again: evidence counts for the flag state it was taken under".to_owned(),
    })
}

/// Backend and frontend of one feature. One frontend flag for all features says nothing while it is on and
/// features are still switched one by one.
fn sides(feature: &Feature, facts: &FlagFacts) -> Option<FlagDisagreement> {
    let frontend = feature.frontend_flag.as_deref()?;
    let shared = FlagReader::of(frontend) == FlagReader::ViteEnabled;
    let (back, front) = (facts.is_on(&feature.flag), facts.is_on(frontend));
    if back == front || (shared && !back) {
        return None;
    }
    let who = |flag: &str| match facts.effective(flag) {
        Some(statement) => format!("{} in {}", state(statement.on), statement.source),
        None if flag == frontend && shared => {
            "declared nowhere, so on in development and off in production builds".to_owned()
        }
        None => "declared nowhere, so off".to_owned(),
    };
    let fix = if back {
        "set the frontend's flag too and rebuild: until then its pages poll REST"
    } else {
        "set the backend's flag too, or take the frontend's back: its pages wait for messages"
    };
    Some(FlagDisagreement {
        kind: DisagreementKind::Sides,
        message: format!("{} is {}; {frontend} is {}", feature.flag, who(&feature.flag), who(frontend)),
        fix: fix.to_owned(),
    })
}
