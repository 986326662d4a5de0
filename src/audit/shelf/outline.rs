//! What a Python file imports and what it offers, read off its text: too many imports rather than too few, too few
//! names offered rather than too many.

use std::collections::HashSet;

use super::words;

/// An import as it is written: `from module import names`; no names for `import module` and for `*`.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::audit) struct Written<'s> {
    pub module: &'s str,
    pub names: Vec<&'s str>,
}

/// Everything in a text that may be an import, texts and comments included; `None` where one is written in a way
/// that is not understood.
pub(in crate::audit) fn imports(text: &str) -> Option<Vec<Written<'_>>> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("import") {
        let after = &text[at + "import".len()..];
        let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let before = text[start..at].trim_start();
        let is_word = !before.ends_with(in_name) && !after.starts_with(in_name);
        if !is_word {
            continue;
        }
        let goes_on = text[..start].trim_end_matches(['\r', '\n']).ends_with('\\');
        let statement = before.trim_end();
        let last = statement.rsplit([';', ':']).next().unwrap_or(statement).trim_start();
        let follows = last.len() < statement.len() && (last.is_empty() || last.starts_with("from"));
        if goes_on || follows || statement.ends_with('\\') {
            return None;
        }
        if statement.is_empty() {
            for part in line_of(after)?.split(',') {
                let module = part.trim().split([' ', '\t']).next().unwrap_or("");
                found.push(Written { module: name(module)?, names: Vec::new() });
            }
        } else if let Some(module) = statement.strip_prefix("from").filter(|rest| !rest.starts_with(in_name))
        {
            let names = imported(after)?;
            found.push(Written { module: name(module.trim())?, names });
        }
        // Anything else before the word in its line, and it is prose.
    }
    Some(found)
}

/// The rest of a line, up to a comment or the next statement; `None` where it goes on in the next line.
fn line_of(text: &str) -> Option<&str> {
    let line = text.lines().next().unwrap_or("");
    let line = line.split(['#', ';']).next().unwrap_or(line).trim();
    (!line.ends_with('\\')).then_some(line)
}

/// The names after `import`, in parentheses or not.
fn imported(text: &str) -> Option<Vec<&str>> {
    let list: Vec<&str> = match text.trim_start_matches([' ', '\t']).strip_prefix('(') {
        Some(inside) => {
            let lines: Vec<&str> =
                inside.lines().map(|line| line.split('#').next().unwrap_or(line)).collect();
            let last = lines.iter().position(|line| line.contains(')'))?;
            let end = lines[last].split(')').next();
            lines[..last].iter().copied().chain(end).collect()
        }
        None => vec![line_of(text)?],
    };
    let names = list.into_iter().flat_map(|line| line.split(',')).map(str::trim);
    let names = names.filter(|part| !part.is_empty() && *part != "*");
    names.map(|part| name(part.split([' ', '\t']).next().unwrap_or(part))).collect()
}

/// A dotted name; `None` for anything else.
fn name(text: &str) -> Option<&str> {
    (!text.is_empty() && text.chars().all(|it| in_name(it) || it == '.')).then_some(text)
}

/// What Python's names are made of.
pub(in crate::audit) fn in_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// The names that a module certainly binds.
#[derive(Debug, Default)]
pub(in crate::audit) struct Outline<'s>(HashSet<&'s str>);

impl<'s> Outline<'s> {
    /// By the statements that begin at the left margin; nothing where the texts in it could not be told apart.
    pub fn of(text: &'s str) -> Self {
        let Some(lines) = margin(text) else { return Self::default() };
        let mut found = HashSet::new();
        for line in lines {
            let line = line.strip_prefix("async ").map_or(line, str::trim_start);
            let (head, rest) = line.split_at(words(line).next().map_or(0, |(word, _)| word.len()));
            let rest = rest.trim_start_matches([' ', '\t']);
            match head {
                "def" | "class" => {
                    found.extend(words(rest).next().map(|(word, _)| word).filter(|it| rest.starts_with(*it)))
                }
                "from" => {
                    let parts = rest.split_once(" import").filter(|(module, _)| !module.contains('\n'));
                    found.extend(parts.into_iter().flat_map(|(_, names)| locals(names)));
                }
                _ if line.starts_with(head) && rest.starts_with('=') && !rest.starts_with("==") => {
                    found.insert(head);
                }
                _ => {}
            }
        }
        found.remove("");
        Self(found)
    }

    pub fn offers(&self, name: &str) -> bool {
        self.0.contains(name)
    }
}

/// What a `from` import binds.
fn locals(names: &str) -> Vec<&str> {
    let (list, end) = names.trim_start().strip_prefix('(').map_or((names, '\n'), |inside| (inside, ')'));
    let inside = list.split(end).next().unwrap_or(list);
    let lines = inside.lines().map(|line| line.split('#').next().unwrap_or(line));
    let parts = lines.flat_map(|line| line.split([',', ';'])).map(|part| part.split_whitespace().next_back());
    parts.flatten().filter(|part| name(part).is_some()).collect()
}

/// The statements that begin at the left margin, each with all that follows it; `None` where a text does not end.
fn margin(text: &str) -> Option<Vec<&str>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let (mut at, mut depth, mut begins) = (0, 0_usize, true);
    while let Some(byte) = bytes.get(at) {
        if begins && !byte.is_ascii_whitespace() && *byte != b'#' {
            found.push(&text[at..]);
        }
        begins = false;
        at += 1;
        match byte {
            b'#' => at += bytes[at..].iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len() - at),
            b'"' | b'\'' => at = after_text(bytes, at - 1)?,
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b'\\' => at += 1,
            b'\n' => begins = depth == 0,
            _ => {}
        }
    }
    Some(found)
}

/// The place behind the text that opens at a quote.
fn after_text(bytes: &[u8], open: usize) -> Option<usize> {
    let quote = bytes[open];
    let long = bytes[open..].starts_with(&[quote; 3]);
    let mut at = open + if long { 3 } else { 1 };
    loop {
        match bytes.get(at)? {
            b'\\' => at += 2,
            b'\n' if !long => return None,
            byte if *byte == quote && (!long || bytes[at..].starts_with(&[quote; 3])) => {
                return Some(at + if long { 3 } else { 1 });
            }
            _ => at += 1,
        }
    }
}
