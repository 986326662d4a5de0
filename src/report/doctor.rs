//! `doctor` as a chain of ticks, and as JSON.

use std::fmt::Write as _;

use colored::Colorize as _;

use crate::error::{Error, Result};
use crate::model::diagnosis::{Diagnosis, Health, LikelyCause, Link, LinkState};
use crate::model::text::visible;

pub fn json(diagnosis: &Diagnosis) -> Result<String> {
    let mut text = serde_json::to_string_pretty(diagnosis).map_err(Error::failed)?;
    text.push('\n');
    Ok(text)
}

pub fn human(diagnosis: &Diagnosis) -> String {
    let width = diagnosis.links.iter().map(|link| link.code.len()).max().unwrap_or(0);
    let mut text = String::new();
    for link in &diagnosis.links {
        line(&mut text, link, width);
    }
    let verdict = match diagnosis.verdict {
        Health::Sound => "SOUND".green().bold(),
        Health::Doubtful => "DOUBTFUL".yellow().bold(),
        Health::Broken => "BROKEN".red().bold(),
    };
    write_line(&mut text, "");
    match &diagnosis.first {
        Some(LikelyCause { cause, next }) => {
            write_line(&mut text, &format!("{verdict}: {}", visible(cause)));
            write_line(&mut text, &format!("next: {}", visible(next).bold()));
        }
        None => {
            write_line(&mut text, &format!("{verdict}: every link that was tried holds"));
            write_line(&mut text, &format!("next: {}", "thor-cutover shadow-diff".bold()));
        }
    }
    text
}

fn line(text: &mut String, link: &Link, width: usize) {
    let tick = match link.state {
        LinkState::Holds => "✓".green(),
        LinkState::NotNeeded => "·".dimmed(),
        LinkState::Unknown => "?".dimmed(),
        LinkState::Doubtful => "!".yellow().bold(),
        LinkState::Broken => "✗".red().bold(),
    };
    let took = link.took_ms.map(|ms| format!("{ms} ms")).unwrap_or_default();
    write_line(text, &format!("{tick} {:width$}  {took:>8}  {}", link.code, visible(&link.found)));
    if let Some(LikelyCause { cause, next }) = &link.trouble {
        write_line(text, &format!("  {:width$}  {:>8}  {}", "", "cause", visible(cause)));
        write_line(text, &format!("  {:width$}  {:>8}  {}", "", "next", visible(next)));
    }
}

fn write_line(text: &mut String, line: &str) {
    writeln!(text, "{}", line.trim_end()).expect("writing to a String cannot fail");
}
