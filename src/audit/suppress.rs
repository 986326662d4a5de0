//! What the configuration says of findings: accepted ones, targets that the audit could not find out, and rules that
//! no longer hold or never applied.

use jiff::civil::Date;

use crate::model::facts::audit::{
    Confidence, Finding, FindingKind, Mapped, Mapping, Suppressed, Suppression,
};

use super::findings::fingerprint;
use super::names::FeatureNames;
use super::options::AuditOptions;

/// What is left, and what became of the rest.
pub(super) struct Applied {
    pub findings: Vec<Finding>,
    pub suppressed: Vec<Suppressed>,
    pub mapped: Vec<Mapped>,
    pub warnings: Vec<String>,
}

pub(super) fn apply(findings: Vec<Finding>, features: &[FeatureNames], options: &AuditOptions) -> Applied {
    let known = features;
    let mut mappings = Rules::new(&options.mappings, options.today, |rule| (&rule.reason, rule.expires));
    let mut accepted = Rules::new(&options.suppressions, options.today, |rule| (&rule.reason, rule.expires));
    let mut applied = Applied {
        findings: Vec::with_capacity(findings.len()),
        suppressed: Vec::new(),
        mapped: Vec::new(),
        warnings: Vec::new(),
    };
    for finding in findings {
        let mapping = mappings.first(|rule| maps(rule, &finding));
        if let Some(Mapping { features, reason, expires, .. }) = mapping {
            applied.findings.extend(features.iter().map(|feature| {
                let known = known.iter().find(|known| known.feature == *feature);
                mapped(&finding, feature, known, reason)
            }));
            let (features, reason, expires) = (features.clone(), reason.clone(), *expires);
            applied.mapped.push(Mapped { finding, features, reason, expires });
        } else if let Some(rule) = accepted.first(|rule| covers(rule, &finding)) {
            let (reason, expires) = (rule.reason.clone(), rule.expires);
            applied.suppressed.push(Suppressed { finding, reason, expires });
        } else {
            applied.findings.push(finding);
        }
    }
    let order = |it: &Finding| (it.feature.is_none(), it.feature.clone(), it.kind, it.path.clone(), it.line);
    if !applied.mapped.is_empty() {
        applied.findings.sort_by_cached_key(order);
    }
    applied.warnings.extend(mappings.warnings("mapping"));
    applied.warnings.extend(accepted.warnings("suppression"));
    applied
}

/// Rules, and which of them applied to something.
struct Rules<'r, R> {
    rules: &'r [R],
    used: Vec<bool>,
    expired: Vec<bool>,
    said: fn(&R) -> (&str, Option<Date>),
}

impl<'r, R> Rules<'r, R> {
    fn new(rules: &'r [R], today: Option<Date>, said: fn(&R) -> (&str, Option<Date>)) -> Self {
        let expired = |rule| matches!((said(rule).1, today), (Some(expires), Some(today)) if expires < today);
        Self { rules, used: vec![false; rules.len()], expired: rules.iter().map(expired).collect(), said }
    }

    /// The first rule that holds and is about it.
    fn first(&mut self, is_about: impl Fn(&R) -> bool) -> Option<&'r R> {
        let mut found = None;
        for (at, rule) in self.rules.iter().enumerate().filter(|(_, rule)| is_about(rule)) {
            self.used[at] = true;
            found = found.or((!self.expired[at]).then_some(rule));
        }
        found
    }

    fn warnings(&self, what: &str) -> Vec<String> {
        let of = |(at, rule): (usize, &R)| match ((self.said)(rule), self.expired[at], self.used[at]) {
            ((reason, expires), true, _) => {
                let on = expires.map(|day| day.to_string()).unwrap_or_default();
                Some(format!("the {what} \"{reason}\" expired on {on}: its findings count again"))
            }
            ((reason, _), false, false) => Some(format!("the {what} \"{reason}\" applied to nothing")),
            _ => None,
        };
        self.rules.iter().enumerate().filter_map(of).collect()
    }
}

/// The finding as one of a feature, as a person says that it is.
fn mapped(finding: &Finding, feature: &str, known: Option<&FeatureNames>, reason: &str) -> Finding {
    let (kind, what, endpoints) = match finding.kind {
        FindingKind::UnresolvedBroadcast => {
            (FindingKind::Broadcast, "sends what the configuration says", Vec::new())
        }
        _ => {
            let endpoints = known.map(|known| known.endpoints.clone());
            (FindingKind::Poller, "asks what the configuration says", endpoints.unwrap_or_default())
        }
    };
    let mut of_feature = Finding {
        kind,
        feature: Some(feature.to_owned()),
        reason: format!("{what}: {reason}"),
        confidence: Confidence::LIKELY,
        endpoints,
        ..finding.clone()
    };
    of_feature.fingerprint = fingerprint(&of_feature, 0);
    of_feature
}

fn maps(rule: &Mapping, finding: &Finding) -> bool {
    let of_kind = matches!(finding.kind, FindingKind::UnresolvedRequest | FindingKind::UnresolvedBroadcast);
    of_kind && is_about((&rule.path, &rule.symbol, &rule.fingerprint), [None, None], finding)
}

fn covers(rule: &Suppression, finding: &Finding) -> bool {
    let kind = rule.kind.map(|kind| kind == finding.kind);
    let feature = rule.feature.as_ref().map(|feature| finding.feature.as_ref() == Some(feature));
    is_about((&rule.path, &rule.symbol, &rule.fingerprint), [kind, feature], finding)
}

/// All conditions that are given hold. Without any condition a rule is about nothing.
fn is_about(
    (path, symbol, fingerprint): (&Option<String>, &Option<String>, &Option<String>),
    more: [Option<bool>; 2],
    finding: &Finding,
) -> bool {
    let path = path
        .as_ref()
        .map(|path| finding.path == *path || path.ends_with('/') && finding.path.starts_with(path.as_str()));
    let symbol = symbol.as_ref().map(|symbol| finding.symbol == *symbol);
    let fingerprint = fingerprint.as_ref().map(|fingerprint| finding.fingerprint == *fingerprint);
    let mut given = [path, symbol, fingerprint].into_iter().chain(more).flatten().peekable();
    given.peek().is_some() && given.all(|holds| holds)
}
