//! Claims about README.md and docs/: what they tell people to type and to write is what the tool takes.

use std::path::{Path, PathBuf};

use clap::{CommandFactory as _, Parser as _};
use thor_cutover::cli::Cli;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// README.md and the pages of docs/: path and text.
fn pages() -> Vec<(PathBuf, String)> {
    let mut paths = vec![root().join("README.md")];
    if let Ok(entries) = fs_err::read_dir(root().join("docs")) {
        paths.extend(entries.map(|entry| entry.unwrap().path()));
    }
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs_err::read_to_string(path).unwrap())).collect()
}

/// The lines of fenced code, with the word that follows the fence; an empty one after each fence's end.
fn fenced(text: &str) -> Vec<(&str, &str)> {
    let mut lines = Vec::new();
    let mut language = None;
    for line in text.lines() {
        match (line.trim_start().strip_prefix("```"), language) {
            (Some(opened), None) => language = Some(opened.split_whitespace().next().unwrap_or("")),
            (Some(_), Some(_)) => {
                language = None;
                lines.push(("", ""));
            }
            (None, Some(language)) => lines.push((language, line)),
            (None, None) => {}
        }
    }
    assert_eq!(language, None, "a fence is not closed");
    lines
}

/// Pieces of prose between single backticks.
fn inline_code(text: &str) -> Vec<String> {
    let mut is_fenced = false;
    let prose: String = text
        .lines()
        .filter(|line| {
            let is_fence = line.trim_start().starts_with("```");
            is_fenced ^= is_fence;
            !is_fence && !is_fenced
        })
        .map(|line| format!("{line}\n"))
        .collect();
    prose.split('`').skip(1).step_by(2).map(|code| code.replace('\n', " ")).collect()
}

/// Every call of the tool in a line, without what the shell does around it.
fn calls(line: &str) -> Vec<Vec<String>> {
    let line = line.trim_start_matches(['$', ' ', '-']).trim_start_matches("run: ");
    // in help texts the explanation stands to the right
    let line = line.find("   ").map_or(line, |gap| &line[..gap]);
    let line = line.replace("cargo run --release -- ", "thor-cutover ");
    let Some(words) = shlex::split(&line) else { return Vec::new() };
    let ends = ["|", "&&", ";", ">", ">>", "2>", "||"];
    words
        .split(|word| ends.contains(&word.as_str()))
        .filter(|call| call.first().is_some_and(|word| word == "thor-cutover"))
        .map(<[String]>::to_vec)
        .collect()
}

#[track_caller]
fn assert_parses(call: &[String], whose: &str) {
    if let Err(error) = Cli::try_parse_from(call) {
        use clap::error::ErrorKind::{DisplayHelp, DisplayVersion};
        let is_asked_for = matches!(error.kind(), DisplayHelp | DisplayVersion);
        assert!(is_asked_for, "{whose}: `{}` is not a command line:\n{error}", call.join(" "));
    }
}

#[test]
fn every_command_line_in_the_readme_and_the_docs_parses() {
    let mut count = 0;
    for (path, text) in pages() {
        let shown = path.display().to_string();
        let of_fences = fenced(&text).into_iter().map(|(_, line)| line.to_owned());
        for line in of_fences.chain(inline_code(&text)) {
            for call in calls(&line) {
                // the tool's name alone and placeholders of a synopsis are prose
                if call.len() > 1 && !call.iter().any(|word| word.contains('…')) {
                    assert_parses(&call, &shown);
                    count += 1;
                }
            }
        }
    }
    assert!(count >= 10, "only {count} command lines were found");
}

#[test]
fn every_example_in_the_help_texts_parses() {
    let mut tool = Cli::command();
    tool.build();
    for command in tool.get_subcommands().filter(|command| command.get_name() != "help") {
        let name = command.get_name();
        let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let examples: Vec<_> = after.lines().flat_map(calls).collect();
        assert!(!examples.is_empty(), "`{name} --help` shows no example");
        for call in examples {
            assert_eq!(call.get(1).map(String::as_str), Some(name), "an example of another command");
            assert_parses(&call, name);
        }
    }
}

#[test]
fn every_configuration_in_the_readme_and_the_docs_is_one() {
    for (path, text) in pages() {
        let mut blocks = vec![String::new()];
        let mut before = "";
        for (language, line) in fenced(&text).into_iter().chain([("", "")]) {
            if language == "toml" {
                let block = blocks.last_mut().expect("one at least");
                block.push_str(line);
                block.push('\n');
            } else if before == "toml" {
                blocks.push(String::new());
            }
            before = language;
        }
        for block in blocks.iter().filter(|block| !block.is_empty()) {
            thor_cutover::settings::of_text(block, Path::new("thor-cutover.toml"))
                .unwrap_or_else(|error| panic!("{}: {error}\n{block}", path.display()));
        }
    }
}

#[test]
fn every_link_to_a_file_leads_somewhere() {
    for (path, text) in pages() {
        let folder = path.parent().expect("a folder");
        for (at, _) in text.match_indices("](") {
            let target = text[at + 2..].split(')').next().unwrap_or_default();
            if target.contains("://") {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let file = if file.is_empty() { path.clone() } else { folder.join(file) };
            assert!(file.exists(), "{}: no {target}", path.display());
            if !anchor.is_empty() {
                let aimed = fs_err::read_to_string(&file).unwrap();
                let has = aimed.lines().filter(|line| line.starts_with('#')).any(|line| slug(line) == anchor);
                assert!(has, "{}: no heading for {target}", path.display());
            }
        }
    }
}

/// A heading's anchor, as GitHub makes it.
fn slug(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    text.chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

/// `scripts/screenshots` makes them.
#[test]
fn every_picture_is_there_and_shown_and_together_they_are_small() {
    let mut shown = std::collections::BTreeSet::new();
    for (path, text) in pages() {
        for piece in text.split("](").skip(1) {
            let target = piece.split(')').next().unwrap();
            if target.ends_with(".webp") || target.ends_with(".svg") {
                let picture = path.parent().unwrap().join(target);
                assert!(picture.is_file(), "{}: {target} is not there", path.display());
                shown.insert(picture.canonicalize().unwrap());
            }
        }
    }
    let mut size = 0;
    for entry in fs_err::read_dir(root().join("docs/images")).unwrap() {
        let entry = entry.unwrap();
        size += entry.metadata().unwrap().len();
        assert!(
            shown.contains(&entry.path().canonicalize().unwrap()),
            "{} is shown nowhere",
            entry.path().display()
        );
    }
    assert!(size < 300_000, "{size} bytes");
}
