//! Text that came from elsewhere in our Markdown: it stays that text, wherever it stands.
//!
//! Read as GitHub reads it, a line has the same nodes with any text as with a plain word, and the text is all there.

#![no_main]

use std::sync::OnceLock;

use comrak::nodes::{AstNode, NodeValue};
use comrak::{Arena, Options, parse_document};
use libfuzzer_sys::fuzz_target;
use thor_cutover::model::text::visible;
use thor_cutover::report::markup::escaped;

/// Where our pages put text: before it and after it.
const PLACES: [(&str, &str); 7] = [
    ("", "\n"),
    ("- ", "\n"),
    ("# The cutover of ", "\n"),
    ("## ❌ ", ": no-go\n"),
    ("> **Warning:** ", "\n"),
    ("| a | b |\n|---|---|\n| ", " | 1 |\n"),
    ("| a | b |\n|---|---|\n| **", "** | 1 |\n"),
];

fuzz_target!(|text: &str| {
    // Nobody calls anything by white space.
    if text.trim().is_empty() {
        return;
    }
    static PLAIN: OnceLock<(Vec<String>, String)> = OnceLock::new();
    let (plain_nodes, plain) = PLAIN.get_or_init(|| read(&page("word")));
    let (nodes, said) = read(&page(&escaped(text)));
    assert_eq!(&nodes, plain_nodes, "{}", escaped(text));
    assert_eq!(without_space(&said), without_space(&plain.replace("word", &visible(text))));
});

/// The text in every place, a heading between one and the next.
fn page(text: &str) -> String {
    PLACES.map(|(before, after)| format!("{before}{text}{after}")).join("\n# next\n\n")
}

/// Without what an address is parted by, too.
fn without_space(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c == '\u{200b}').collect()
}

/// The kinds of nodes of a page, and its text.
fn read(page: &str) -> (Vec<String>, String) {
    let mut options = Options::default();
    let more = &mut options.extension;
    (more.table, more.strikethrough, more.autolink, more.tasklist, more.footnotes, more.alerts) =
        (true, true, true, true, true, true);
    let arena = Arena::new();
    let root = parse_document(&arena, page, &options);
    let (mut nodes, mut said) = (Vec::new(), String::new());
    for node in root.descendants() {
        note(node, &mut nodes, &mut said);
    }
    (nodes, said)
}

fn note<'a>(node: &'a AstNode<'a>, nodes: &mut Vec<String>, said: &mut String) {
    match &node.data.borrow().value {
        NodeValue::Text(text) => said.push_str(text),
        // How a text is divided says nothing.
        NodeValue::SoftBreak | NodeValue::Escaped => {}
        other => {
            let kind = format!("{other:?}");
            nodes.push(kind.split([' ', '(', '{']).next().unwrap_or_default().to_owned());
        }
    }
}
