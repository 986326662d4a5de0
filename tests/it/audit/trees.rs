//! Trees that misbehave: whatever lies in them, the audit reports it and goes on.

use std::path::Path;

use thor_cutover::audit::{AuditOptions, SourceTree, audit};
use thor_cutover::model::facts::audit::{AuditReport, FindingKind, Unparsed};

use super::{names, write};

fn report(root: &Path) -> AuditReport {
    let tree = SourceTree::read(root, &[]).unwrap();
    audit(&tree, &names("a"), &AuditOptions::thor())
}

fn unparsed<'r>(report: &'r AuditReport, path: &str) -> &'r Unparsed {
    let found = report.searched.unparsed.iter().find(|file| file.path == path);
    found.unwrap_or_else(|| panic!("{path} is not reported: {:?}", report.searched.unparsed))
}

fn left_out(report: &AuditReport, path: &str) -> String {
    let found = report.searched.left_out.iter().find(|it| it.path == path);
    found.unwrap_or_else(|| panic!("{path} is not reported: {:?}", report.searched.left_out)).reason.clone()
}

#[test]
fn a_syntax_error_is_reported_and_what_stands_around_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "app/urls.py", "urlpatterns = []\n");
    write(
        folder.path(),
        "jobs.py",
        "class MarketMetricsJob:\n    name = 'metrics'\n\n    def run(self, ctx):\n        pass\n\n\ndef broken(:\n    pass\n\n\
         registry.register(MarketMetricsJob())\n",
    );
    let report = report(folder.path());
    let file = unparsed(&report, "jobs.py");
    assert_eq!((file.line, file.mentions.len()), (Some(8), 3), "{file:?}");
    assert!(report.findings.iter().any(|finding| finding.kind == FindingKind::JobClass));
    assert!(!report.feature("positions").unwrap().files_parse);
    assert_eq!(report.searched.parsed, 1);
}

#[test]
fn a_huge_file_is_searched_for_names_but_not_parsed() {
    let folder = tempfile::tempdir().unwrap();
    let line = "ROW = ('WS_FEATURE_POSITIONS', 1, 2, 3)\n";
    write(folder.path(), "data.py", line.repeat(5_000_000 / line.len() + 1));
    write(folder.path(), "ok.py", "x = 1\n");
    let report = report(folder.path());
    let file = unparsed(&report, "data.py");
    assert!(file.reason.contains("5.0 MB"), "{file:?}");
    assert_eq!(file.mentions, ["positions"]);
    let found: Vec<FindingKind> = report.findings.iter().map(|it| it.kind).collect();
    assert_eq!(found, [FindingKind::UnparsedFile]);
}

#[test]
fn binary_content_and_other_encodings_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "image.py", b"\x00\x01\x02GIF89a\x00\x00");
    write(folder.path(), "undeclared.py", b"NAME = 'Gr\xfc\xdfe'\n");
    write(folder.path(), "declared.py", b"# -*- coding: latin-1 -*-\nNAME = 'Gr\xfc\xdfe'\n");
    write(folder.path(), "marked.py", b"\xef\xbb\xbfx = 1\n");
    let wide: Vec<u8> =
        [0xff, 0xfe].into_iter().chain("let x = 1\n".encode_utf16().flat_map(u16::to_le_bytes)).collect();
    write(folder.path(), "wide.ts", wide);
    let report = report(folder.path());
    assert_eq!(unparsed(&report, "image.py").reason, "binary content");
    assert!(unparsed(&report, "undeclared.py").reason.contains("latin-1"));
    let notes: Vec<&str> = report.searched.notes.iter().map(|note| note.path.as_str()).collect();
    assert_eq!(notes, ["declared.py", "wide.ts"]);
    assert_eq!(report.searched.unparsed.len(), 2, "{:?}", report.searched.unparsed);
    assert_eq!(report.searched.files, 5);
}

