//! An env file, line by line and lossless: what is not edited comes out as it went in.
//!
//! Reads as the program does that will read it (`EnvDialect`): `export ` is allowed, quotes enclose, an unquoted
//! value ends before a comment, the last of several equal names wins. Writes no file.

use std::fmt;

use crate::flags::dialect::EnvDialect;
use crate::flags::expand::expanded;

/// A parsed env file; its `Display` is the text it came from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EnvFile {
    pieces: Vec<EnvPart>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum EnvPart {
    /// A blank line, a comment, or what is no assignment; its line ending included. With its 1-based number.
    Other(String, usize),
    Assignment(Assignment),
}

/// One assignment, in the parts an edit must keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// Indentation and `export `.
    lead: String,
    pub name: String,
    /// `=` or `:` with the blanks around it.
    equals: String,
    /// The value as written, quotes included.
    pub raw: String,
    /// Blanks and comment after the value, and the line ending.
    tail: String,
    /// 1-based.
    pub line: usize,
    dialect: EnvDialect,
}

impl Assignment {
    /// The value without quotes, escapes resolved, variables as they are written.
    pub fn value(&self) -> String {
        match quoted(&self.raw, self.dialect) {
            Some((quote, inner)) => self.dialect.unquoted(quote, inner),
            None => self.raw.clone(),
        }
    }

    /// The value with its variables replaced, as its reader does.
    pub fn expanded(&self, lookup: &dyn Fn(&str) -> Option<String>) -> String {
        if self.dialect != EnvDialect::Compose {
            return expanded(&self.value(), self.dialect, lookup);
        }
        match quoted(&self.raw, self.dialect) {
            // Escapes come after: what a variable brings is no escape, and an escaped dollar no variable.
            Some(('"', inner)) => {
                let literal = inner.replace("\\$", "$$");
                self.dialect.unquoted('"', &expanded(&literal, self.dialect, lookup))
            }
            Some(_) => self.value(),
            None => expanded(&self.raw, self.dialect, lookup),
        }
    }

    pub fn is_quoted(&self) -> bool {
        quoted(&self.raw, self.dialect).is_some()
    }

    /// Whether a quote is opened and not closed, or something follows the quote that closes it.
    fn is_torn(&self) -> bool {
        self.raw.starts_with(self.dialect.quotes()) && !self.is_quoted()
    }

    pub fn is_exported(&self) -> bool {
        self.lead.contains("export")
    }

    /// Whether blanks stand around `=`, which a shell would not accept.
    pub fn is_spaced(&self) -> bool {
        self.equals.contains('=') && self.equals != "="
    }

    pub fn has_comment(&self) -> bool {
        self.tail.contains('#')
    }
}

impl EnvFile {
    /// As Compose reads it.
    pub fn parse(text: &str) -> Self {
        Self::parse_as(text, EnvDialect::Compose)
    }

    pub fn parse_as(text: &str, dialect: EnvDialect) -> Self {
        let mut pieces = Vec::new();
        let mut rest = text;
        let mut line = 1;
        while !rest.is_empty() {
            let (piece, length) = match entry(rest, line, dialect) {
                Some((entry, length)) => (EnvPart::Assignment(entry), length),
                None => {
                    let length = line_length(rest);
                    (EnvPart::Other(rest[..length].to_owned(), line), length)
                }
            };
            line += rest[..length].matches('\n').count();
            rest = &rest[length..];
            pieces.push(piece);
        }
        Self { pieces }
    }

