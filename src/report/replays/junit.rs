//! Replayed recordings as JUnit XML: a test case each, in one suite.
//!
//! What is merely inconclusive is a failure too, as in a run's own XML: a reader that shows green must mean go.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::error::{Error, Result};
use crate::model::text::visible;
use crate::model::verdict::Verdict;
use crate::report::replays::EachAnswer;

pub fn junit(answer: &EachAnswer) -> Result<String> {
    let verdict = answer.printed.verdict;
    let mut xml = Report::new(format!("thor-cutover replay: {verdict}"));
    let mut suite = TestSuite::new(answer.scope());
    for (run, line) in answer.runs() {
        let status = if line.verdict == Verdict::Go {
            TestCaseStatus::success()
        } else {
            failed(line.verdict, &line.why)
        };
        let mut case = TestCase::new(visible(&run.recording), status);
        case.set_classname("thor-cutover.replay");
        suite.add_test_case(case);
    }
    if answer.lines.is_empty() {
        suite
            .add_test_case(TestCase::new("no recording", failed(verdict, "no recording falls to this part")));
    }
    xml.add_test_suite(suite);
    xml.to_string().map_err(|error| Error::failed(anyhow::Error::new(error).context("writing JUnit XML")))
}

fn failed(verdict: Verdict, why: &str) -> TestCaseStatus {
    let is_ours = verdict == Verdict::Error;
    let mut status =
        TestCaseStatus::non_success(if is_ours { NonSuccessKind::Error } else { NonSuccessKind::Failure });
    status.set_type(verdict.as_str()).set_message(why.to_owned());
    status
}
