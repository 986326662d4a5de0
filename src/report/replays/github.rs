//! Replayed recordings as workflow commands: a log, and an annotation for each that is not GO, the worst first.

use std::cmp::Reverse;
use std::fmt::Write as _;

use crate::model::verdict::Verdict;
use crate::report::replays::EachAnswer;
use crate::report::workflow::{annotated, level, lines, logged, property};

pub fn github(answer: &EachAnswer) -> String {
    let verdict = answer.printed.verdict;
    let mut text = format!("thor-cutover replay: {verdict}, {}\n", answer.scope());
    for (run, line) in answer.runs() {
        let _ = writeln!(text, "  {:12} {}: {}", line.verdict, logged(&run.recording), logged(&line.why));
    }
    let mut open: Vec<_> = answer.runs().filter(|(_, line)| line.verdict != Verdict::Go).collect();
    open.sort_by_key(|(_, line)| Reverse(line.verdict));
    let shown = annotated(open.len());
    for (run, line) in &open[..shown] {
        let title = property(&format!("replay {}: {}", run.recording, line.verdict));
        let _ = writeln!(text, "::{} title={title}::{}", level(line.verdict), lines(&line.why));
    }
    if open.is_empty() || shown < open.len() {
        let title = property(&format!("thor-cutover replay: {verdict}"));
        let said = match open.len() - shown {
            0 => answer.scope(),
            more => format!("{more} more recordings are in the log"),
        };
        let _ = writeln!(text, "::{} title={title}::{}", level(verdict), lines(&said));
    }
    text
}
