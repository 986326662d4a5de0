//! The checklist as JUnit XML: one suite a feature, one test case a gate.
//!
//! A judged gate that does not pass is a failure, also where it is merely inconclusive: a reader that shows
//! green must mean go. Gates of features that are not judged are skipped unless they pass, and so are
//! waived ones.

use quick_junit::{Report, TestCase, TestCaseStatus, TestSuite};

use crate::error::Result;
use crate::model::gate::Gate;
use crate::model::text::visible;
use crate::model::verdict::Verdict;
use crate::report::checklist::{ChecklistReport, FeatureDecision};
use crate::report::junit::{not_go, printed};

pub fn junit(report: &ChecklistReport) -> Result<String> {
    let mut xml = Report::new(format!("thor-cutover checklist: {}", report.verdict.as_str()));
    for feature in &report.features {
        let mut suite = TestSuite::new(format!("{}: {}", feature.feature, feature.decision));
        suite.add_test_cases(feature.gates.iter().map(|row| case(feature, &row.gate)));
        if let Some(source) = &report.source {
            suite.add_property(("source", source.line().as_str()));
        }
        xml.add_test_suite(suite);
    }
    printed(&xml)
}

fn case(feature: &FeatureDecision, gate: &Gate) -> TestCase {
    let said = format!("{} (needed: {})", visible(&gate.value), visible(&gate.threshold));
    let status = match gate.verdict {
        Verdict::Go if gate.waived => {
            let mut skipped = TestCaseStatus::skipped();
            skipped.set_message(visible(&gate.value));
            skipped
        }
        Verdict::Go => TestCaseStatus::success(),
        _ if !feature.judged => {
            let mut skipped = TestCaseStatus::skipped();
            skipped.set_message(format!("not claimed; {said}"));
            skipped
        }
        verdict => {
            let mut status = not_go(verdict, said);
            status.set_description(visible(&gate.fix));
            status
        }
    };
    let mut case = TestCase::new(gate.code.clone(), status);
    case.set_classname(format!("thor-cutover.{}.{}", feature.feature, feature.decision));
    if let Some(place) = &gate.place {
        case.extra.insert("file".into(), visible(&place.path).as_str().into());
        case.extra.insert("line".into(), place.line.to_string().as_str().into());
    }
    case
}
