//! Replayed recordings as GitHub-flavoured Markdown, for a job's summary.

use std::fmt::Write as _;

use crate::model::text::cut;
use crate::model::verdict::Verdict;
use crate::report::markup::{escaped, sign};
use crate::report::replays::EachAnswer;

/// Rows of one answer: what GitHub shows of a summary is bounded, and the worst stand first.
const MAX_ROWS: usize = 500;
const MAX_WHY: usize = 160;

pub fn markdown(answer: &EachAnswer) -> String {
    let verdict = answer.printed.verdict;
    let mut text = format!("# {} thor-cutover replay: {verdict}\n\n{}.\n\n", sign(verdict), answer.scope());
    let mut rows: Vec<_> = answer.runs().collect();
    rows.sort_by_key(|(_, line)| std::cmp::Reverse(line.verdict));
    if !rows.is_empty() {
        text.push_str("| recording | verdict | samples | what decides it |\n|---|---|---|---|\n");
    }
    for (run, line) in rows.iter().take(MAX_ROWS) {
        let _ = writeln!(
            text,
            "| {} | {} {} | {} | {} |",
            escaped(&run.recording),
            sign(line.verdict),
            line.verdict,
            line.samples,
            escaped(&cut(&line.why, MAX_WHY))
        );
    }
    if rows.len() > MAX_ROWS {
        let left_out = &rows[MAX_ROWS..];
        let go = left_out.iter().filter(|(_, line)| line.verdict == Verdict::Go).count();
        let _ = writeln!(text, "\n… and {} more, {go} of them go; all in the JSON.", left_out.len());
    }
    text
}
