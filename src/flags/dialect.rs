//! Who reads an env file: Compose, python-dotenv and Vite take the same line differently. Pure.
//!
//! Facts: compose-go's `dotenv` package; python-dotenv 1.2's parser; dotenv and dotenv-expand as Vite bundles them.

use crate::settings::EnvReader;

/// The program that reads an env file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnvDialect {
    /// Docker Compose's `env_file` and `.env`.
    Compose,
    /// Python's `load_dotenv`.
    Dotenv,
    /// Vite's `loadEnv`.
    Vite,
}

impl EnvDialect {
    /// Of the backend's env files.
    pub fn of(reader: EnvReader) -> Self {
        match reader {
            EnvReader::Compose => Self::Compose,
            EnvReader::Dotenv => Self::Dotenv,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Compose => "Compose",
            Self::Dotenv => "python-dotenv",
            Self::Vite => "Vite",
        }
    }

    pub(super) fn quotes(self) -> &'static [char] {
        match self {
            Self::Compose | Self::Dotenv => &['"', '\''],
            Self::Vite => &['"', '\'', '`'],
        }
    }

    /// What stands between name and value at the start of the text, blanks before it left out.
    pub(super) fn after_separator(self, text: &str) -> Option<&str> {
        let bare = text.trim_start_matches(super::env_file::BLANK);
        let yaml = || bare.strip_prefix(':');
        match self {
            Self::Compose => bare.strip_prefix('=').or_else(yaml),
            Self::Dotenv => bare.strip_prefix('='),
            Self::Vite => bare
                .strip_prefix('=')
                .or_else(|| yaml().filter(|value| value.starts_with(super::env_file::BLANK))),
        }
    }

    /// Whether a `#` after this text begins a comment. `after_blank`: the text is empty and a blank stands before.
    pub(super) fn comments_after(self, text: &str, after_blank: bool) -> bool {
        match self {
            Self::Compose if text.is_empty() => after_blank,
            Self::Compose => text.ends_with(' '),
            Self::Dotenv => text.ends_with(super::env_file::BLANK),
            Self::Vite => true,
        }
    }

    /// What a quoted value holds: escapes resolved, variables not.
    pub(super) fn unquoted(self, quote: char, inner: &str) -> String {
        let known: &[(char, char)] = match (self, quote) {
            (Self::Compose, '"') => {
                &[('n', '\n'), ('r', '\r'), ('t', '\t'), ('"', '"'), ('\\', '\\'), ('$', '$')]
            }
            (Self::Compose, _) => &[('\'', '\'')],
            (Self::Dotenv, '"') => &[
                ('n', '\n'),
                ('r', '\r'),
                ('t', '\t'),
                ('"', '"'),
                ('\'', '\''),
                ('\\', '\\'),
                ('a', '\u{7}'),
                ('b', '\u{8}'),
                ('f', '\u{c}'),
                ('v', '\u{b}'),
            ],
            (Self::Dotenv, _) => &[('\'', '\''), ('\\', '\\')],
            (Self::Vite, '"') => &[('n', '\n'), ('r', '\r')],
            (Self::Vite, _) => &[],
        };
        let mut value = String::with_capacity(inner.len());
        let mut chars = inner.chars().peekable();
        while let Some(c) = chars.next() {
            let escaped = (c == '\\').then(|| chars.peek()).flatten();
            match escaped.and_then(|next| known.iter().find(|(written, _)| written == next)) {
                Some((_, meant)) => {
                    value.push(*meant);
                    chars.next();
                }
                None => value.push(c),
            }
        }
        value
    }
}
