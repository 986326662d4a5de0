//! What the findings rest on: how much was read, what could not be, and which features that may concern.

use std::collections::{BTreeMap, HashSet};

use super::findings::Survey;
use super::names::FeatureNames;
use super::parse::{self, Unit};
use super::routes::Passage;
use super::scripts;
use super::tree::{FileKind, Language, SourceFile, SourceTree};
use crate::model::facts::audit::{FileNote, LeftOut, Searched, Unparsed};

pub(super) fn of(tree: &SourceTree, units: &[Unit<'_>], features: &[FeatureNames]) -> Searched {
    let mut searched = Searched {
        root: tree.root.to_string_lossy().into_owned(),
        revision: tree.revision.clone(),
        left_out: tree.left_out.clone(),
        notes: tree.notes.clone(),
        ..Searched::default()
    };
    unread(tree, features, &mut searched);
    let troubles = parse::troubles(units);
    let text_of: BTreeMap<&str, &str> =
        tree.files.iter().map(|file| (file.path.as_str(), file.text.as_str())).collect();
    for (path, line, reason) in &troubles {
        let mentions = mentions(text_of.get(path.as_str()).unwrap_or(&"").as_bytes(), features, true);
        // The templates of a server stand inside scripts of pages: that they do not parse is no fault.
        if scripts::is_page(path) && mentions.is_empty() {
            searched.notes.push(FileNote { path: path.clone(), note: reason.clone() });
            continue;
        }
        let line = line.map(|line| line as usize);
        searched.unparsed.push(Unparsed {
            path: path.clone(),
            line,
            reason: reason.clone(),
            foreign: false,
            mentions,
        });
    }
    for file in tree.files.iter().filter(|file| scripts::is_component(&file.path)) {
        let mentions = mentions(scripts::markup_of(&file.text).as_bytes(), features, false);
        let reason = "of its text only the scripts were read".to_owned();
        unread_by_nature(&mut searched, file.path.clone(), reason, mentions);
    }
    searched.unparsed.sort();
    searched.left_out.sort();
    let count =
        |python: bool| units.iter().filter(|unit| (unit.language == Language::Python) == python).count();
    let considered: Vec<&SourceFile> = tree
        .files
        .iter()
        .filter(|file| !matches!(file.kind, FileKind::Operation | FileKind::Configuration))
        .collect();
    let already: HashSet<&str> = considered.iter().map(|file| file.path.as_str()).collect();
    let unread = tree.unread.iter().filter(|file| !already.contains(file.path.as_str())).count();
    Searched {
        files: considered.len() + unread,
        parsed: units.len() - troubles.len(),
        python: count(true),
        typescript: count(false),
        documents: tree.files.iter().filter(|file| file.kind == FileKind::Document).count(),
        foreign: tree.unread.iter().filter(|file| file.foreign).count(),
        bytes: considered.iter().map(|file| file.text.len() as u64).sum(),
        ..searched
    }
}

fn unread(tree: &SourceTree, features: &[FeatureNames], searched: &mut Searched) {
    for file in &tree.unread {
        let mentions = match file.searchable {
            true => mentions(&file.bytes, features, !file.foreign),
            false => features.iter().map(|names| names.feature.clone()).collect(),
        };
        let (path, reason) = (file.path.clone(), file.reason.clone());
        if file.foreign {
            unread_by_nature(searched, path, reason, mentions);
        } else {
            searched.unparsed.push(Unparsed { path, line: None, reason, foreign: false, mentions });
        }
    }
}

/// What no parser here reads is left out, unless it names a feature.
fn unread_by_nature(searched: &mut Searched, path: String, reason: String, mentions: Vec<String>) {
    match mentions.is_empty() {
        true => searched.left_out.push(LeftOut { reason, path }),
        false => searched.unparsed.push(Unparsed { path, line: None, reason, foreign: true, mentions }),
    }
}

/// Features whose flag, job, endpoint or, where they count, quoted message type occurs in the bytes.
fn mentions(bytes: &[u8], features: &[FeatureNames], types_count: bool) -> Vec<String> {
    let has = |needle: &str| !needle.is_empty() && memchr::memmem::find(bytes, needle.as_bytes()).is_some();
    features
        .iter()
        .filter(|names| {
            let flag = has(&names.flag) || names.frontend_flag.as_deref().is_some_and(has);
            let timer = names.timers.iter().any(|timer| has(timer));
            let types =
                names.ws_types.iter().any(|known| has(&format!("\"{known}\"")) || has(&format!("'{known}'")));
            flag || timer
                || (types_count && types)
                || names.endpoints.iter().any(|endpoint| has(tail(endpoint)))
        })
        .map(|names| names.feature.clone())
        .collect()
}

/// `accounts/balance` of `/api/accounts/balance/`: what code that adds the base itself still has to write.
fn tail(endpoint: &str) -> &str {
    let path = endpoint.split('?').next().unwrap_or(endpoint).trim_matches('/');
    match path.split_once('/') {
        Some((_, rest)) => rest,
        None => path,
    }
}

/// What could not be followed to its end and may hide something.
pub(super) fn unknowns(survey: &Survey<'_, '_>) -> Vec<FileNote> {
    let mut notes = BTreeMap::new();
    for fetch in survey.fetches.list.iter().filter(|fetch| fetch.paths.is_empty()) {
        let may_ask = |text: &String| survey.names.endpoints().any(|(path, _)| path.may_be(text));
        if fetch.unknown.iter().any(may_ask) && !survey.program.is_test(fetch.site.unit) {
            let place = survey.place(fetch.site.unit, fetch.call.line);
            notes.insert(place.to_string(), "a request whose address could not be found out".to_owned());
        }
    }
    for (route, features) in survey.routes.routes.iter().zip(&survey.route_features) {
        if features.all().next().is_some()
            && let Passage::Unclear(why) = survey.routes.passage(survey.program, route)
        {
            let place = survey.place(route.unit, route.line);
            notes
                .insert(place.to_string(), format!("whether its view answers could not be found out: {why}"));
        }
    }
    for prefix in &survey.routes.unknown {
        notes.insert(prefix.to_string(), "URLs below it come from outside this tree".to_owned());
    }
    if !survey.routes.complete && survey.routes.routes.is_empty() {
        notes.insert("urlpatterns".to_owned(), "no URL configuration was found".to_owned());
    }
    notes.into_iter().map(|(path, note)| FileNote { path, note }).collect()
}
