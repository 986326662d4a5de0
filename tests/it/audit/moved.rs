//! Code that was moved into files of its own, passed on under other names or put together from pieces.

use std::path::{Path, PathBuf};

use thor_cutover::model::facts::audit::{AuditReport, FindingKind};

use super::{copy, fixture, write};

/// The report of skimming; fails where parsing every file gives another one. Only what was parsed may differ.
fn report_of(root: &Path, state: &str) -> AuditReport {
    super::audit_at(root, state)
}

#[test]
fn trees_with_code_moved_about_are_audited_to_the_end() {
    for state in ["a", "b", "shapes"] {
        for seed in 0..6 {
            let folder = tempfile::tempdir().unwrap();
            copy(&fixture(state), folder.path());
            let mut moves = Moves { root: folder.path().to_path_buf(), dice: seed * 7919 + 17, count: 0 };
            for _ in 0..6 {
                moves.one();
            }
            report_of(folder.path(), state);
        }
    }
}

fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    files.iter().for_each(|(path, text)| write(folder.path(), path, text));
    folder
}

fn has(report: &AuditReport, kind: FindingKind, path: &str) -> bool {
    report.findings.iter().any(|finding| finding.kind == kind && finding.path == path)
}

#[test]
fn a_job_whose_base_comes_renamed_through_a_barrel_is_found() {
    let tree = tree(&[
        ("manage.py", ""),
        ("jobs/__init__.py", ""),
        ("jobs/base.py", "class Base:\n    def run(self, context):\n        pass\n"),
        ("jobs/barrel.py", "from .base import Base as Root\n"),
        (
            "jobs/odd.py",
            "from .barrel import Root as B\n\n\nclass Odd(B):\n    name = 'odd'\n\n\nhub = Odd()\n",
        ),
    ]);
    let report = report_of(tree.path(), "a");
    assert!(has(&report, FindingKind::Timer, "jobs/odd.py"), "{:?}", report.findings);
}

#[test]
fn a_request_through_default_imports_of_any_name_is_found() {
    let tree = tree(&[
        ("web/package.json", "{}"),
        ("web/src/a.ts", "export default function get(path: string) {\n  return fetch(`/api/${path}`)\n}\n"),
        ("web/src/b.ts", "export { default } from './a'\n"),
        ("web/src/c.ts", "import q from './a'\n\nexport const z = () => q('actandpos/positions')\n"),
        ("web/src/d.ts", "export const nothing = 1\n"),
    ]);
    let report = report_of(tree.path(), "a");
    assert!(has(&report, FindingKind::OneShotFetch, "web/src/c.ts"), "{:?}", report.findings);
}

#[test]
fn an_import_that_leads_nowhere_is_found_in_a_file_that_says_nothing_else() {
    let tree = tree(&[
        ("app/__init__.py", ""),
        ("app/there.py", "\"\"\"Says:\n\ndef absent(): of a text.\n\"\"\"\nVALUE = 1\n"),
        ("app/one.py", "from .gone import x\n"),
        ("app/two.py", "if True: from .gone import x\n"),
        ("app/three.py", "from .there import (\n    VALUE,  # )\n    absent,\n)\n"),
        ("app/four.py", "from .there import VALUE\n"),
        ("app/five.ts", "export * from './gone'\n"),
    ]);
    let report = report_of(tree.path(), "a");
    for path in ["app/one.py", "app/two.py", "app/five.ts"] {
        assert!(has(&report, FindingKind::MissingModule, path), "{path}: {:?}", report.findings);
    }
    assert!(has(&report, FindingKind::MissingName, "app/three.py"), "{:?}", report.findings);
    assert!(!has(&report, FindingKind::MissingName, "app/four.py"));
}

/// Celery's own layout: in a package `import celery` is the library, whatever stands beside; a script sees the file.
#[test]
fn a_file_of_a_package_does_not_hide_the_library_of_its_name() {
    let (app, task) =
        ("from celery import Celery\n\napp = Celery('thor')\n", "from celery import shared_task\n");
    let tree = tree(&[
        ("manage.py", ""),
        ("proj/__init__.py", ""),
        ("proj/celery.py", app),
        ("proj/tasks.py", task),
        ("scripts/celery.py", app),
        ("scripts/tasks.py", task),
    ]);
    let report = report_of(tree.path(), "a");
    assert!(!has(&report, FindingKind::MissingName, "proj/tasks.py"), "{:?}", report.findings);
    assert!(has(&report, FindingKind::MissingName, "scripts/tasks.py"), "{:?}", report.findings);
}

