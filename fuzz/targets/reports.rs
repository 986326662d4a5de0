//! A run's report with other people's text in every place that takes any: no markup, no command, no control character.
//!
//! Rendered in each format it has the same structure as with a plain word everywhere.

#![no_main]

use std::path::Path;
use std::sync::OnceLock;

use comrak::nodes::NodeValue;
use comrak::{Arena, Options, parse_document};
use html5ever::tokenizer::{
    BufferQueue, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use thor_cutover::align::Engine;
use thor_cutover::cli::Format;
use thor_cutover::environment::Environment;
use thor_cutover::judge::run::judge;
use thor_cutover::model::run::RunReport;
use thor_cutover::model::verdict::Verdict;
use thor_cutover::recording::Series;
use thor_cutover::report::Answer as _;
use thor_cutover::report::run::RunAnswer;

/// A run with a finding, notes and what was never explained.
const RECORDING: &str = "../fixtures/one-symbol-of-two-always-wrong-is-no-go/recording.ndjson";

fuzz_target!(|text: &str| {
    let text: String = text.chars().take(200).collect();
    if text.trim().is_empty() {
        return;
    }
    let plain = plain();
    let hostile = Structures::of(&text);
    same("HTML", &hostile.html, &plain.html);
    same("Markdown", &hostile.markdown, &plain.markdown);
    same("JUnit", &hostile.junit, &plain.junit);
    same("workflow commands", &hostile.commands, &plain.commands);
    assert_eq!(hostile.control, None, "a control character on a terminal");
});

#[track_caller]
fn same(format: &str, hostile: &[String], plain: &[String]) {
    let place = hostile.iter().zip(plain).take_while(|(one, other)| one == other).count();
    let around = |all: &[String]| all[place.saturating_sub(4)..all.len().min(place + 3)].join(" | ");
    assert!(hostile == plain, "{format} at {place}: {} instead of {}", around(hostile), around(plain));
}

fn plain() -> &'static Structures {
    static PLAIN: OnceLock<Structures> = OnceLock::new();
    PLAIN.get_or_init(|| Structures::of("word"))
}

/// A report's structure in each format, its text left out.
struct Structures {
    html: Vec<String>,
    markdown: Vec<String>,
    junit: Vec<String>,
    commands: Vec<String>,
    control: Option<String>,
}

impl Structures {
    fn of(text: &str) -> Self {
        let answer = RunAnswer::new("replay", report(text), true);
        let environment = Environment::default();
        let render = |format| answer.render(format, &environment).expect("a format of this answer");
        let human = render(Format::Human);
        Self {
            html: tags(&render(Format::Html)),
            markdown: nodes(&render(Format::Markdown)),
            junit: elements(&render(Format::Junit)),
            commands: commands(&render(Format::Github)),
            control: human.lines().find(|line| line.contains(char::is_control)).map(str::to_owned),
        }
    }
}

/// The report with the text wherever a text of any kind may stand.
fn report(text: &str) -> RunReport {
    static FREE: OnceLock<(Value, Vec<String>)> = OnceLock::new();
    let (tree, free) = FREE.get_or_init(|| {
        let tree = serde_json::to_value(judged()).expect("a report is plain data");
        let free = strings(&tree, String::new()).into_iter().filter(|place| {
            let mut other = tree.clone();
            *other.pointer_mut(place).expect("found in it") = "other".into();
            serde_json::from_value::<RunReport>(other).is_ok()
        });
        (tree.clone(), free.collect())
    });
    let mut tree = tree.clone();
    for place in free {
        *tree.pointer_mut(place).expect("found in it") = text.into();
    }
    serde_json::from_value(tree).expect("each place takes any text")
}

/// The recording's report, with a warning.
fn judged() -> RunReport {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(RECORDING);
    let (header, mut series) = Series::open(&[path]).expect("a fixture");
    let config = header.config.expect("it says by which rules it was judged");
    let mut engine = Engine::new(&config.features);
    series.for_each(&mut engine, Engine::push_preparsed).expect("a fixture");
    let tally = engine.finish(series.at());
    let mut report = judge(&config.features, &tally, &config.thresholds, series.end(), "");
    report.warnings.push("a warning".to_owned());
    // Enough of each kind.
    report.features.truncate(1);
    let feature = &mut report.features[0];
    feature.gates.retain(|gate| gate.verdict != Verdict::Go);
    feature.fields.truncate(2);
    feature.differing.truncate(1);
    report
}

