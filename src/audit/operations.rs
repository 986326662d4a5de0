//! What starts management commands and celery: compose files, scripts, process files, and code.

use std::collections::BTreeSet;

use super::paths;
use super::program::Program;
use super::tree::{FileKind, SourceTree};

/// The processes that the tree starts.
pub(in crate::audit) struct Operations {
    /// Management commands of the tree.
    pub commands: BTreeSet<String>,
    /// Of celery; `None`: nothing here starts it.
    pub celery: Option<Celery>,
}

/// Which of celery's two processes are started: one that sends what is due, one that does it.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::audit) struct Celery {
    pub beat: bool,
    pub worker: bool,
}

impl Operations {
    pub fn new(tree: &SourceTree, program: &Program<'_>) -> Self {
        Self { commands: started_commands(tree, program), celery: started_celery(tree) }
    }
}

/// `celery -A thor worker -B`, `celery -A thor beat`, as words of one line, or of one list that follows the word.
fn started_celery(tree: &SourceTree) -> Option<Celery> {
    let mut found = Celery::default();
    for file in tree.files.iter().filter(|file| file.kind == FileKind::Operation) {
        let text = in_force(&file.text);
        for (at, _) in text.match_indices("celery").filter(|(at, _)| is_word(&text, *at, "celery")) {
            let after: String = text[at..].chars().take(CELERY_COMMAND).collect();
            found.beat |= mentions_word(&after, "beat")
                || [" -B", "\"-B", "'-B", "--beat"].iter().any(|it| after.contains(it));
            found.worker |= mentions_word(&after, "worker");
        }
    }
    (found.beat || found.worker).then_some(found)
}

/// Characters of a command in which celery's process is named.
const CELERY_COMMAND: usize = 200;

/// The management commands of the tree that something in it starts.
fn started_commands(tree: &SourceTree, program: &Program<'_>) -> BTreeSet<String> {
    let commands: BTreeSet<&str> =
        program.units.iter().filter_map(|unit| paths::management_command(unit.path)).collect();
    let mut started = BTreeSet::new();
    for file in tree.files.iter().filter(|file| file.kind == FileKind::Operation) {
        let text = in_force(&file.text);
        for command in &commands {
            if mentions_word(&text, command) {
                started.insert((*command).to_owned());
            }
        }
    }
    for name in ["call_command", "execute_from_command_line"] {
        for call in program.calls_named(name) {
            let texts = call
                .call
                .arguments
                .iter()
                .flat_map(|argument| program.texts(&argument.value, call.site, None));
            started.extend(
                texts.filter_map(|text| text.exact()).filter(|text| commands.contains(text.as_str())),
            );
        }
    }
    started
}

/// What an operation's file says without its comments and, in a compose file, without the services that nothing starts
/// by itself: those with a profile and those with no replica.
fn in_force(text: &str) -> String {
    let lines = text.lines().map(|line| match line.find(" #").filter(|_| !line.contains(['"', '\''])) {
        Some(at) => &line[..at],
        None if line.trim_start().starts_with('#') => "",
        None => line,
    });
    let mut kept = String::new();
    let (mut in_services, mut depth, mut service) = (false, None, Vec::new());
    let mut close = |service: &mut Vec<&str>| {
        if !service.iter().any(|line| is_off(line)) {
            kept.extend(service.iter().flat_map(|line| [*line, "\n"]));
        }
        service.clear();
    };
    for line in lines.filter(|line| !line.trim().is_empty()) {
        let indent = line.len() - line.trim_start().len();
        if indent == 0 {
            close(&mut service);
            (in_services, depth) = (line.trim_end() == "services:", None);
        } else if in_services && indent <= *depth.get_or_insert(indent) {
            close(&mut service);
        }
        service.push(line);
    }
    close(&mut service);
    kept
}

/// A line of a compose file's service that keeps it from being started.
fn is_off(line: &str) -> bool {
    let line = line.trim();
    let Some((key, value)) = line.split_once(':') else { return false };
    match (key, value.trim()) {
        ("profiles", value) => value != "[]",
        ("replicas" | "scale", value) => value == "0",
        _ => false,
    }
}

fn mentions_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| is_word(text, at, word))
}

/// What stands there is no part of a longer name.
fn is_word(text: &str, at: usize, word: &str) -> bool {
    let free =
        |character: Option<char>| !character.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-');
    free(text[..at].chars().next_back()) && free(text[at + word.len()..].chars().next())
}