#[test]
fn a_broken_file_that_names_a_feature_is_parsed_and_said_to_be_broken() {
    let tree = tree(&[
        ("app/urls.py", "urlpatterns = []\n"),
        ("app/broken.py", "LABEL = 'WS_FEATURE_POSITIONS_OLD'\ndef broken(:\n    pass\n"),
        ("app/silent.py", "def broken(:\n    pass\n"),
    ]);
    let report = report_of(tree.path(), "a");
    let broken: Vec<&str> = report.searched.unparsed.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(broken, ["app/broken.py", "app/silent.py"]);
}

/// Changes of a tree that keep what it does, as people make them, and a few that do not.
struct Moves {
    root: PathBuf,
    dice: u64,
    count: usize,
}

impl Moves {
    fn roll(&mut self, below: usize) -> usize {
        self.dice = self.dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.dice >> 33).unwrap() % below
    }

    fn one(&mut self) {
        self.count += 1;
        let mut files = Vec::new();
        code(&self.root, &mut files);
        files.sort();
        let path = files[self.roll(files.len())].clone();
        let text = std::fs::read_to_string(&path).unwrap();
        let python = path.extension().is_some_and(|it| it == "py");
        match self.roll(5) {
            0 => self.behind_a_barrel(&path, &text, python),
            1 => self.under_another_name(&path, &text),
            2 => self.text_of_its_own(&path, &text, python),
            3 => self.wrapped(&path, &text, python),
            _ => {
                let lines: Vec<&str> = text.lines().collect();
                let gone = self.roll(lines.len().max(1));
                let kept = lines.iter().enumerate().filter(|(at, _)| *at != gone).map(|(_, line)| *line);
                std::fs::write(&path, kept.collect::<Vec<&str>>().join("\n") + "\n").unwrap();
            }
        }
    }

    /// The file's code goes elsewhere, the file passes it on.
    fn behind_a_barrel(&mut self, path: &Path, text: &str, python: bool) {
        let stem = format!("part{}", self.count);
        let extension = path.extension().unwrap().to_str().unwrap();
        std::fs::write(path.with_file_name(format!("{stem}.{extension}")), text).unwrap();
        let default = if text.contains("export default") { "default" } else { "" };
        let passed = match (python, self.roll(2)) {
            (true, 0) => format!("from .{stem} import *\n"),
            (true, _) => {
                let each = declared(text).into_iter();
                let each = each.map(|name| format!("{name} = {stem}.{name}\n")).collect::<String>();
                format!("from . import {stem}\n\n{each}")
            }
            (false, 0) => format!("export * from './{stem}'\nexport {{ {default} }} from './{stem}'\n"),
            (false, _) => {
                let more = format!("more{}", self.count);
                let inner = format!("export * from './{stem}'\nexport {{ {default} }} from './{stem}'\n");
                std::fs::write(path.with_file_name(format!("{more}.ts")), inner).unwrap();
                format!("export * from './{more}'\nexport {{ {default} }} from './{more}'\n")
            }
        };
        std::fs::write(path, passed.replace("export {  } ", "export {} ")).unwrap();
    }

    /// One imported name gets another one in this file.
    fn under_another_name(&mut self, path: &Path, text: &str) {
        let imports: Vec<usize> = text.match_indices("import ").map(|(at, _)| at + "import ".len()).collect();
        if imports.is_empty() {
            return;
        }
        let at = imports[self.roll(imports.len())];
        let rest = text[at..].trim_start_matches(['{', ' ']);
        let braced = text[at..].starts_with('{');
        let name: String = rest.chars().take_while(|it| it.is_alphanumeric() || *it == '_').collect();
        if name.is_empty() {
            return;
        }
        let start = text.len() - rest.len();
        let other = format!("renamed{}", self.count);
        let default = !braced && path.extension().is_some_and(|it| it != "py");
        let written = if default { other.clone() } else { format!("{name} as {other}") };
        let after = words_replaced(&text[start + name.len()..], &name, &other);
        std::fs::write(path, format!("{}{written}{after}", &text[..start])).unwrap();
    }

    /// A text becomes a constant of another file, in two pieces.
    fn text_of_its_own(&mut self, path: &Path, text: &str, python: bool) {
        let slashes: Vec<usize> = text.match_indices("'/").map(|(at, _)| at).collect();
        let quoted =
            if slashes.is_empty() { text.match_indices('"').map(|(at, _)| at).collect() } else { slashes };
        if quoted.is_empty() {
            return;
        }
        let at = quoted[self.roll(quoted.len())];
        let quote = &text[at..=at];
        let Some((inside, rest)) = text[at + 1..].split_once(quote) else { return };
        if inside.len() < 3
            || !inside.is_ascii()
            || inside.contains(['\n', '{', '\\'])
            || text[..at].ends_with("from ")
        {
            return;
        }
        let (stem, cut) = (format!("texts{}", self.count), inside.len() / 2);
        let value = format!("'{}' + '{}'", &inside[..cut], &inside[cut..]);
        let (file, constant, import) = match python {
            true => ("py", format!("PATH = {value}\n"), format!("from .{stem} import PATH\n")),
            false => (
                "ts",
                format!("const PATH = {value}\nexport default PATH\n"),
                format!("import PATH from './{stem}'\n"),
            ),
        };
        std::fs::write(path.with_file_name(format!("{stem}.{file}")), constant).unwrap();
        let name = if text[..at].ends_with('=') { "{PATH}" } else { "PATH" };
        std::fs::write(path, format!("{import}{}{name}{rest}", &text[..at])).unwrap();
    }

    /// Another file hands on what this one declares, under a name that tells nothing.
    fn wrapped(&mut self, path: &Path, text: &str, python: bool) {
        let names = declared(text);
        let Some(stem) = path.file_stem().and_then(|stem| stem.to_str()) else { return };
        if names.is_empty() {
            return;
        }
        let (name, count) = (names[self.roll(names.len())], self.count);
        let (file, code) = match python {
            true if name.starts_with(char::is_uppercase) => (
                "py",
                format!(
                    "from .{stem} import {name} as B\n\n\nclass Z(B):\n    name = 'z'\n\n\nhub.register(Z())\n"
                ),
            ),
            true => (
                "py",
                format!(
                    "from . import {stem} as m\n\n\ndef z(*given, **more):\n    return m.{name}(*given, **more)\n\n\nz('positions')\n"
                ),
            ),
            false => (
                "ts",
                format!(
                    "import * as m from './{stem}'\n\nexport default (...given: any[]) => m.{name}(...given)\n"
                ),
            ),
        };
        std::fs::write(path.with_file_name(format!("wrap{count}.{file}")), code).unwrap();
        if !python {
            let user = format!(
                "import z from './wrap{count}'\n\nexport const useZ = () => setInterval(() => z('/api/actandpos/positions'), 5000)\n"
            );
            std::fs::write(path.with_file_name(format!("user{count}.ts")), user).unwrap();
        }
    }
}

fn code(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            code(&path, found);
        } else if path.extension().is_some_and(|it| it == "py" || it == "ts" || it == "tsx") {
            found.push(path);
        }
    }
}

/// Functions and classes at the left margin.
fn declared(text: &str) -> Vec<&str> {
    let heads = ["def ", "class ", "export function ", "export async function ", "export const "];
    let lines = text.lines().filter_map(|line| heads.iter().find_map(|head| line.strip_prefix(head)));
    let names =
        lines.map(|rest| rest.split(|it: char| !it.is_alphanumeric() && it != '_').next().unwrap_or(""));
    names.filter(|name| !name.is_empty()).collect()
}

fn words_replaced(text: &str, word: &str, other: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(word) {
        let (before, after) = (&rest[..at], &rest[at + word.len()..]);
        let in_word = |it: char| it.is_alphanumeric() || it == '_';
        let whole = !before.ends_with(in_word) && !after.starts_with(in_word);
        out.push_str(before);
        out.push_str(if whole { other } else { word });
        rest = after;
    }
    out + rest
}