/// Pointers to every string of a tree.
fn strings(value: &Value, at: String) -> Vec<String> {
    match value {
        Value::String(_) => vec![at],
        Value::Array(all) => all
            .iter()
            .enumerate()
            .flat_map(|(index, value)| strings(value, format!("{at}/{index}")))
            .collect(),
        Value::Object(all) => {
            let place = |name: &str| format!("{at}/{}", thor_cutover::json::pointer::escaped(name));
            all.iter().flat_map(|(name, value)| strings(value, place(name))).collect()
        }
        _ => Vec::new(),
    }
}

#[derive(Default)]
struct Tags(std::cell::RefCell<Vec<String>>);

impl TokenSink for Tags {
    type Handle = ();

    fn process_token(&self, token: Token, _: u64) -> TokenSinkResult<()> {
        let kind = match token {
            // how an option in a sentence is kept on one line
            Token::TagToken(tag) if &*tag.name == "span" => return TokenSinkResult::Continue,
            Token::TagToken(tag) => {
                let names: Vec<String> = tag.attrs.iter().map(|it| it.name.local.to_string()).collect();
                let closes = if tag.kind == TagKind::EndTag { "/" } else { "" };
                format!("{closes}{} {}", tag.name, names.join(" "))
            }
            Token::CommentToken(_) => "comment".to_owned(),
            Token::DoctypeToken(_) => "doctype".to_owned(),
            _ => return TokenSinkResult::Continue,
        };
        self.0.borrow_mut().push(kind);
        TokenSinkResult::Continue
    }
}

fn tags(page: &str) -> Vec<String> {
    let tokenizer = Tokenizer::new(Tags::default(), TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(page.into());
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    tokenizer.sink.0.take()
}

fn nodes(page: &str) -> Vec<String> {
    let mut options = Options::default();
    (options.extension.table, options.extension.strikethrough, options.extension.autolink) =
        (true, true, true);
    let arena = Arena::new();
    let kind =
        |value: &NodeValue| format!("{value:?}").split([' ', '(', '{']).next().unwrap_or_default().to_owned();
    let all = parse_document(&arena, page, &options).descendants();
    let kinds = all.map(|node| kind(&node.data.borrow().value));
    kinds.filter(|kind| !["Text", "SoftBreak", "Escaped", "Code"].contains(&kind.as_str())).collect()
}

fn elements(xml: &str) -> Vec<String> {
    use quick_xml::events::Event;
    let mut reader = quick_xml::Reader::from_str(xml);
    let mut names = Vec::new();
    loop {
        match reader.read_event().expect("XML") {
            Event::Start(it) | Event::Empty(it) => {
                let attributes = it.attributes().map(|it| it.expect("an attribute").key.as_ref().to_vec());
                let keys: Vec<String> =
                    attributes.map(|key| String::from_utf8_lossy(&key).into_owned()).collect();
                names.push(format!("{} {}", String::from_utf8_lossy(it.name().as_ref()), keys.join(" ")));
            }
            Event::Eof => return names,
            _ => {}
        }
    }
}

/// What GitHub's runner takes for commands: in both of their forms, with the keys of their properties.
fn commands(log: &str) -> Vec<String> {
    let head = |line: &str| {
        line.trim_start().strip_prefix("::").map(|it| it.split("::").next().unwrap_or_default().to_owned())
    };
    let keys = |head: String| -> String {
        let mut words = head.splitn(2, ' ');
        let name = words.next().unwrap_or_default().to_owned();
        let properties = words
            .next()
            .unwrap_or_default()
            .split(',')
            .map(|it| it.split('=').next().unwrap_or_default().to_owned());
        name + " " + &properties.collect::<Vec<_>>().join(",")
    };
    let older = log.matches("##[").map(|_| "older".to_owned());
    log.lines().filter_map(head).map(keys).chain(older).collect()
}
