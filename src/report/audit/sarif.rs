//! The audit as SARIF 2.1.0, for GitHub's code scanning and other readers.
//!
//! One rule a kind; what is merely there is a note, hazards are warnings or errors. Files that could not be parsed
//! are notifications of the run, so that a reader sees what the results do not cover.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::Serialize;
use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::model::facts::audit::{Finding, FindingKind, Suppressed, Unparsed};
use crate::model::gate::Place;
use crate::model::text::capital;
use crate::report::audit::AuditAnswer;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Error,
    Warning,
    Note,
}

/// An error breaks something for sure; a doubtful one is a warning.
pub fn level(finding: &Finding) -> Level {
    if !finding.kind.is_hazard() {
        return Level::Note;
    }
    match default_level(finding.kind) {
        Level::Error if finding.confidence.0 < 0.9 => Level::Warning,
        level => level,
    }
}

fn default_level(kind: FindingKind) -> Level {
    match kind {
        FindingKind::HandlerMissing
        | FindingKind::UnknownKeywordArgument
        | FindingKind::MissingArgument
        | FindingKind::UnawaitedBroadcast
        | FindingKind::MissingModule
        | FindingKind::MissingName => Level::Error,
        kind if kind.is_hazard() => Level::Warning,
        _ => Level::Note,
    }
}

pub fn sarif(answer: &AuditAnswer) -> Result<String> {
    let results: Vec<Value> =
        answer.findings.iter().map(result).chain(answer.suppressed.iter().map(suppressed)).collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "thor-cutover",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": FindingKind::ALL.map(rule).to_vec(),
            }},
            "automationDetails": {"id": "thor-cutover/audit/"},
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": true,
                "toolExecutionNotifications":
                    answer.searched.unparsed.iter().map(notification).collect::<Vec<Value>>(),
            }],
            "results": results,
        }],
    });
    Ok(serde_json::to_string_pretty(&log).map_err(Error::failed)? + "\n")
}

fn rule(kind: FindingKind) -> Value {
    json!({
        "id": kind.code(),
        "name": kind.code().split('-').map(capital).collect::<String>(),
        "shortDescription": {"text": sentence(kind.description())},
        "defaultConfiguration": {"level": default_level(kind)},
        "properties": {"tags": [if kind.is_hazard() { "hazard" } else { "inventory" }]},
    })
}

fn sentence(text: &str) -> String {
    format!("{}.", capital(text))
}

fn result(finding: &Finding) -> Value {
    let index = FindingKind::ALL.iter().position(|kind| *kind == finding.kind);
    let mut value = json!({
        "ruleId": finding.kind.code(),
        "ruleIndex": index,
        "level": level(finding),
        "message": {"text": format!("{}: {}", finding.symbol, finding.reason)},
        "locations": [location(&finding.place())],
        "partialFingerprints": {"thorCutover/v1": finding.fingerprint},
        "rank": finding.confidence.0 * 100.0,
        "properties": {"feature": finding.feature, "endpoints": finding.endpoints},
    });
    if !finding.related.is_empty() {
        let related: Vec<Value> = finding.related.iter().map(location).collect();
        value["relatedLocations"] = Value::Array(related);
    }
    value
}

fn suppressed(suppressed: &Suppressed) -> Value {
    let mut value = result(&suppressed.finding);
    value["suppressions"] = json!([{"kind": "external", "justification": suppressed.reason}]);
    value
}

fn location(place: &Place) -> Value {
    json!({"physicalLocation": {
        "artifactLocation": {"uri": uri(&place.path), "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": place.line},
    }})
}

fn notification(file: &Unparsed) -> Value {
    let location = Place { path: file.path.clone(), line: file.line.unwrap_or(1) };
    json!({
        "level": "warning",
        "message": {"text": file.reason},
        "locations": [self::location(&location)],
    })
}

/// What RFC 3986 does not allow in the path of a relative URI; a colon would make its first segment a scheme.
const NOT_IN_A_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b':')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// A path as a relative URI.
fn uri(path: &str) -> String {
    utf8_percent_encode(path, NOT_IN_A_PATH).to_string()
}
