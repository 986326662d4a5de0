//! Refactorings that keep what the code does and hide one address: a constant of another file, a barrel, an alias, a
//! memo, a wrapper, a context, a list, two of them at once. What was found before is found, or said to be unknown.
//! `cargo test --test it audit::mutants -- --ignored` makes a thousand of them.

use std::collections::BTreeMap;

use thor_cutover::audit::{AuditOptions, FileKind, SourceFile, SourceTree, audit};
use thor_cutover::model::facts::audit::{AuditReport, FindingKind};

use super::{fixture, names};

/// The file with the literal changed, and files beside it: a name and a text each.
type Hidden = (String, Vec<(String, String)>);

/// How an expression is hidden behind another one: what stands in its place, the imports that it needs, and files.
type Hide = fn(&str, usize) -> (String, String, Vec<(String, String)>);

const HIDES: &[(&str, Hide)] = &[
    ("a constant of another file", |value, n| {
        let file = (format!("hidden{n}.ts"), format!("export const PATH = {value}\n"));
        (format!("PATH{n}"), format!("import {{ PATH as PATH{n} }} from './hidden{n}'\n"), vec![file])
    }),
    ("a default export through a barrel", |value, n| {
        let inner = (format!("hidden{n}.ts"), format!("const path = {value}\nexport default path\n"));
        let barrel =
            (format!("barrel{n}.ts"), format!("export {{ default as path{n} }} from './hidden{n}'\n"));
        (format!("path{n}"), format!("import {{ path{n} }} from './barrel{n}'\n"), vec![inner, barrel])
    }),
    ("export all, as a namespace", |value, n| {
        let inner = (format!("hidden{n}.ts"), format!("export const one = {value}\n"));
        let barrel = (format!("barrel{n}.ts"), format!("export * from './hidden{n}'\n"));
        (format!("space{n}.one"), format!("import * as space{n} from './barrel{n}'\n"), vec![inner, barrel])
    }),
    ("a memo", |value, _| {
        (format!("useMemo(() => {value}, [])"), "import { useMemo } from 'react'\n".to_owned(), Vec::new())
    }),
    ("a function of another file", |value, n| {
        let file = (format!("hidden{n}.ts"), format!("export function make() {{ return {value} }}\n"));
        (format!("make{n}()"), format!("import {{ make as make{n} }} from './hidden{n}'\n"), vec![file])
    }),
    ("a function with several returns", |value, n| {
        let text = format!(
            "export function pick() {{\n  if (import.meta.env.VITE_OTHER) return import.meta.env.VITE_OTHER\n  return {value}\n}}\n"
        );
        (
            format!("pick{n}()"),
            format!("import {{ pick as pick{n} }} from './hidden{n}'\n"),
            vec![(format!("hidden{n}.ts"), text)],
        )
    }),
    ("a wrapper that gives it back", |value, n| {
        let file = (format!("hidden{n}.ts"), "export const same = <T,>(value: T) => value\n".to_owned());
        (
            format!("same{n}({value})"),
            format!("import {{ same as same{n} }} from './hidden{n}'\n"),
            vec![file],
        )
    }),
    ("a hook", |value, n| {
        let text = format!(
            "import {{ useMemo }} from 'react'\nexport function usePath() {{ return useMemo(() => ({{ path: {value} }}), []) }}\n"
        );
        (
            format!("usePath{n}().path"),
            format!("import {{ usePath as usePath{n} }} from './hidden{n}'\n"),
            vec![(format!("hidden{n}.ts"), text)],
        )
    }),
    ("a context", |value, n| {
        let text = format!(
            "import {{ createContext }} from 'react'\nexport const Path = createContext({{ path: {value} }})\n"
        );
        (
            format!("useContext(Path{n}).path"),
            format!(
                "import {{ useContext }} from 'react'\nimport {{ Path as Path{n} }} from './hidden{n}'\n"
            ),
            vec![(format!("hidden{n}.ts"), text)],
        )
    }),
    ("a reference", |value, _| {
        (format!("useRef({value}).current"), "import { useRef } from 'react'\n".to_owned(), Vec::new())
    }),
    ("a function called on the spot", |value, _| (format!("(() => {value})()"), String::new(), Vec::new())),
    ("a record", |value, n| {
        let text = format!(
            "export const PATHS = {{ own: {{ path: {value} }}, other: {{ path: '/nowhere' }} }} as const\n"
        );
        (
            format!("PATHS{n}.own.path"),
            format!("import {{ PATHS as PATHS{n} }} from './hidden{n}'\n"),
            vec![(format!("hidden{n}.ts"), text)],
        )
    }),
    ("the environment first", |value, _| {
        (format!("(import.meta.env.VITE_PATH ?? {value})"), String::new(), Vec::new())
    }),
    ("a list's element", |value, _| (format!("[{value}, '/nowhere'][0]"), String::new(), Vec::new())),
    ("a class's field", |value, n| {
        let text = format!("class Paths {{\n  own = {value}\n}}\nexport const paths = new Paths()\n");
        (
            format!("paths{n}.own"),
            format!("import {{ paths as paths{n} }} from './hidden{n}'\n"),
            vec![(format!("hidden{n}.ts"), text)],
        )
    }),
];

