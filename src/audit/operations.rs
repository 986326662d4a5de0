//! What starts management commands: compose files, scripts, process files, and code.

use std::collections::BTreeSet;

use super::paths;
use super::program::Program;
use super::tree::{FileKind, SourceTree};

/// The management commands of the tree that something in it starts.
pub(in crate::audit) fn started_commands(tree: &SourceTree, program: &Program<'_>) -> BTreeSet<String> {
    let commands: BTreeSet<&str> =
        program.units.iter().filter_map(|unit| paths::management_command(unit.path)).collect();
    let mut started = BTreeSet::new();
    for file in tree.files.iter().filter(|file| file.kind == FileKind::Operation) {
        for command in &commands {
            if mentions_word(&file.text, command) {
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

fn mentions_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let free =
            |character: Option<char>| !character.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-');
        free(text[..at].chars().next_back()) && free(text[at + word.len()..].chars().next())
    })
}
