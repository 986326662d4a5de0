//! What every JUnit XML has in common.

use quick_junit::{NonSuccessKind, Report, TestCaseStatus};

use crate::error::{Error, Result};
use crate::model::verdict::Verdict;

/// What is not GO: a failure, also where it is merely inconclusive, for a reader that shows green must mean go; what
/// failed in the tool itself is an error.
pub fn not_go(verdict: Verdict, message: String) -> TestCaseStatus {
    let kind = if verdict == Verdict::Error { NonSuccessKind::Error } else { NonSuccessKind::Failure };
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(verdict.as_str()).set_message(message);
    status
}

/// The XML as text.
///
/// # Errors
/// It cannot be written.
pub fn printed(xml: &Report) -> Result<String> {
    xml.to_string().map_err(|error| Error::failed(anyhow::Error::new(error).context("writing JUnit XML")))
}
