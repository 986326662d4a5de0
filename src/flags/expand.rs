//! Variables in values, as each reader of env files replaces them. Pure.

use crate::flags::dialect::EnvDialect;

/// The value with its variables replaced. Defaults are taken literally.
///
/// Compose: `$NAME`, `${NAME}`, `:-`, `-`, `:+`, `+`, and `$$` for a dollar. Vite: the same, `\$` for a dollar.
/// python-dotenv: `${NAME}` and `${NAME:-default}` only.
pub fn expanded(value: &str, dialect: EnvDialect, lookup: &dyn Fn(&str) -> Option<String>) -> String {
    let mut text = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find('$') {
        let escaped = dialect == EnvDialect::Vite && rest[..at].ends_with('\\');
        text.push_str(&rest[..if escaped { at - 1 } else { at }]);
        let after = &rest[at + 1..];
        let (replacement, length) =
            if escaped { ("$".to_owned(), 0) } else { substitution(after, dialect, lookup) };
        text.push_str(&replacement);
        rest = &after[length..];
    }
    text + rest
}

/// What stands for the text after a `$`, and how much of that text it replaces.
fn substitution(
    after: &str,
    dialect: EnvDialect,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> (String, usize) {
    if dialect == EnvDialect::Compose && after.starts_with('$') {
        return ("$".to_owned(), 1);
    }
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let Some((inner, length)) = after.strip_prefix('{').and_then(|inner| {
        let end = inner.find('}')?;
        Some((&inner[..end], end + 2))
    }) else {
        let length = after.find(|c| !is_name(c)).unwrap_or(after.len());
        return match length {
            0 => ("$".to_owned(), 0),
            _ if dialect == EnvDialect::Dotenv => ("$".to_owned(), 0),
            _ => (lookup(&after[..length]).unwrap_or_default(), length),
        };
    };
    let name_length = match dialect {
        EnvDialect::Dotenv => inner.find(":-").unwrap_or(inner.len()),
        _ => inner.find(|c| !is_name(c)).unwrap_or(inner.len()),
    };
    let (name, operator) = inner.split_at(name_length);
    let set = lookup(name);
    let not_empty = set.clone().filter(|value| !value.is_empty());
    let value = if let Some(default) = operator.strip_prefix(":-") {
        // python-dotenv takes the default only where nothing is set at all
        let set = if dialect == EnvDialect::Dotenv { set } else { not_empty };
        set.unwrap_or_else(|| default.to_owned())
    } else if let Some(default) = operator.strip_prefix('-') {
        set.unwrap_or_else(|| default.to_owned())
    } else if let Some(other) = operator.strip_prefix(":+") {
        not_empty.map(|_| other.to_owned()).unwrap_or_default()
    } else if let Some(other) = operator.strip_prefix('+') {
        set.map(|_| other.to_owned()).unwrap_or_default()
    } else {
        set.unwrap_or_default()
    };
    (value, length)
}
