//! A run's report as JUnit XML: one suite a feature, one test case a gate.
//!
//! A gate that does not pass is a failure, also where it is merely inconclusive: a reader that shows green must mean
//! go. What failed in the tool itself is an error of a suite of its own.

use quick_junit::{Report, TestCase, TestCaseStatus, TestSuite};

use crate::error::Result;
use crate::model::gate::Gate;
use crate::model::run::{FeatureReport, RunReport};
use crate::model::text::visible;
use crate::model::verdict::Verdict;
use crate::report::junit::{not_go, printed};
use crate::report::run::differences;

/// Findings that a failure names; the JSON has all.
const MAX_FINDINGS: usize = 5;

pub fn junit(command: &str, report: &RunReport) -> Result<String> {
    let mut xml = Report::new(format!("thor-cutover {command}: {}", report.verdict));
    for feature in &report.features {
        let mut suite = TestSuite::new(visible(&feature.feature));
        suite.add_test_cases(feature.gates.iter().map(|gate| case(command, feature, gate)));
        xml.add_test_suite(suite);
    }
    let is_told = report.features.iter().any(|feature| feature.verdict == report.verdict);
    if !is_told && report.verdict != Verdict::Go {
        let said: Vec<String> = report.warnings.iter().map(|warning| visible(warning)).collect();
        let mut case = TestCase::new("run", not_go(report.verdict, said.join("; ")));
        case.set_classname(format!("thor-cutover.{command}"));
        let mut suite = TestSuite::new("the run itself");
        suite.add_test_case(case);
        xml.add_test_suite(suite);
    }
    printed(&xml)
}

fn case(command: &str, feature: &FeatureReport, gate: &Gate) -> TestCase {
    let status = match gate.verdict {
        Verdict::Go => TestCaseStatus::success(),
        verdict => {
            let said = format!("{} (needed: {})", visible(&gate.value), visible(&gate.threshold));
            let mut description = visible(&gate.fix);
            if verdict == Verdict::NoGo {
                for finding in
                    feature.findings.iter().filter(|it| it.difference.kind.blocks()).take(MAX_FINDINGS)
                {
                    description.push_str(&format!(
                        "\n{} {}: {}",
                        finding.difference.kind,
                        differences::place(finding),
                        differences::sides(feature, finding)
                    ));
                }
            }
            let mut status = not_go(verdict, said);
            status.set_description(description);
            status
        }
    };
    let mut case = TestCase::new(gate.code.clone(), status);
    case.set_classname(format!("thor-cutover.{command}.{}", visible(&feature.feature)));
    case
}