#[test]
fn what_is_not_ours_is_left_out_and_said_so() {
    let folder = tempfile::tempdir().unwrap();
    let job = "registry.register(MarketMetricsJob(interval_seconds=1))\nclass MarketMetricsJob:\n    name='m'\n    def run(self): pass\n";
    for path in [
        "web/node_modules/x/index.py",
        ".venv/lib/a.py",
        "env312/lib/python3.12/site-packages/b.py",
        "app/migrations/0001_initial.py",
        "web/dist/bundle.py.js",
        "app/__pycache__/c.py",
    ] {
        write(folder.path(), path, job);
    }
    write(folder.path(), "env312/pyvenv.cfg", "home = /usr\n");
    write(folder.path(), "app/migrations/__init__.py", "");
    write(folder.path(), "web/package.json", "{}");
    write(folder.path(), "app/models.py", "x = 1\n");
    write(folder.path(), "web/vendor.min.js", "setInterval(()=>fetch('/api/actandpos/positions'),1)");
    write(folder.path(), "web/src/lib/own.py", "y = 1\n");
    write(folder.path(), ".gitignore", "lib/\n");
    let report = report(folder.path());
    assert_eq!(left_out(&report, "web/node_modules"), "installed packages");
    assert_eq!(left_out(&report, ".venv"), "virtual environment");
    assert_eq!(left_out(&report, "env312"), "virtual environment");
    assert_eq!(left_out(&report, "app/migrations"), "database migrations");
    assert_eq!(left_out(&report, "web/dist"), "build output");
    assert_eq!(left_out(&report, "web/vendor.min.js"), "minified script");
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    // Git ignores it, but a tracked file can be ignored all the same.
    assert_eq!(report.searched.parsed, 2);
}

#[cfg(unix)]
#[test]
fn symbolic_links_are_not_followed_and_a_loop_does_not_matter() {
    use std::os::unix::fs::symlink;
    let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write(folder.path(), "app/a.py", "x = 1\n");
    write(outside.path(), "b.py", "y = 1\n");
    symlink(folder.path(), folder.path().join("app/loop")).unwrap();
    symlink("app/a.py", folder.path().join("again.py")).unwrap();
    symlink(outside.path(), folder.path().join("other")).unwrap();
    symlink("nowhere", folder.path().join("dangling.py")).unwrap();
    let report = report(folder.path());
    assert!(left_out(&report, "app/loop").contains("above itself"));
    assert!(left_out(&report, "again.py").contains("read where it points to"));
    assert!(left_out(&report, "other").contains("extra root"));
    assert!(left_out(&report, "dangling.py").contains("nowhere"));
    assert_eq!(report.searched.parsed, 1);
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read_is_reported() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "secret.py", "x = 1\n");
    let path = folder.path().join("secret.py");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::read(&path).is_ok() {
        // Root reads everything: nothing to see here.
        return;
    }
    let report = report(folder.path());
    assert!(unparsed(&report, "secret.py").reason.contains("could not be read"));
    assert_eq!(unparsed(&report, "secret.py").mentions.len(), 4, "it may hold anything");
}