    /// The assignments in order.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Assignment> {
        self.pieces.iter().filter_map(|piece| match piece {
            EnvPart::Assignment(entry) => Some(entry),
            EnvPart::Other(..) => None,
        })
    }

    /// The line for which Compose refuses the whole file; `None` where it takes it.
    pub fn refused(&self) -> Option<usize> {
        self.pieces.iter().find_map(|piece| match piece {
            EnvPart::Assignment(entry) => entry.is_torn().then_some(entry.line),
            // a bare name passes a variable through
            EnvPart::Other(text, line) => {
                let text = text.trim_start_matches('\u{feff}').trim();
                let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '[' | ']');
                let name = text.strip_prefix("export ").unwrap_or(text).trim_start();
                (!text.is_empty() && !text.starts_with('#') && !name.chars().all(plain)).then_some(*line)
            }
        })
    }

    /// The value of the name with its variables replaced: by `around`, and by what stands in the file.
    pub fn get_expanded(&self, name: &str, around: &dyn Fn(&str) -> Option<String>) -> Option<String> {
        self.find(name).map(|entry| self.expand(entry, around, 0))
    }

    /// `around` counts before the file, but for python-dotenv. Vite knows what stands below, the others do not.
    fn expand(&self, entry: &Assignment, around: &dyn Fn(&str) -> Option<String>, depth: u8) -> String {
        // References that lead in a circle end as nothing.
        const MAX_DEPTH: u8 = 8;
        let in_file = |name: &str| {
            let known = |it: &&Assignment| {
                it.name == name
                    && it.line != entry.line
                    && (it.dialect == EnvDialect::Vite || it.line < entry.line)
            };
            let found = self.entries().rev().find(known)?;
            (depth < MAX_DEPTH).then(|| self.expand(found, around, depth + 1))
        };
        entry.expanded(&|name| match entry.dialect {
            EnvDialect::Dotenv => in_file(name).or_else(|| around(name)),
            EnvDialect::Compose | EnvDialect::Vite => around(name).or_else(|| in_file(name)),
        })
    }

    /// The assignment that counts: the last one of the name.
    pub fn find(&self, name: &str) -> Option<&Assignment> {
        self.entries().rfind(|entry| entry.name == name)
    }

    /// The value of the name; of several, the last.
    pub fn get(&self, name: &str) -> Option<String> {
        self.find(name).map(Assignment::value)
    }

    /// The file's text with the name set to the value: the assignment that counts is edited in place, its
    /// quotes, comment and line ending kept; a new one goes to the end. So does one for an assignment whose text ends
    /// a quote that another line opens. A value that needs quotes is only safe in a file that leaves none open; `true`
    /// and `false` always are.
    pub fn set(&self, name: &str, value: &str) -> String {
        let mut edited = self.clone();
        let entries = edited.pieces.iter_mut().filter_map(|piece| match piece {
            EnvPart::Assignment(entry) => Some(entry),
            EnvPart::Other(..) => None,
        });
        let Some(entry) = entries.rev().find(|entry| entry.name == name) else {
            return self.with_appended(name, value);
        };
        let quote = quoted(&entry.raw, entry.dialect).map(|(quote, _)| quote);
        entry.raw = written(value, quote);
        entry.part_comment();
        let dialect = entry.dialect;
        let text = edited.to_string();
        if edited.reads_as(&Self::parse_as(&text, dialect)) { text } else { self.with_appended(name, value) }
    }

    /// Whether both have the same assignments and the same texts between them.
    fn reads_as(&self, other: &Self) -> bool {
        let same = |(one, other): (&EnvPart, &EnvPart)| match (one, other) {
            (EnvPart::Other(one, _), EnvPart::Other(other, _)) => one == other,
            (EnvPart::Assignment(one), EnvPart::Assignment(other)) => {
                (&one.name, &one.raw, &one.tail) == (&other.name, &other.raw, &other.tail)
            }
            _ => false,
        };
        self.pieces.len() == other.pieces.len() && self.pieces.iter().zip(&other.pieces).all(same)
    }

    fn with_appended(&self, name: &str, value: &str) -> String {
        let mut text = self.to_string();
        if text.ends_with('\r') {
            // half an ending, left by whoever cut the file
            text.push('\n');
        }
        let ending = if text.contains("\r\n") { "\r\n" } else { "\n" };
        if !text.is_empty() && !text.ends_with('\n') {
            text.push_str(ending);
        }
        let all_exported = self.entries().next().is_some() && self.entries().all(Assignment::is_exported);
        let export = if all_exported { "export " } else { "" };
        text + export + name + "=" + &written(value, None) + ending
    }
}

impl Assignment {
    /// A comment that stood behind no value stays one behind a value: some readers ask for a space before it.
    fn part_comment(&mut self) {
        let blanks = self.tail.len() - self.tail.trim_start_matches(BLANK).len();
        let before = format!("{}{}", self.raw, &self.tail[..blanks]);
        let is_quoted = quoted(&self.raw, self.dialect).is_some();
        if !is_quoted && self.tail[blanks..].starts_with('#') && !self.dialect.comments_after(&before, false)
        {
            self.tail.insert(blanks, ' ');
        }
    }
}

impl fmt::Display for EnvFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in &self.pieces {
            match piece {
                EnvPart::Other(text, _) => f.write_str(text)?,
                EnvPart::Assignment(Assignment { lead, name, equals, raw, tail, .. }) => {
                    write!(f, "{lead}{name}{equals}{raw}{tail}")?;
                }
            }
        }
        Ok(())
    }
}

/// Bytes up to and with the line ending.
fn line_length(text: &str) -> usize {
    text.find('\n').map_or(text.len(), |at| at + 1)
}

