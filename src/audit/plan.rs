//! The deletion plan of a feature: what to delete, in an order in which nothing calls what is already gone. It
//! lists places; it never edits.

use crate::model::facts::audit::{AuditReport, DeletionPlan, Finding, FindingKind, PlanStep, TimerRole};

/// The steps that still have something to delete. Callers come first.
const STEPS: [(&str, &str, &[FindingKind]); 7] = [
    (
        "Stop the pollers in the frontend",
        "they are the callers of everything below; deploy, and see that the WebSocket carries the pages",
        &[FindingKind::Poller],
    ),
    (
        "Remove the requests that are left",
        "pages, scripts and tests that ask the endpoint would get 404",
        &[FindingKind::Fetch, FindingKind::OneShotFetch],
    ),
    (
        "Unregister the REST timers on the server",
        "nothing in the browser waits for them any more",
        &[FindingKind::Timer],
    ),
    ("Remove the routes", "no caller is left", &[FindingKind::RestRoute]),
    ("Remove the views", "no route leads to them any more", &[FindingKind::RestView]),
    ("Remove the job classes", "nothing registers them any more", &[FindingKind::JobClass]),
    (
        "Remove the flag reads, then the flag from every env file",
        "the flag decides nothing any more",
        &[FindingKind::FlagRead],
    ),
];

/// The plan of one feature; `None` where it was not among those audited.
pub fn plan(report: &AuditReport, feature: &str) -> Option<DeletionPlan> {
    let facts = report.feature(feature)?;
    let own: Vec<&Finding> =
        report.findings.iter().filter(|finding| finding.feature.as_deref() == Some(feature)).collect();
    let shared = |finding: &Finding| {
        let timer = facts
            .timers
            .iter()
            .find(|timer| timer.place == finding.place() && timer.symbol == finding.symbol);
        finding.kind == FindingKind::Timer && timer.is_some_and(|timer| timer.serves.len() > 1)
    };
    let timer_stays = |finding: &Finding| finding.timer_role == Some(TimerRole::Producer) || shared(finding);
    // A class goes only when no registration of it stays.
    let stays = |finding: &Finding| match finding.kind {
        FindingKind::JobClass => own.iter().any(|timer| timer_stays(timer) && timer.symbol == finding.symbol),
        _ => timer_stays(finding),
    };
    let steps = STEPS
        .iter()
        .map(|(title, why, kinds)| PlanStep {
            title: (*title).to_owned(),
            why: (*why).to_owned(),
            places: own
                .iter()
                .filter(|finding| kinds.contains(&finding.kind) && !stays(finding))
                .map(|finding| (*finding).clone())
                .collect(),
        })
        .filter(|step| !step.places.is_empty())
        .collect();
    let pick =
        |test: &dyn Fn(&Finding) -> bool| own.iter().filter(|f| test(f)).map(|f| (*f).clone()).collect();
    Some(DeletionPlan {
        feature: feature.to_owned(),
        steps,
        warnings: pick(&|finding| finding.kind.is_hazard() && finding.kind != FindingKind::VolatileField),
        keep: pick(&|finding| stays(finding)),
    })
}