/// Root reads everything: then another user asks, where one can be had.
#[cfg(unix)]
#[test]
#[expect(clippy::print_stderr, clippy::disallowed_macros, reason = "a skipped check is said aloud")]
fn a_folder_that_may_not_be_read_is_reported() {
    use std::os::unix::fs::PermissionsExt as _;
    use std::process::Command;
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "app/ok.py", "x = 1\n");
    write(folder.path(), "app/locked/views.py", "FLAG = 'WS_FEATURE_POSITIONS'\n");
    let mode = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let locked = folder.path().join("app/locked");
    mode(folder.path(), 0o755);
    mode(&locked, 0o000);
    let searched = match std::fs::read_dir(&locked) {
        Err(_) => report(folder.path()).searched,
        Ok(_) => {
            let tool = env!("CARGO_BIN_EXE_thor-cutover");
            let nobody = ["--reuid=65534", "--regid=65534", "--clear-groups"];
            let run = |arguments: &[&str]| {
                let mut command = Command::new("setpriv");
                command.args(nobody).arg(tool).args(arguments).current_dir("/").env_remove("HOME").output()
            };
            if !run(&["--version"]).is_ok_and(|it| it.status.success()) {
                let why = "SKIPPED: root reads every folder, and setpriv gives no other user";
                assert!(
                    std::env::var_os("CI").is_none_or(|ci| ci != "true"),
                    "with CI=true nothing is skipped. {why}"
                );
                eprintln!("{why}");
                return;
            }
            let source = folder.path().to_str().unwrap();
            let output = run(&["audit", "--source", source, "--format", "json"]).unwrap();
            let answer: serde_json::Value = serde_json::from_slice(&output.stdout)
                .unwrap_or_else(|_| panic!("no report: {}", String::from_utf8_lossy(&output.stderr)));
            let parse = |facts: &serde_json::Value| facts["files_parse"] == true;
            assert!(!answer["features"].as_array().unwrap().iter().any(parse), "it may hold anything");
            serde_json::from_value(answer["searched"].clone()).unwrap()
        }
    };
    mode(&locked, 0o755);
    let found = searched.unparsed.iter().find(|it| it.path == "app/locked");
    let found = found.unwrap_or_else(|| panic!("it is not reported: {:?}", searched.unparsed));
    assert!(found.reason.contains("ermission denied"), "{found:?}");
    assert!(found.mentions.len() >= 4, "it may hold anything: {found:?}");
}

#[test]
fn hostile_nesting_ends_neither_the_stack_nor_the_audit() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "deep.py", format!("x = {}1{}\n", "[".repeat(20_000), "]".repeat(20_000)));
    write(folder.path(), "deep.tsx", format!("const x = {}1{}\n", "f(".repeat(20_000), ")".repeat(20_000)));
    write(folder.path(), "long.ts", format!("const y = {}'z'\n", "'a' + ".repeat(20_000)));
    write(folder.path(), "slashes.md", format!("{}\n{}", "/".repeat(200_000), "http://".repeat(50_000)));
    write(
        folder.path(),
        "chain.py",
        "a = b\nb = c\nc = a\nurlpatterns = urlpatterns + a\nROOT_URLCONF = 'chain'\n",
    );
    write(
        folder.path(),
        "self.ts",
        "export * from './self'\nexport const f = () => f()\nsetInterval(f, 5)\n",
    );
    write(
        folder.path(),
        "bases.py",
        "class A(B):\n    pass\n\n\nclass B(A):\n    pass\n\n\ndef run():\n    return A.missing\n",
    );
    write(
        folder.path(),
        "calls.py",
        "def run():\n    x = y.f().g().h\n    y = x.f().g().h\n    return x.f().g\n",
    );
    write(
        folder.path(),
        "loop.py",
        "pairs = [(a, '/x'), (b, '/y')]\nfor a, b in pairs:\n    requests.get(a)\n    pairs = [(b, a), (a, b)]\n",
    );
    let report = report(folder.path());
    assert!(unparsed(&report, "deep.py").reason.contains("nested"));
    assert!(unparsed(&report, "deep.tsx").reason.contains("nested"));
    assert_eq!(report.searched.files, 9);
}

#[test]
fn a_root_that_is_not_there_is_the_only_error() {
    let folder = tempfile::tempdir().unwrap();
    let error = SourceTree::read(&folder.path().join("nowhere"), &[]).unwrap_err();
    assert!(error.to_string().contains("nowhere"), "{error}");
    assert!(error.hint().contains("--source"));
    let empty = report(folder.path());
    assert_eq!((empty.searched.files, empty.findings.len()), (0, 0));
}

#[test]
fn an_extra_root_is_read_and_shown_from_the_root() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "backend/manage.py", "x = 1\n");
    write(folder.path(), "web/src/flags.ts", "export const on = import.meta.env.VITE_WS_FEATURE_POSITIONS\n");
    let tree = SourceTree::read(&folder.path().join("backend"), &[folder.path().join("web")]).unwrap();
    let report = audit(&tree, &names("a"), &AuditOptions::thor());
    let places: Vec<String> = report.findings.iter().map(|finding| finding.place().to_string()).collect();
    assert_eq!(places, ["../web/src/flags.ts:1"]);
}
