//! What a person says of the audit's findings: every rule names what it is about and why, and features that exist.

use crate::contract::tree::{Problem, WrittenAt, WrittenNode};
use crate::error::nearest;
use crate::model::facts::audit::{Mapping, Suppression};
use crate::model::feature::Feature;
use crate::settings::written::AuditWritten;

/// Checked, as written.
pub(super) fn audit(
    tree: &WrittenNode,
    written: AuditWritten,
    features: &[Feature],
) -> Result<(Vec<Mapping>, Vec<Suppression>), Problem> {
    for (at, rule) in written.suppress.iter().enumerate() {
        let Suppression { kind, feature, path, symbol, fingerprint, reason, .. } = rule;
        let place = tree.place_of(&["audit", "suppress", &at.to_string()]);
        // One that covers everything would hide everything.
        let some = kind.is_some() || [feature, path, symbol, fingerprint].iter().any(|text| text.is_some());
        said(place, "suppress", reason, some, "kind, feature, path, symbol or fingerprint")?;
        if let Some(feature) = feature {
            known(place, feature, features)?;
        }
    }
    for (at, rule) in written.map.iter().enumerate() {
        let Mapping { path, symbol, fingerprint, features: of, reason, .. } = rule;
        let place = tree.place_of(&["audit", "map", &at.to_string()]);
        let some = [path, symbol, fingerprint].iter().any(|text| text.is_some());
        said(place, "map", reason, some, "path, symbol or fingerprint")?;
        if of.is_empty() {
            return Err(Problem::at(place, "an [audit] map that names no feature")
                .hint("of what concerns none of them, say so by [audit] suppress"));
        }
        for feature in of {
            known(place, feature, features)?;
        }
    }
    Ok((written.map, written.suppress))
}

fn said(place: &WrittenAt, rule: &str, reason: &str, some: bool, keys: &str) -> Result<(), Problem> {
    if reason.trim().is_empty() {
        return Err(Problem::at(place, format!("an [audit] {rule} without a reason")));
    }
    if !some {
        return Err(Problem::at(place, format!("an [audit] {rule} that does not say of what"))
            .hint(format!("give at least one of {keys}")));
    }
    Ok(())
}

fn known(place: &WrittenAt, name: &str, features: &[Feature]) -> Result<(), Problem> {
    let names = || features.iter().map(|feature| feature.name.as_str());
    if names().any(|known| known == name) {
        return Ok(());
    }
    let problem = Problem::at(place, format!("unknown feature `{name}`"));
    Err(match nearest(name, names()) {
        Some(near) => problem.hint(format!("did you mean `{near}`?")),
        None => problem.hint(format!("known features: {}", names().collect::<Vec<_>>().join(", "))),
    })
}
