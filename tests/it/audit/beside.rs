//! What the tree says beside the configured endpoints: other names of the same data, and its health.

use thor_cutover::model::facts::audit::{AuditReport, BesideFact};

use super::audit_of;

fn beside<'r>(report: &'r AuditReport, feature: &str) -> &'r [BesideFact] {
    &report.feature(feature).expect("audited").beside
}

fn at<'r>(report: &'r AuditReport, feature: &str, path: &str) -> &'r BesideFact {
    let found = beside(report, feature).iter().find(|it| it.paths.iter().any(|own| own == path));
    found.unwrap_or_else(|| panic!("{path}: {:#?}", beside(report, feature)))
}

#[test]
fn what_serves_the_same_data_or_tells_of_its_health_is_noted() {
    let report = audit_of("a");
    let ticket = at(&report, "account_balance", "/api/orders/ticket/");
    assert!(!ticket.health && ticket.why.contains("reads Account"), "{ticket:?}");
    let health = at(&report, "intraday", "/api/intraday/health");
    assert!(health.health && health.view == "IntradayHealthView", "{health:?}");
    let included: Vec<String> = health.included_by.iter().map(ToString::to_string).collect();
    assert_eq!(included, ["thor-backend/thor_project/urls.py:11"]);
    assert_eq!(health.route.path, "thor-backend/FutureTrading/urls.py");
    assert!(at(&audit_of("b"), "intraday", "/api/intraday/health/").health);
}

#[test]
fn what_the_feature_has_itself_or_what_has_nothing_to_do_with_it_is_not() {
    for state in ["a", "b"] {
        let report = audit_of(state);
        for facts in &report.features {
            let own: Vec<&String> = facts.endpoints.iter().flat_map(|it| &it.paths).collect();
            for other in &facts.beside {
                assert!(!other.paths.iter().any(|path| own.contains(&path)), "{}: {other:?}", facts.feature);
            }
        }
        let quotes = report.routes.iter().find(|path| path.contains("quotes"));
        let noted = |path: &String| {
            report.features.iter().flat_map(|it| &it.beside).any(|it| it.paths.contains(path))
        };
        assert!(!quotes.is_some_and(noted), "{state}");
    }
}
