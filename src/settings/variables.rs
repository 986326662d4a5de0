//! The variables of what is said first on a socket: which of them are secrets, and which are words.
//!
//! What is taken for a secret is taken out of messages and answers before they are recorded and judged, so that a replay
//! sees what the run saw. A symbol that is taken for one is lost there; a token that is not is recorded. So a variable is
//! a secret unless the configuration says what it is.

use crate::contract::tree::{Problem, Written, WrittenAt, WrittenNode};
use crate::environment::Environment;
use crate::secrets;

/// Values of up to this length that look like a word are asked about.
const LONGEST_WORD: usize = 24;

pub(super) struct MessageVariables<'e> {
    pub environment: &'e Environment,
    /// Declared to be no secrets.
    pub plain: Vec<String>,
    /// What features say in the clear.
    pub features: Option<&'e WrittenNode>,
}

impl<'e> MessageVariables<'e> {
    /// What a variable holds; entered as a secret unless it is known to be none.
    pub fn value(&self, place: &WrittenAt, name: &str, warnings: &mut Vec<String>) -> Option<&'e str> {
        let value = self.environment.get(name)?;
        if self.plain.iter().any(|plain| plain == name) {
            return Some(value);
        }
        let is_named_so = secrets::is_secret_name(name);
        if !is_named_so && self.features.is_some_and(|features| says(features, value)) {
            return Some(value);
        }
        secrets::register(value);
        if !is_named_so && looks_like_a_word(value) {
            warnings.push(format!(
                "{place}: what {name} holds is taken for a secret, and taken out of messages and answers before they are \
                 compared; if it is none, such as a symbol, write plain_env = [{name:?}]"
            ));
        }
        Some(value)
    }

    /// # Errors
    /// Where a variable is declared to be no secret whose name says that it is one, or that no message has.
    pub fn check<'m>(
        &self,
        place: &WrittenAt,
        messages: impl Iterator<Item = &'m str> + Clone,
    ) -> Result<(), Problem> {
        for name in &self.plain {
            if secrets::is_secret_name(name) {
                return Err(Problem::at(
                    place,
                    format!("`plain_env` has {name}, whose name says that it is a secret"),
                )
                .hint("rename the variable, if it is none"));
            }
            if !messages.clone().any(|message| message.contains(&format!("${{{name}}}"))) {
                return Err(Problem::at(
                    place,
                    format!("`plain_env` has {name}, which no message of `on_open` has"),
                )
                .hint("it names variables that `send` has as ${NAME}"));
            }
        }
        Ok(())
    }
}

/// Whether a text says this, as a whole or as a part of it.
fn says(node: &WrittenNode, value: &str) -> bool {
    let is_long = value.chars().count() >= 4;
    match &node.value {
        Written::Text(text) => text == value || (is_long && text.contains(value)),
        Written::Array(items) => items.iter().any(|item| says(item, value)),
        Written::Table(members) => members.values().any(|member| says(member, value)),
        _ => false,
    }
}

fn looks_like_a_word(value: &str) -> bool {
    let in_words = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:@".contains(&byte);
    (4..=LONGEST_WORD).contains(&value.len()) && value.bytes().all(in_words)
}
