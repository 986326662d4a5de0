//! After a deletion: "nothing left" means searched, recognised before, and gone now.

use std::path::Path;

use thor_cutover::audit::{AuditOptions, KnownView, SourceTree, audit};
use thor_cutover::model::facts::audit::{AuditReport, Cleanliness, FindingKind, Suppression};

use super::forms::run;
use super::{audit_of, copy, fixture, git, names};

/// State a as a repository with one commit, in a folder below its top.
fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&fixture("a"), &folder.path().join("thor"));
    git(folder.path(), &["init", "-q", "-b", "main"]);
    git(folder.path(), &["add", "-A"]);
    git(folder.path(), &["commit", "-q", "-m", "before"]);
    folder
}

fn edit(folder: &Path, path: &str, change: impl Fn(&str) -> String) {
    let path = folder.join("thor").join(path);
    let text = std::fs::read_to_string(&path).unwrap();
    let changed = change(&text);
    assert_ne!(text, changed, "the edit of {} changed nothing", path.display());
    std::fs::write(path, changed).unwrap();
}

fn without_lines(text: &str, mark: &str) -> String {
    text.lines().filter(|line| !line.contains(mark)).map(|line| format!("{line}\n")).collect()
}

/// Deletes the REST side of the session bars: poll, request, route, view, flag reads.
fn delete_intraday(folder: &Path) {
    let front = "thor-frontend/src";
    edit(folder, &format!("{front}/pages/SessionBoard.tsx"), |text| {
        let start = text.find("  useEffect(() => {\n    fetchSession").unwrap();
        let end = start + text[start..].find("[tick])\n").unwrap() + "[tick])\n".len();
        format!("{}{}", &text[..start], &text[end..])
            .replace("fetchIntradayHealth, fetchSession", "fetchIntradayHealth")
    });
    edit(folder, &format!("{front}/services/sessions.ts"), |text| {
        let start = text.find("export async function fetchSession").unwrap();
        let end = text.find("export function fetchIntradayHealth").unwrap();
        format!("{}{}", &text[..start], &text[end..])
    });
    edit(folder, &format!("{front}/websocket/cutover.ts"), |text| {
        without_lines(text, "VITE_WS_FEATURE_INTRADAY")
    });
    edit(folder, "thor-backend/FutureTrading/urls.py", |text| {
        without_lines(text, "path(\"session\"").replace("SessionView, ", "")
    });
    edit(folder, "thor-backend/FutureTrading/views.py", |text| {
        let start = text.find("class SessionView").unwrap();
        let end = text.find("class IntradayHealthView").unwrap();
        format!("{}{}", &text[..start], &text[end..])
    });
    edit(folder, "thor-backend/api/websocket/feature_flags.py", |text| {
        without_lines(text, "self._intraday = ").replace("return self._intraday", "return True")
    });
}

/// Judged against the commit, with the views that it had.
fn since_head(folder: &Path) -> Cleanliness {
    let then = of_revision(folder, "HEAD");
    let tree = SourceTree::read(&folder.join("thor"), &[]).unwrap();
    let options = AuditOptions { known_views: KnownView::of(&then), ..AuditOptions::thor() };
    audit(&tree, &names("a"), &options).cleanliness("intraday", Some(&then))
}

fn left(cleanliness: &Cleanliness) -> Vec<String> {
    match cleanliness {
        Cleanliness::Left { findings } => {
            findings.iter().map(|finding| format!("{} {}", finding.kind, finding.path)).collect()
        }
        other => panic!("{other:?}"),
    }
}

const VIEWS: &str = "thor-backend/FutureTrading/views.py";
const URLS: &str = "thor-backend/FutureTrading/urls.py";

#[test]
fn a_view_that_outlives_its_route_is_left_wherever_it_went() {
    let folder = repository();
    let at = |path: &str| folder.path().join("thor").join(path);
    let (views, urls) =
        (std::fs::read_to_string(at(VIEWS)).unwrap(), std::fs::read_to_string(at(URLS)).unwrap());
    delete_intraday(folder.path());
    assert!(matches!(since_head(folder.path()), Cleanliness::Clean { .. }));
    std::fs::write(at(VIEWS), &views).unwrap();
    assert_eq!(left(&since_head(folder.path())), [format!("rest-view {VIEWS}")]);
    // The same view under another URL.
    std::fs::write(at(URLS), urls.replace("path(\"session\"", "path(\"bars\"")).unwrap();
    assert_eq!(left(&since_head(folder.path())), [format!("rest-view {VIEWS}")]);
    // In another file, and no route.
    std::fs::remove_file(at(VIEWS)).unwrap();
    std::fs::write(at(URLS), "urlpatterns = []\n").unwrap();
    std::fs::write(at("thor-backend/Orders/endpoints.py"), views).unwrap();
    let found = left(&since_head(folder.path()));
    assert!(found.contains(&"rest-view thor-backend/Orders/endpoints.py".to_owned()), "{found:?}");
}