pub(super) const BLANK: [char; 2] = [' ', '\t'];

/// The assignment at the start of `text` and its length; `None` where the line is none.
fn entry(text: &str, line: usize, dialect: EnvDialect) -> Option<(Assignment, usize)> {
    let after_mark = match dialect {
        EnvDialect::Dotenv => text,
        EnvDialect::Compose | EnvDialect::Vite => text.strip_prefix('\u{feff}').unwrap_or(text),
    };
    let unindented = after_mark.trim_start_matches(BLANK);
    let bare = match unindented.strip_prefix("export") {
        Some(exported) if exported.starts_with(BLANK) => exported.trim_start_matches(BLANK),
        _ => unindented,
    };
    let lead = &text[..text.len() - bare.len()];
    let name_length = bare
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')))
        .unwrap_or(bare.len());
    let name = &bare[..name_length];
    if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        return None;
    }
    let after_name = &bare[name_length..];
    let right_of_equals = dialect.after_separator(after_name)?;
    let value = right_of_equals.trim_start_matches(BLANK);
    let is_spaced = value.len() < right_of_equals.len();
    let raw_length = match quoted_length(value, dialect) {
        Some(length) => length,
        // python-dotenv passes over what it cannot read
        None if dialect == EnvDialect::Dotenv && value.starts_with(dialect.quotes()) => return None,
        None => bare_length(value, is_spaced, dialect),
    };
    // blanks before no value belong to what follows: a value may be put there, and a comment needs its blank
    let value = if raw_length == 0 { right_of_equals } else { value };
    let equals = &after_name[..after_name.len() - value.len()];
    let after_value = &value[raw_length..];
    let tail = &after_value[..line_length(after_value)];
    let entry = Assignment {
        lead: lead.to_owned(),
        name: name.to_owned(),
        equals: equals.to_owned(),
        raw: value[..raw_length].to_owned(),
        tail: tail.to_owned(),
        line,
        dialect,
    };
    let length = text.len() - after_value.len() + tail.len();
    Some((entry, length))
}

/// Length of a quoted value with its quotes, over several lines if need be; `None` where the quote is not
/// closed or something other than a comment follows it.
fn quoted_length(text: &str, dialect: EnvDialect) -> Option<usize> {
    let quote = text.chars().next().filter(|c| dialect.quotes().contains(c))?;
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == quote {
            let rest = &text[at + 1..];
            let after = rest[..line_length(rest)].trim_start_matches(BLANK);
            let ends =
                matches!(after, "" | "\r") || after.starts_with(['#', '\n']) || after.starts_with("\r\n");
            return ends.then_some(at + 1);
        }
    }
    None
}

/// Length of an unquoted value: up to a blank before `#`, or to the line's end, without blanks at its end.
/// `after_blank`: whether a blank stands before it, so that `#` at once is a comment.
fn bare_length(text: &str, after_blank: bool, dialect: EnvDialect) -> usize {
    let line = &text[..line_length(text)];
    let line = line.strip_suffix('\n').unwrap_or(line);
    let line = line.strip_suffix('\r').unwrap_or(line);
    let begins = |at: &usize| dialect.comments_after(&line[..*at], after_blank);
    let comment = line.match_indices('#').map(|(at, _)| at).find(begins);
    let value = comment.map_or(line, |at| &line[..at]);
    value.trim_end_matches(BLANK).len()
}

/// The quote and what it encloses.
fn quoted(raw: &str, dialect: EnvDialect) -> Option<(char, &str)> {
    dialect.quotes().iter().copied().find_map(|quote| {
        let inner = raw.strip_prefix(quote)?.strip_suffix(quote)?;
        (quoted_length(raw, dialect) == Some(raw.len())).then_some((quote, inner))
    })
}

/// The value as text of the file, in the wanted quotes if they can hold it.
fn written(value: &str, quote: Option<char>) -> String {
    let plain =
        !value.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '#' | '\\' | '$' | '`'));
    match quote {
        None if plain => value.to_owned(),
        Some(quote @ ('\'' | '`')) if !value.contains([quote, '\n', '\r', '\\']) => {
            format!("{quote}{value}{quote}")
        }
        _ => {
            let mut text = String::with_capacity(value.len() + 2);
            text.push('"');
            for c in value.chars() {
                match c {
                    '\n' => text.push_str("\\n"),
                    '\r' => text.push_str("\\r"),
                    '\t' => text.push_str("\\t"),
                    '"' | '\\' | '$' => text.extend(['\\', c]),
                    _ => text.push(c),
                }
            }
            text.push('"');
            text
        }
    }
}
