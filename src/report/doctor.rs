//! `doctor` as a chain of ticks, and as JSON.

use std::fmt::Write as _;

use colored::Colorize as _;

use crate::error::{Error, Result};
use crate::model::diagnosis::{Diagnosis, Health, LikelyCause, Link, LinkState};
use crate::model::text::visible;
use crate::report::table::{MAX_PROSE, paragraph};

pub fn json(diagnosis: &Diagnosis) -> Result<String> {
    let mut text = serde_json::to_string_pretty(diagnosis).map_err(Error::failed)?;
    text.push('\n');
    Ok(text)
}

/// For a terminal of so many columns.
pub fn human(diagnosis: &Diagnosis, width: usize) -> String {
    let codes = diagnosis.links.iter().map(|link| link.code.len()).max().unwrap_or(0);
    let mut text = String::new();
    for link in &diagnosis.links {
        tell(&mut text, link, codes, width);
    }
    let verdict = match diagnosis.verdict {
        Health::Sound => "SOUND".green().bold(),
        Health::Doubtful => "DOUBTFUL".yellow().bold(),
        Health::Broken => "BROKEN".red().bold(),
    };
    write_line(&mut text, "");
    match &diagnosis.first {
        Some(LikelyCause { cause, next }) => {
            text.push_str(&paragraph(width, &format!("{verdict}: "), 2, &visible(cause)));
            text.push_str(&paragraph(width, "next: ", 6, &visible(next).bold().to_string()));
        }
        None => {
            text.push_str(&paragraph(width, &format!("{verdict}: "), 2, "every link that was tried holds"));
            let next = "thor-cutover shadow-diff".bold().to_string();
            text.push_str(&paragraph(width, "next: ", 6, &next));
        }
    }
    text
}

/// Columns that what was found needs beside its code; where there are fewer it stands below.
const LEAST_FOUND: usize = 38;

fn tell(text: &mut String, link: &Link, codes: usize, width: usize) {
    let tick = match link.state {
        LinkState::Holds => "✓".green(),
        LinkState::NotNeeded => "·".dimmed(),
        LinkState::Unknown => "?".dimmed(),
        LinkState::Doubtful => "!".yellow().bold(),
        LinkState::Broken => "✗".red().bold(),
    };
    let took = link.took_ms.map(|ms| format!("{ms} ms")).unwrap_or_default();
    let beside = 2 + codes + 2 + TOOK + 2;
    let found = visible(&link.found);
    let (indent, blank) = if width.min(MAX_PROSE) < beside + LEAST_FOUND {
        write_line(text, &format!("{tick} {}  {took}", link.code));
        text.push_str(&paragraph(width, "    ", 4, &found));
        (4, "    ".to_owned())
    } else {
        let first = format!("{tick} {:codes$}  {took:>TOOK$}  ", link.code);
        text.push_str(&paragraph(width, &first, beside, &found));
        (beside, format!("  {:codes$}  ", ""))
    };
    if let Some(LikelyCause { cause, next }) = &link.trouble {
        for (what, said) in [("cause", cause), ("next", next)] {
            let first = match indent {
                4 => format!("{blank}{what}: "),
                _ => format!("{blank}{what:>TOOK$}  "),
            };
            text.push_str(&paragraph(width, &first, indent, &visible(said)));
        }
    }
}

/// Columns of how long it took.
const TOOK: usize = 8;

fn write_line(text: &mut String, line: &str) {
    writeln!(text, "{}", line.trim_end()).expect("writing to a String cannot fail");
}