#[test]
fn a_tree_without_any_of_the_feature_is_not_called_clean() {
    let folder = repository();
    std::fs::remove_dir_all(folder.path().join("thor")).unwrap();
    let unrelated = folder.path().join("thor/tool/main.py");
    std::fs::create_dir_all(unrelated.parent().unwrap()).unwrap();
    std::fs::write(unrelated, "print('hello')\n").unwrap();
    let state = since_head(folder.path());
    assert!(
        matches!(&state, Cleanliness::Unknown { reason } if reason.contains("is this the same tree")),
        "{state:?}"
    );
}

#[test]
fn callers_are_found_however_they_spell_the_path_and_comments_are_none() {
    let folder = repository();
    delete_intraday(folder.path());
    let page = "thor-frontend/src/App.tsx";
    let before = std::fs::read_to_string(folder.path().join("thor").join(page)).unwrap();
    let with = |more: &str| {
        std::fs::write(folder.path().join("thor").join(page), format!("{before}\n{more}\n")).unwrap();
        since_head(folder.path())
    };
    for caller in [
        "fetch('/' + ['api', 'session'].join('/'))",
        "const area = '/api'\nfetch(`${area}/session?market=USA`)",
        "const PATHS = { bar: '/session' }\nconst url = (key) => '/api' + PATHS[key]\nfetch(url('bar'))",
        "class Client { constructor(private base: string) {}\n get(path: string) { return fetch(this.base + path) } }\n\
         new Client('/api').get('/session')",
    ] {
        let found = left(&with(caller));
        assert!(found.contains(&format!("one-shot-fetch {page}")), "{caller}: {found:?}");
    }
    for comment in ["// fetch('/api/session')", "/* setInterval(() => fetch('/api/session'), 1000) */"] {
        assert!(matches!(with(comment), Cleanliness::Clean { .. }), "{comment}");
    }
}

fn of_working_tree(folder: &Path) -> AuditReport {
    let tree = SourceTree::read(&folder.join("thor"), &[]).unwrap();
    audit(&tree, &names("a"), &AuditOptions::thor())
}

fn of_revision(folder: &Path, revision: &str) -> AuditReport {
    let tree = SourceTree::at_revision(&folder.join("thor"), revision).unwrap();
    audit(&tree, &names("a"), &AuditOptions::thor())
}

#[test]
fn a_revision_is_read_as_the_working_tree_is() {
    let folder = repository();
    let (now, then) = (of_working_tree(folder.path()), of_revision(folder.path(), "HEAD"));
    assert_eq!(now.findings, then.findings);
    assert_eq!(now.searched.parsed, then.searched.parsed);
    assert_eq!(then.searched.revision.as_ref().map(String::len), Some(40));
}

