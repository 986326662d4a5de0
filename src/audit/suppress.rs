//! Findings that the configuration accepts, and suppressions that no longer hold or never applied.

use crate::model::facts::audit::{Finding, Suppressed, Suppression};

use super::options::AuditOptions;

/// What stays, what is accepted, and warnings.
pub(super) fn apply(
    findings: Vec<Finding>,
    options: &AuditOptions,
) -> (Vec<Finding>, Vec<Suppressed>, Vec<String>) {
    let expired = |rule: &Suppression| matches!((rule.expires, options.today), (Some(expires), Some(today)) if expires < today);
    let mut used = vec![false; options.suppressions.len()];
    let (mut kept, mut suppressed) = (Vec::new(), Vec::new());
    for finding in findings {
        let mut accepted = None;
        for (rule, used) in options.suppressions.iter().zip(&mut used) {
            if covers(rule, &finding) {
                *used = true;
                if !expired(rule) {
                    accepted = accepted.or(Some(rule));
                }
            }
        }
        match accepted {
            Some(rule) => {
                suppressed.push(Suppressed { finding, reason: rule.reason.clone(), expires: rule.expires });
            }
            None => kept.push(finding),
        }
    }
    let mut warnings = Vec::new();
    for (rule, used) in options.suppressions.iter().zip(used) {
        if expired(rule) {
            let on = rule.expires.map(|day| day.to_string()).unwrap_or_default();
            warnings.push(format!(
                "the suppression \"{}\" expired on {on}: its findings count again",
                rule.reason
            ));
        } else if !used {
            warnings.push(format!("the suppression \"{}\" applied to nothing", rule.reason));
        }
    }
    (kept, suppressed, warnings)
}

/// A rule without any condition covers nothing.
fn covers(rule: &Suppression, finding: &Finding) -> bool {
    let conditions = [
        rule.kind.map(|kind| kind == finding.kind),
        rule.feature.as_ref().map(|feature| finding.feature.as_ref() == Some(feature)),
        rule.path.as_ref().map(|path| {
            finding.path == *path || path.ends_with('/') && finding.path.starts_with(path.as_str())
        }),
        rule.symbol.as_ref().map(|symbol| finding.symbol == *symbol),
        rule.fingerprint.as_ref().map(|fingerprint| finding.fingerprint == *fingerprint),
    ];
    let given: Vec<bool> = conditions.into_iter().flatten().collect();
    !given.is_empty() && given.into_iter().all(|holds| holds)
}
