//! Thor's features as data: the built-in contracts, embedded, and how written features become features.
//!
//! Pure: text and trees in, values out. Files, environment and precedence are `settings/`.

pub mod build;
pub mod digest;
pub mod read;
mod rules;
pub mod tree;
pub mod written;

pub use digest::{digest, digest_one, keys};

use crate::contract::tree::{Written, WrittenAt, WrittenNode};
use crate::model::feature::Feature;

/// The built-in contracts and what each describes; the first is the default.
pub const CONTRACTS: [(&str, &str); 3] = [
    ("thor-a", "Thor as the cutover's documents found it (December 2025)"),
    ("thor-b", "Thor some weeks later, after several partial cutovers (January 2026)"),
    (NO_CONTRACT, "nothing built in: every feature is configured"),
];

/// The contract of a backend that is not Thor.
pub const NO_CONTRACT: &str = "none";

/// Whether a configuration is about Thor, in one of its states: it is unless it says otherwise.
pub fn is_thor(tree: &WrittenNode) -> bool {
    let named = tree.find(&["contract"]).map(|node| &node.value);
    !matches!(named, Some(Written::Text(name)) if name == NO_CONTRACT)
}

/// The contract as written; `None` for a name that is not among [`CONTRACTS`].
pub fn tree(name: &str) -> Option<WrittenNode> {
    let text = match name {
        "thor-a" => include_str!("thor-a.toml"),
        "thor-b" => include_str!("thor-b.toml"),
        NO_CONTRACT => {
            return Some(WrittenNode::empty_table(WrittenAt {
                source: NO_CONTRACT.into(),
                line: 0,
                built_in: true,
            }));
        }
        _ => return None,
    };
    Some(WrittenNode::parse(text, name, true).expect("the embedded contracts parse: a test reads each"))
}

/// The features of a built-in contract, in the order of the cutover; none for an unknown name.
pub fn built_in(name: &str) -> Vec<Feature> {
    let Some(tree) = tree(name) else { return Vec::new() };
    build::features(&tree, None).expect("the embedded contracts hold together: a test builds each")
}
