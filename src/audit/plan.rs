//! The deletion plan of a feature: what to delete, in an order in which nothing calls what is already gone. It
//! lists places; it never edits. Steps hold only what is certain or likely; what is merely possible stands apart.

use crate::model::facts::audit::{
    AuditReport, Confidence, DeletionPlan, Finding, FindingKind, PlanStep, TimerRole,
};

/// One step: what it is called, why it comes here, what breaks where it is done first.
struct Step {
    title: &'static str,
    why: &'static str,
    breaks: &'static str,
    kinds: &'static [FindingKind],
}

/// The steps that still have something to delete. Callers come first.
const STEPS: [Step; 7] = [
    Step {
        title: "Stop the pollers in the frontend",
        why: "they are the callers of everything below; deploy, and see that the WebSocket carries the pages",
        breaks: "before the WebSocket carries the pages, what they show stands still",
        kinds: &[FindingKind::Poller],
    },
    Step {
        title: "Remove the requests that are left",
        why: "pages, scripts and tests that ask the endpoint would get 404",
        breaks: "a page that has no other source loses its first values",
        kinds: &[FindingKind::Fetch, FindingKind::OneShotFetch],
    },
    Step {
        title: "Unregister the REST timers on the server",
        why: "nothing in the browser waits for them any more",
        breaks: "pages that still poll read values that nobody refreshes",
        kinds: &[FindingKind::Timer],
    },
    Step {
        title: "Remove the routes",
        why: "no caller is left",
        breaks: "every caller that is left gets 404",
        kinds: &[FindingKind::RestRoute],
    },
    Step {
        title: "Remove the views",
        why: "no route leads to them any more",
        breaks: "the URL configuration does not load: the whole backend answers 500",
        kinds: &[FindingKind::RestView],
    },
    Step {
        title: "Remove the job classes",
        why: "nothing registers them any more",
        breaks: "the registration fails, and with it every job that is registered after it",
        kinds: &[FindingKind::JobClass],
    },
    Step {
        title: "Remove the flag reads, then the flag from every env file",
        why: "the flag decides nothing any more",
        breaks: "an unset flag is off: pages go back to REST, which is gone",
        kinds: &[FindingKind::FlagRead],
    },
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
    // What feeds the stream, or writes what the view reads, is no REST timer, whatever it is called.
    let feeds = |finding: &Finding| {
        finding.kind == FindingKind::Timer
            && own
                .iter()
                .any(|it| it.kind == FindingKind::TimerFeedsWebsocket && it.place() == finding.place())
    };
    let timer_stays = |finding: &Finding| {
        finding.timer_role == Some(TimerRole::Producer) || shared(finding) || feeds(finding)
    };
    // A class goes only when no registration of it stays.
    let stays = |finding: &Finding| match finding.kind {
        FindingKind::JobClass => own.iter().any(|timer| timer_stays(timer) && timer.symbol == finding.symbol),
        _ => timer_stays(finding),
    };
    let sure = |finding: &Finding| {
        finding.confidence >= Confidence::LIKELY && finding.timer_role != Some(TimerRole::Unclear)
    };
    let steps = STEPS
        .iter()
        .map(|step| PlanStep {
            title: step.title.to_owned(),
            why: step.why.to_owned(),
            breaks: step.breaks.to_owned(),
            places: own
                .iter()
                .filter(|finding| step.kinds.contains(&finding.kind) && !stays(finding) && sure(finding))
                .map(|finding| (*finding).clone())
                .collect(),
        })
        .filter(|step| !step.places.is_empty())
        .collect();
    let pick =
        |test: &dyn Fn(&Finding) -> bool| own.iter().filter(|f| test(f)).map(|f| (*f).clone()).collect();
    let in_steps = |finding: &Finding| STEPS.iter().any(|step| step.kinds.contains(&finding.kind));
    let mut look_at: Vec<Finding> = pick(&|finding| in_steps(finding) && !stays(finding) && !sure(finding));
    let unknown = |finding: &&Finding| finding.feature.is_none() && finding.kind.may_be_anybodys();
    look_at.extend(report.findings.iter().filter(unknown).cloned());
    Some(DeletionPlan {
        feature: feature.to_owned(),
        steps,
        look_at,
        warnings: pick(&|finding| finding.kind.is_hazard() && finding.kind != FindingKind::VolatileField),
        keep: pick(&|finding| stays(finding)),
    })
}