/// The tree with one file changed and some added.
fn tree(base: &SourceTree, path: &str, (text, added): &Hidden) -> SourceTree {
    let mut tree = SourceTree { root: base.root.clone(), ..SourceTree::default() };
    tree.paths.clone_from(&base.paths);
    for file in &base.files {
        let text = if file.path == path { text } else { &file.text };
        tree.files.push(SourceFile { path: file.path.clone(), kind: file.kind, text: text.clone() });
    }
    let (folder, _) = path.rsplit_once('/').expect("in a folder");
    let kind = base.files.iter().find(|file| file.path == path).expect("there").kind;
    for (name, text) in added {
        let path = format!("{folder}/{name}");
        tree.paths.insert(path.clone());
        tree.files.push(SourceFile { path, kind, text: text.clone() });
    }
    tree.files.sort_by(|a, b| a.path.cmp(&b.path));
    tree
}

/// How often each kind of place of each feature was found in a file.
fn places(report: &AuditReport) -> BTreeMap<(FindingKind, String, String), usize> {
    let kinds = [FindingKind::Poller, FindingKind::Fetch, FindingKind::OneShotFetch];
    let mut found = BTreeMap::new();
    for finding in report.findings.iter().filter(|it| kinds.contains(&it.kind)) {
        if let Some(feature) = &finding.feature {
            *found.entry((finding.kind, feature.clone(), finding.path.clone())).or_default() += 1;
        }
    }
    found
}

/// The texts of a script that are paths, by their place.
fn literals(text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("'/") {
        let Some(end) = text[at + 1..].find('\'').map(|end| at + 1 + end + 1) else { continue };
        let inside = &text[at + 1..end - 1];
        let line = text[..at].rsplit('\n').next().unwrap_or("");
        let is_path = inside.len() > 4 && !inside.contains(['\n', ' ', '{']);
        if is_path && !line.contains("import") && !line.contains("path=") && !line.contains("//") {
            found.push((at, end));
        }
    }
    found
}

/// How much the audit says of requests that it cannot follow.
fn said_unknown(report: &AuditReport) -> usize {
    let findings = report.findings.iter().filter(|it| it.kind == FindingKind::UnresolvedRequest).count();
    findings + report.searched.unresolved.iter().filter(|note| note.note.contains("address")).count()
}

#[test]
fn what_is_hidden_by_a_refactoring_is_found_or_said_to_be_unknown() {
    hidden(100);
}

#[test]
#[ignore = "takes minutes; the default run takes a hundred"]
fn a_thousand_refactorings() {
    hidden(1000);
}

#[expect(clippy::disallowed_macros, reason = "the counts are what the test is asked to show")]
fn hidden(wanted: usize) {
    let mut all: Vec<(&str, String, Hidden, String)> = Vec::new();
    let mut bases = BTreeMap::new();
    for state in
        ["a", "b", "shapes", "unseen/aliases", "unseen/contexts", "unseen/classes", "unseen/generated"]
    {
        let base = SourceTree::read(&fixture(state), &[]).expect("the fixture");
        for file in base.files.iter().filter(|file| matches!(file.kind, FileKind::Code(_))) {
            if file.path.ends_with(".py") || file.path.contains(".test.") || file.path.contains("/examples/")
            {
                continue;
            }
            for (start, end) in literals(&file.text) {
                for (first, hide) in HIDES {
                    let (place, imports, files) = hide(&file.text[start..end], 1);
                    let once = format!("{imports}{}{place}{}", &file.text[..start], &file.text[end..]);
                    let what = format!("{state} {} {} as {first}", file.path, &file.text[start..end]);
                    all.push((state, file.path.clone(), (once, files), what.clone()));
                    for (second, again) in HIDES {
                        let (inner, inner_imports, mut files) = again(&file.text[start..end], 2);
                        let (place, imports, outer) = hide(&inner, 1);
                        // What the inner one needs stands where it is written: beside it, or in the outer one's file.
                        let moved: Vec<(String, String)> = outer
                            .into_iter()
                            .map(|(name, text)| (name, format!("{inner_imports}{text}")))
                            .collect();
                        files.extend(moved);
                        let text = format!(
                            "{inner_imports}{imports}{}{place}{}",
                            &file.text[..start],
                            &file.text[end..]
                        );
                        all.push((
                            state,
                            file.path.clone(),
                            (text, files),
                            format!("{what}, inside {second}"),
                        ));
                    }
                }
            }
        }
        bases.insert(state, base);
    }
    let step = (all.len() / wanted).max(1);
    let options = AuditOptions::thor();
    let before: BTreeMap<&str, AuditReport> =
        bases.iter().map(|(state, base)| (*state, audit(base, &names(state), &options))).collect();
    let (mut count, mut unknown, mut silent) = (0usize, 0usize, Vec::new());
    for (state, path, hidden, what) in all.iter().step_by(step) {
        let report = audit(&tree(&bases[state], path, hidden), &names(state), &options);
        assert!(report.searched.unparsed.is_empty(), "{what}: {:?}\n{}", report.searched.unparsed, hidden.0);
        let now = places(&report);
        let lost: Vec<_> = places(&before[state])
            .into_iter()
            .filter(|(place, before)| now.get(place).is_none_or(|now| now < before))
            .collect();
        count += 1;
        if lost.is_empty() {
            continue;
        }
        if said_unknown(&report) > said_unknown(&before[state]) {
            unknown += 1;
        } else {
            silent.push(format!("{what}: {lost:?}"));
        }
    }
    println!("{count} of {} mutants: {unknown} unknown, {} silent", all.len(), silent.len());
    assert!(
        silent.is_empty(),
        "{} of {count} silent, {unknown} unknown:\n{}",
        silent.len(),
        silent.join("\n")
    );
    assert!(unknown * 10 <= count, "{unknown} of {count} unknown");
    assert!(count >= wanted, "{count} mutants");
}
