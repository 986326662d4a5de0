//! Replayed recordings for people: a row each, what decides it, and the one verdict last.

use std::fmt::Write as _;

use comfy_table::Cell;

use crate::model::text::{cut, visible};
use crate::model::verdict::Verdict;
use crate::report::palette;
use crate::report::replays::EachAnswer;
use crate::report::table::{lines, paragraph, table};

/// Recordings that are GO are counted and not listed where there are more than so many.
const MAX_GO_LISTED: usize = 40;
/// Bytes of what decides a run.
const MAX_WHY: usize = 400;

pub fn human(answer: &EachAnswer, width: usize) -> String {
    let mut text = format!("replay: {}\n", answer.scope());
    let is_short = answer.is_verbose || answer.lines.len() <= MAX_GO_LISTED;
    let mut rows = table(width, ["recording", "verdict", "seconds", "samples"]);
    let mut left_out = 0;
    for (run, line) in answer.runs() {
        if line.verdict == Verdict::Go && !is_short {
            left_out += 1;
            continue;
        }
        rows.add_row([
            Cell::new(visible(&run.recording)),
            Cell::new(palette::verdict(line.verdict)),
            Cell::new(format!("{:.1}", line.seconds)),
            Cell::new(line.samples),
        ]);
    }
    if rows.row_count() > 0 {
        text.push('\n');
        text.push_str(&lines(&rows));
    }
    if left_out > 0 {
        let _ = writeln!(text, "and {left_out} more that are GO (-v lists them)");
    }
    for (run, line) in answer.runs().filter(|(_, line)| line.verdict != Verdict::Go) {
        let _ = writeln!(text, "\n{}  {}", visible(&run.recording), palette::verdict(line.verdict));
        if !line.features.is_empty() {
            text.push_str(&paragraph(width, "  ", 2, &line.verdicts(palette::word)));
        }
        text.push_str(&paragraph(width, "  ", 2, &cut(&line.why, MAX_WHY)));
    }
    let _ = writeln!(text, "\nverdict: {}", palette::verdict(answer.printed.verdict));
    text.push_str(&paragraph(width, "next: ", 6, &next(answer)));
    text
}

fn next(answer: &EachAnswer) -> String {
    if let Some(shard) = answer.printed.shard {
        return format!(
            "thor-cutover replay --merge RESULT...    (the verdict is that of all {} parts together)",
            shard.of
        );
    }
    match answer.printed.verdict {
        Verdict::Go => "thor-cutover checklist    (a replay is no evidence, a run is)".to_owned(),
        worst => {
            let worst = answer.runs().find(|(_, line)| line.verdict == worst);
            let name = worst.map_or("FILE".to_owned(), |(run, _)| visible(&run.recording));
            format!("thor-cutover replay …/{name}    (all that this one says)")
        }
    }
}