#[test]
fn what_was_deleted_is_gone_and_clean_only_when_all_of_it_is() {
    let folder = repository();
    delete_intraday(folder.path());
    let (now, then) = (of_working_tree(folder.path()), of_revision(folder.path(), "HEAD"));
    match now.cleanliness("intraday", Some(&then)) {
        Cleanliness::Clean { gone } => {
            let kinds: Vec<FindingKind> = gone.iter().map(|finding| finding.kind).collect();
            for kind in
                [FindingKind::RestRoute, FindingKind::RestView, FindingKind::Poller, FindingKind::Fetch]
            {
                assert!(kinds.contains(&kind), "{kind} is not among {kinds:?}");
            }
        }
        other => panic!("{other:?}"),
    }
    // The WebSocket's side is still there.
    assert!(now.feature("intraday").unwrap().handler_found);
    // One caller is left: not clean.
    edit(folder.path(), "thor-frontend/src/pages/TradesPage.tsx", |text| {
        text.replace("useEffect(() => {", "useEffect(() => {\n    fetch('/api/session?market=USA&future=ES')")
    });
    let now = of_working_tree(folder.path());
    match now.cleanliness("intraday", Some(&then)) {
        Cleanliness::Left { findings } => {
            let shown: Vec<String> =
                findings.iter().map(|finding| format!("{} {}", finding.kind, finding.place())).collect();
            let place = "thor-frontend/src/pages/TradesPage.tsx:8";
            assert_eq!(shown, [format!("one-shot-fetch {place}"), format!("unrouted-url {place}")]);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_tree_in_which_the_feature_was_never_recognised_is_not_called_clean() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("thor/app")).unwrap();
    std::fs::write(folder.path().join("thor/app/views.py"), "def index(request):\n    return None\n")
        .unwrap();
    git(folder.path(), &["init", "-q", "-b", "main"]);
    git(folder.path(), &["add", "-A"]);
    git(folder.path(), &["commit", "-q", "-m", "other"]);
    let (now, then) = (of_working_tree(folder.path()), of_revision(folder.path(), "HEAD"));
    for earlier in [None, Some(&then)] {
        let state = now.cleanliness("positions", earlier);
        assert!(
            matches!(&state, Cleanliness::Unknown { reason } if reason.contains("no REST code")),
            "{state:?}"
        );
    }
}

#[test]
fn a_file_that_mentions_the_feature_and_does_not_parse_forbids_clean() {
    let folder = repository();
    delete_intraday(folder.path());
    let then = of_revision(folder.path(), "HEAD");
    let path = folder.path().join("thor/thor-backend/broken.py");
    std::fs::write(&path, "def f(:\n    urls = ['/api/other']\n").unwrap();
    assert!(matches!(
        of_working_tree(folder.path()).cleanliness("intraday", Some(&then)),
        Cleanliness::Clean { .. }
    ));
    std::fs::write(&path, "def f(:\n    os.environ['WS_FEATURE_INTRADAY']\n").unwrap();
    let state = of_working_tree(folder.path()).cleanliness("intraday", Some(&then));
    let unknown = matches!(&state, Cleanliness::Unknown { reason } if reason.contains("broken.py"));
    let left = matches!(&state, Cleanliness::Left { .. });
    assert!(unknown || left, "{state:?}");
}

#[test]
fn the_command_judges_what_is_gone_and_leaves_the_untouched_alone() {
    let folder = repository();
    let here = folder.path().join("thor");
    let source = here.to_str().unwrap();
    let outside = tempfile::tempdir().unwrap();
    let ask = |arguments: &[&str]| {
        let mut all = vec!["--source", source, "--format", "json"];
        all.extend(arguments);
        let output = run(outside.path(), &all);
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        (output.status.code(), answer["verdict"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(ask(&["--since", "HEAD"]), (Some(0), "nothing-claimed".to_owned()));
    assert_eq!(ask(&["positions", "--since", "HEAD"]), (Some(1), "no-go".to_owned()));
    delete_intraday(folder.path());
    assert_eq!(ask(&["--since", "HEAD"]), (Some(0), "go".to_owned()));
    assert_eq!(ask(&["--since", "no-such-tag"]).0, Some(2));
    assert_eq!(ask(&["--since", "--output=/tmp/x"]).0, Some(2));
}

#[test]
fn accepted_findings_do_not_count_until_they_expire() {
    let tree = SourceTree::read(&fixture("a"), &[]).unwrap();
    let accept = |expires: &str| Suppression {
        kind: Some(FindingKind::SharedTimer),
        path: Some("thor-backend/".to_owned()),
        reason: "all three go together".to_owned(),
        expires: Some(expires.parse().unwrap()),
        ..Suppression::default()
    };
    let unused = Suppression {
        symbol: Some("nothing".to_owned()),
        reason: "old".to_owned(),
        ..Suppression::default()
    };
    let with = |suppressions: Vec<Suppression>| {
        let today = Some("2026-11-23".parse().unwrap());
        audit(&tree, &names("a"), &AuditOptions { suppressions, today, ..AuditOptions::thor() })
    };
    let count = |report: &AuditReport| {
        report.findings.iter().filter(|it| it.kind == FindingKind::SharedTimer).count()
    };
    let all = count(&audit_of("a"));
    assert_eq!(all, 3);
    let holds = with(vec![accept("2026-11-23"), unused]);
    assert_eq!((count(&holds), holds.suppressed.len()), (0, 3));
    assert!(
        holds.warnings.iter().any(|warning| warning.contains("applied to nothing")),
        "{:?}",
        holds.warnings
    );
    let expired = with(vec![accept("2026-11-22")]);
    assert_eq!((count(&expired), expired.suppressed.len()), (3, 0));
    assert!(expired.warnings.iter().any(|warning| warning.contains("expired on 2026-11-22")));
}

#[test]
fn what_checklist_claims_is_not_untouched() {
    let orders = "thor-frontend/src/pages/OrdersPage.tsx";
    let register = "thor-backend/thor_project/realtime/register.py";
    let rows = [
        (orders, "refetchInterval: 15_000", "refetchInterval: 3_600_000", "positions", "slowed"),
        (
            VIEWS,
            "        market = request",
            "        raise Http404\n        market = request",
            "intraday",
            "refused",
        ),
        (VIEWS, "class SessionView(", "@traced\nclass SessionView(", "intraday", "not known"),
        (
            register,
            "    registry.register(MarketMetricsJob",
            "    return\n    registry.register(MarketMetricsJob",
            "positions",
            "never runs",
        ),
    ];
    for (path, from, to, feature, said) in rows {
        let folder = super::claims::changed(&[(path, from, to)], "");
        let output = run(folder.path(), &["--source", ".", "--since", "HEAD", "--format", "json"]);
        assert_eq!(output.status.code(), Some(1), "{to}: {}", String::from_utf8_lossy(&output.stderr));
        let answer = super::claims::json(&output);
        let features = answer["since"]["features"].as_array().expect("features");
        let own = features.iter().find(|it| it["feature"] == feature).expect("the feature");
        assert!(own["claimed"].to_string().contains(said), "{own}");
        let output = run(folder.path(), &["--source", ".", "--since", "HEAD"]);
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(text.contains("but: "), "{text}");
    }
}
