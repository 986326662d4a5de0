//! REST paths in prose and in plain texts of code that no route serves. What prose quotes is no code: it gives no
//! timer, poller or route.

use std::collections::{BTreeMap, HashSet};

use crate::audit::code::Kind;
use crate::audit::flags::each_expression;
use crate::audit::paths;
use crate::audit::routes::Served;
use crate::audit::tree::FileKind;
use crate::audit::urls::UrlPath;
use crate::model::facts::audit::{Confidence, FindingKind};
use crate::model::gate::Place;

use super::Survey;
use super::collector::{Collector, Draft};

/// A path found in running text.
pub(super) struct Token {
    pub path: UrlPath,
    pub line: usize,
}

pub(super) fn add(survey: &Survey<'_, '_>, collector: &mut Collector) {
    if !survey.routes.complete {
        return;
    }
    for file in survey.tree.files.iter().filter(|file| file.kind == FileKind::Document) {
        let tokens = url_tokens(&file.text, &|first| survey.routes.is_namespace(first));
        let mut lines: BTreeMap<String, (UrlPath, Vec<usize>)> = BTreeMap::new();
        for token in tokens.into_iter().filter(|token| is_unrouted(survey, &token.path)) {
            lines.entry(token.path.to_string()).or_insert((token.path, Vec::new())).1.push(token.line);
        }
        for (path, lines) in lines.into_values() {
            let again = if lines.len() > 1 {
                format!(" ({} times in this file)", lines.len())
            } else {
                String::new()
            };
            let reason = format!("no route serves it{again}");
            push(survey, collector, Place { path: file.path.clone(), line: lines[0] }, &path, reason);
        }
    }
    texts(survey, collector);
}

/// Whole texts of code that are a path, where no request was recognised in the same line.
fn texts(survey: &Survey<'_, '_>, collector: &mut Collector) {
    let mut requests: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
    for fetch in &survey.fetches.list {
        requests.entry(fetch.site.unit).or_default().push(fetch.call.line);
    }
    let namespaces = survey.routes.namespaces();
    for unit in 0..survey.program.units.len() {
        let path = survey.program.path(unit);
        if paths::is_declaration(path) || !may_hold(survey.program.units[unit].text, &namespaces) {
            continue;
        }
        let requests = requests.get(&unit).map_or(&[][..], Vec::as_slice);
        let mut found = Vec::new();
        each_expression(survey.program, unit, &mut |expr| {
            let Kind::Text(text) = &expr.kind else { return };
            if !text.starts_with('/') || text.contains(char::is_whitespace) || text.len() > 200 {
                return;
            }
            let url = UrlPath::of_request(text);
            let known = url.first().is_some_and(|first| survey.routes.is_namespace(first));
            if known && url.len() > 1 && !requests.contains(&expr.line) && is_unrouted(survey, &url) {
                found.push((expr.line, url));
            }
        });
        for (line, url) in found {
            let reason = "no route serves it: 404".to_owned();
            push(survey, collector, survey.place(unit, line), &url, reason);
        }
    }
}

/// A path that begins with one of these may stand in the text.
fn may_hold(text: &str, namespaces: &HashSet<&str>) -> bool {
    let in_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.~".contains(byte);
    if namespaces.iter().any(|namespace| !namespace.as_bytes().iter().all(in_part)) {
        return true;
    }
    memchr::memchr_iter(b'/', text.as_bytes()).any(|at| {
        let rest = &text[at + 1..];
        let end = rest.as_bytes().iter().position(|byte| !in_part(byte)).unwrap_or(rest.len());
        namespaces.contains(&rest[..end])
    })
}

/// Nothing serves the path, whatever its slash, and it is neither the beginning of something served nor a
/// directory of this tree.
fn is_unrouted(survey: &Survey<'_, '_>, path: &UrlPath) -> bool {
    path.len() > 1
        && survey.routes.served(path) == Served::No
        && !survey.routes.is_prefix(path)
        && !is_directory(survey, path)
}

fn is_directory(survey: &Survey<'_, '_>, path: &UrlPath) -> bool {
    let text = path.to_string();
    let text = text.trim_matches('/');
    let (inside, deeper, last) = (format!("{text}/"), format!("/{text}/"), format!("/{text}"));
    survey.tree.paths.iter().any(|known| {
        known.starts_with(&inside) || known.contains(&deeper) || known == text || known.ends_with(&last)
    })
}

fn push(survey: &Survey<'_, '_>, collector: &mut Collector, place: Place, path: &UrlPath, reason: String) {
    let named = survey.names.of_endpoint(path);
    let feature = named.first().copied().filter(|_| named.len() == 1);
    let feature = feature.or_else(|| survey.names.of_words(&path.to_string()));
    collector.push(
        Draft::new(FindingKind::UnroutedUrl, place, path.to_string(), reason)
            .feature(feature.map(|feature| survey.feature_name(feature)))
            .confidence(Confidence::LIKELY),
    );
}

/// Paths in running text that begin with one of the wanted first parts. Those of other hosts, of files and with
/// an ellipsis are left out.
pub(super) fn url_tokens(text: &str, wanted: &dyn Fn(&str) -> bool) -> Vec<Token> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let (mut from, mut end) = (0, 0);
        while let Some(at) = line[from..].find('/').map(|at| from + at) {
            // Looked for once a run of such characters, so that a line of slashes takes no longer than another.
            if at >= end {
                end = line[at..].find(|c: char| !is_path_character(c)).map_or(line.len(), |end| at + end);
            }
            // `http://host/path`: the path begins after the host.
            if line[at..].starts_with("//") {
                from =
                    line[at + 2..end.max(at + 2)].find('/').map_or(end.max(at + 2), |slash| at + 2 + slash);
                continue;
            }
            from = end.max(at + 1);
            let token = line[at..end].trim_end_matches(['.', ',', ':', ';', '*']);
            let first = token[1..].split('/').next().unwrap_or("");
            if first.is_empty() || !wanted(first) || !stands_free(&line[..at]) {
                continue;
            }
            let last = token.rsplit('/').next().unwrap_or("");
            let is_file = last.rsplit_once('.').is_some_and(|(_, extension)| extension.len() <= 4);
            if is_file || token.contains("...") || token.contains('*') || line[end..].starts_with('…') {
                continue;
            }
            found.push(Token { path: UrlPath::of_request(token), line: number + 1 });
        }
    }
    found
}

fn is_path_character(character: char) -> bool {
    character.is_alphanumeric() || "/_-.{}<>:$%?=&*~,".contains(character)
}

/// What stands before the path is no name, no other host and no longer path.
fn stands_free(before: &str) -> bool {
    match before.chars().next_back() {
        None => true,
        Some(last) if last.is_alphanumeric() || "_-./~".contains(last) => {
            let word =
                before.rsplit(|c: char| c.is_whitespace() || "\"'`(<".contains(c)).next().unwrap_or("");
            let host = word.split_once("://").map(|(_, host)| host);
            host.is_some_and(|host| {
                host.starts_with("localhost") || host.starts_with("127.") || host.starts_with("0.0.0.0")
            })
        }
        Some('}') => true,
        Some(_) => true,
    }
}
