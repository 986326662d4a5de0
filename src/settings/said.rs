//! What somebody said of the rules that features are judged by, besides the built-in contract: key, value and place.
//! When two machines judge by other rules, the difference is in here, and can be named.

use crate::contract::tree::{Node, Written};
use crate::model::facts::ledger::SaidSetting;

/// Longest run of digits that may be shown where an account number stands: a database key.
const KEY_DIGITS: usize = 6;

/// Everything in `contract`, `backend.account_id` and `features` that is not built in; account numbers are left out.
pub(super) fn said(tree: &Node, identifiers: &[String]) -> Vec<SaidSetting> {
    let mut said = Vec::new();
    for path in [&["contract"][..], &["backend", "account_id"], &["features"]] {
        if let Some(node) = tree.find(path) {
            collect(node, &path.join("."), &mut said);
        }
    }
    for setting in &mut said {
        let name = setting.key.rsplit('.').next().unwrap_or_default();
        setting.value = match identifiers.iter().any(|known| known == name) {
            true => shown(&setting.value),
            false => without_accounts(&setting.value, identifiers),
        };
    }
    said
}

/// Tables key by key; an array replaces the built-in one as a whole, so it is one value.
fn collect(node: &Node, key: &str, said: &mut Vec<SaidSetting>) {
    if let Written::Table(table) = &node.value {
        table.iter().for_each(|(name, node)| collect(node, &format!("{key}.{name}"), said));
    } else if !node.place.built_in {
        said.push(SaidSetting { key: key.to_owned(), value: text(node), place: node.place.to_string() });
    }
}

fn text(node: &Node) -> String {
    match &node.value {
        Written::Text(text) | Written::Date(text) => text.clone(),
        Written::Integer(number) => number.to_string(),
        Written::Float(number) => number.to_string(),
        Written::Boolean(is) => is.to_string(),
        Written::Array(items) => format!("[{}]", items.iter().map(text).collect::<Vec<_>>().join(", ")),
        Written::Table(table) => {
            let pairs: Vec<String> =
                table.iter().map(|(name, node)| format!("{name} = {}", text(node))).collect();
            format!("{{{}}}", pairs.join(", "))
        }
    }
}

fn shown(value: &str) -> String {
    let is_key = value.len() <= KEY_DIGITS && value.bytes().all(|byte| byte.is_ascii_digit());
    if is_key { value.to_owned() } else { "…".to_owned() }
}

/// `?account_id=12345678&x=1` as `?account_id=…&x=1`, and the same with ` = `.
fn without_accounts(value: &str, identifiers: &[String]) -> String {
    let mut value = value.to_owned();
    for name in identifiers {
        for equals in ["=", " = "] {
            let assigned = format!("{name}{equals}");
            let mut from = 0;
            while let Some(at) = value[from..].find(&assigned) {
                let start = from + at + assigned.len();
                let length = value[start..].find(['&', ',', ']', '}', ' ']).unwrap_or(value.len() - start);
                let inside = shown(&value[start..start + length]);
                if !value[start..].starts_with('{') {
                    value.replace_range(start..start + length, &inside);
                }
                from = start;
            }
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_built_in_is_told_with_its_place_and_without_accounts() {
        let built_in =
            Node::parse("contract = \"thor-a\"\n[features.positions]\nflag = \"F\"\n", "built-in", true);
        let file = Node::parse(
            "[backend]\naccount_id = 12345678\nrest_url = \"http://x\"\n[features.positions]\n\
             endpoints = [\"/a/?account_id=12345678\", \"/b/?account_id={account_id}\"]\n\
             rest.path = \"/p/?account_id=7&x=1\"\n",
            "thor-cutover.toml",
            false,
        );
        let tree = built_in.unwrap().merged(file.unwrap());
        let said = said(&tree, &["account_id".to_owned()]);
        let lines: Vec<String> =
            said.iter().map(|it| format!("{} {} {}", it.place, it.key, it.value)).collect();
        assert_eq!(
            lines,
            [
                "thor-cutover.toml:2 backend.account_id …",
                "thor-cutover.toml:5 features.positions.endpoints [/a/?account_id=…, /b/?account_id={account_id}]",
                "thor-cutover.toml:6 features.positions.rest.path /p/?account_id=7&x=1",
            ]
        );
    }
}
