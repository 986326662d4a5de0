//! Replayed recordings as JUnit XML: a test case each, in one suite.
//!
//! What is merely inconclusive is a failure too, as in a run's own XML: a reader that shows green must mean go.

use quick_junit::{Report, TestCase, TestCaseStatus, TestSuite};

use crate::error::Result;
use crate::model::text::visible;
use crate::model::verdict::Verdict;
use crate::report::junit::{not_go, printed};
use crate::report::replays::EachAnswer;

pub fn junit(answer: &EachAnswer) -> Result<String> {
    let verdict = answer.printed.verdict;
    let mut xml = Report::new(format!("thor-cutover replay: {verdict}"));
    let mut suite = TestSuite::new(answer.scope());
    for (run, line) in answer.runs() {
        let status = if line.verdict == Verdict::Go {
            TestCaseStatus::success()
        } else {
            not_go(line.verdict, line.why.clone())
        };
        let mut case = TestCase::new(visible(&run.recording), status);
        case.set_classname("thor-cutover.replay");
        suite.add_test_case(case);
    }
    if answer.lines.is_empty() {
        suite.add_test_case(TestCase::new(
            "no recording",
            not_go(verdict, "no recording falls to this part".to_owned()),
        ));
    }
    xml.add_test_suite(suite);
    printed(&xml)
}
