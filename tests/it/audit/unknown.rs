//! What the audit cannot find out is a finding: it belongs to every feature, blocks every deletion, and is counted in
//! every report, until the configuration says what it is.

use std::path::Path;

use super::claims::{FEATURES, changed, checklist, checklist_in, gate, json};

const ACCOUNT: &str = "thor-frontend/src/services/account.ts";
const UNKNOWN: [(&str, &str, &str); 1] = [(
    ACCOUNT,
    "api.get<Balance>('/accounts/balance/',",
    "api.get<Balance>(window.SETTINGS.urls[window.name],",
)];

fn callers(folder: &Path, feature: &str) -> serde_json::Value {
    let output = checklist(folder, &[feature, "--decision", "delete"]);
    assert_ne!(output.status.code(), Some(0), "{feature}: there is no evidence");
    gate(&json(&output), "callers-gone").clone()
}

fn configure(folder: &Path, text: &str) {
    std::fs::write(folder.join("thor-cutover.toml"), text).expect("written");
}

fn value(gate: &serde_json::Value) -> &str {
    gate["value"].as_str().expect("text")
}

#[test]
fn a_request_that_cannot_be_followed_blocks_every_feature_until_it_is_accepted() {
    let folder = changed(&UNKNOWN, "");
    for feature in FEATURES {
        let callers = callers(folder.path(), feature);
        assert_ne!(callers["verdict"], "go", "{feature}");
        assert!(value(&callers).contains("which may ask anything"), "{callers}");
        let complete = json(&checklist(folder.path(), &[feature, "--decision", "complete"]));
        assert_eq!(gate(&complete, "requests-resolved")["verdict"], "inconclusive", "{feature}");
    }
    configure(
        folder.path(),
        "[audit]\nsuppress = [{ kind = \"unresolved-request\", reason = \"asks the news\" }]\n",
    );
    for feature in FEATURES {
        let callers = callers(folder.path(), feature);
        assert!(!value(&callers).contains("which may ask anything"), "{callers}");
        let complete = json(&checklist(folder.path(), &[feature, "--decision", "complete"]));
        assert_eq!(gate(&complete, "requests-resolved")["verdict"], "go", "{feature}");
    }
}

#[test]
fn a_request_that_is_mapped_is_a_caller_of_its_feature_and_of_no_other() {
    let folder = changed(&UNKNOWN, "");
    let mapped = "[[audit.map]]\npath = \"thor-frontend/\"\nfeatures = [\"account_balance\"]\n\
                  reason = \"the settings name the balance\"\n";
    configure(folder.path(), mapped);
    for feature in FEATURES {
        let callers = callers(folder.path(), feature);
        assert!(!value(&callers).contains("which may ask anything"), "{callers}");
        let is_caller = value(&callers).contains("useBalance.ts:");
        assert_eq!(is_caller, feature == "account_balance", "{feature}: {callers}");
    }
    // It counts for the stage and for what is claimed like any other poller.
    let output = checklist(folder.path(), &["account_balance", "--decision", "complete"]);
    assert_eq!(gate(&json(&output), "pollers-gone")["verdict"], "no-go");
    configure(folder.path(), &mapped.replace("reason =", "expires = \"2026-01-01\"\nreason ="));
    let late = callers(folder.path(), "positions");
    assert!(value(&late).contains("which may ask anything"), "{late}");
}

#[test]
fn every_report_counts_what_is_unknown_mapped_and_accepted() {
    let folder = changed(&UNKNOWN, "");
    let plain = |text: Vec<u8>| {
        let text = String::from_utf8(text).expect("UTF-8");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let audit = |arguments: &[&str]| {
        let all = [&["--source", "."], arguments].concat();
        let output = super::forms::run(folder.path(), &all);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        plain(output.stdout)
    };
    let rule = "path = \"thor-frontend/\"";
    let map = format!("[[audit.map]]\n{rule}\nfeatures = [\"positions\"]\nreason = \"looked\"\n");
    let suppress =
        format!("[[audit.suppress]]\n{rule}\nkind = \"unresolved-request\"\nreason = \"looked\"\n");
    let cases = [
        ("", "1 of unknown target", "1 target unknown"),
        (map.as_str(), "1 mapped by the configuration", "1 mapped by the configuration"),
        (suppress.as_str(), "1 accepted", "1 finding accepted"),
    ];
    for (config, audited, listed) in cases {
        configure(folder.path(), config);
        for format in ["human", "markdown", "github"] {
            let text = audit(&["--format", format]);
            assert!(text.contains(audited), "{format} {config}: {text}");
        }
        // Of a feature that is named, too: what may ask anything may ask it.
        let text = audit(&["positions", "--format", "human"]);
        assert!(text.contains(audited), "{config}: {text}");
        for format in ["human", "markdown", "github", "junit"] {
            let text = plain(checklist_in(folder.path(), format, &[]).stdout);
            assert!(text.contains(listed), "{format} {config}: {text}");
        }
    }
    let (all, sarif) = (json(&checklist(folder.path(), &[])), audit(&["--format", "sarif"]));
    assert_eq!((&all["source"]["unresolved"], &all["source"]["accepted"]), (&0.into(), &1.into()));
    assert!(sarif.contains("\"justification\": \"looked\""), "{sarif}");
}

#[test]
fn a_rule_that_says_too_little_is_refused() {
    let folder = changed(&[], "");
    for (config, said) in [
        ("[audit]\nsuppress = [{ kind = \"poller\" }]\n", "without a reason"),
        ("[audit]\nsuppress = [{ reason = \"x\" }]\n", "does not say of what"),
        ("[audit]\nsuppress = [{ feature = \"position\", reason = \"x\" }]\n", "did you mean `positions`?"),
        ("[audit]\nmap = [{ path = \"a.ts\", features = [\"positions\"] }]\n", "without a reason"),
        ("[audit]\nmap = [{ features = [\"positions\"], reason = \"x\" }]\n", "does not say of what"),
        ("[audit]\nmap = [{ path = \"a.ts\", reason = \"x\" }]\n", "names no feature"),
        (
            "[audit]\nmap = [{ path = \"a.ts\", features = [\"news\"], reason = \"x\" }]\n",
            "unknown feature `news`",
        ),
        ("[source]\naccept = [{ kind = \"poller\", reason = \"x\" }]\n", "[audit] suppress"),
    ] {
        configure(folder.path(), config);
        let output = checklist(folder.path(), &[]);
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{config}: {text}");
        assert!(text.contains(said) && text.contains("thor-cutover.toml:"), "{config}: {text}");
    }
}

#[test]
fn a_rule_that_applies_to_nothing_is_said() {
    let folder =
        changed(&[], "[audit]\nmap = [{ path = \"a.ts\", features = [\"positions\"], reason = \"old\" }]\n");
    let answer = json(&checklist(folder.path(), &[]));
    assert!(
        answer["warnings"].to_string().contains("the mapping \\\"old\\\" applied to nothing"),
        "{answer}"
    );
}

/// A file that nobody could read, and what is right: the features in whose deletion it stands.
struct Unread {
    path: &'static str,
    text: &'static [u8],
    blocks: &'static [&'static str],
}

const BALANCE: &[&str] = &["account_balance"];

const UNREAD: &[Unread] = &[
    Unread {
        path: "notes/look.ipynb",
        text: b"{\"cells\": [{\"source\": [\"requests.get(base + '/api/accounts/balance/')\"]}]}",
        blocks: BALANCE,
    },
    Unread { path: "notes/other.ipynb", text: b"{\"cells\": [{\"source\": [\"1 + 1\"]}]}", blocks: &[] },
    Unread {
        path: "mobile/Balance.kt",
        text: b"val url = \"$BASE/api/accounts/balance/\"\n",
        blocks: BALANCE,
    },
    // A word that is a message type says nothing in a language that nobody reads.
    Unread { path: "mobile/Other.kt", text: b"val key = \"positions\"\n", blocks: &[] },
    Unread {
        path: "web/Old.vue",
        text: b"<template><a :href=\"'/api/accounts/balance/'\">x</a></template>\n<script>\nexport default {}\n</script>\n",
        blocks: BALANCE,
    },
    Unread {
        path: "web/Broken.svelte",
        text: b"<script>\nlet = = 1\nsetInterval(() => fetch('/api/accounts/balance/'), 1000)\n</script>\n",
        blocks: BALANCE,
    },
    Unread {
        path: "thor-frontend/src/broken.ts",
        text: b"export const = 1\nsetInterval(() => fetch('/api/accounts/balance/'), 1000)\n",
        blocks: BALANCE,
    },
    Unread {
        path: "scripts/binary.py",
        text: b"\x00\x01 requests.get('/api/accounts/balance/')",
        blocks: BALANCE,
    },
];

/// Each feature has its endpoint, and nothing asks for it.
fn without_callers() -> tempfile::TempDir {
    let tree = tempfile::tempdir().expect("a folder");
    super::write(tree.path(), "manage.py", "");
    super::write(
        tree.path(),
        "site/urls.py",
        "from django.urls import path\nfrom . import views\nurlpatterns = [\n    \
         path('api/accounts/balance/', views.one), path('api/actandpos/positions', views.one),\n    \
         path('api/session', views.one), path('api/global-markets/markets/', views.one)]\n",
    );
    super::write(tree.path(), "site/__init__.py", "");
    super::write(tree.path(), "site/settings.py", "ROOT_URLCONF = 'site.urls'\n");
    super::write(tree.path(), "site/views.py", "def one(request):\n    return None\n");
    super::write(tree.path(), "web/src/main.ts", "export const page = 1\n");
    tree
}

#[test]
fn a_file_that_could_not_be_read_may_hold_a_caller() {
    let tree = without_callers();
    for unread in UNREAD {
        let path = tree.path().join(unread.path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(&path, unread.text).expect("written");
        let answer = json(&super::forms::run(tree.path(), &["--source", ".", "--format", "json"]));
        let named = answer["searched"].to_string().contains(unread.path);
        assert!(named, "{}: {}", unread.path, answer["searched"]);
        for feature in FEATURES {
            let callers = callers(tree.path(), feature);
            let wanted = if unread.blocks.contains(&feature) { "inconclusive" } else { "go" };
            assert_eq!(callers["verdict"], wanted, "{} {feature}: {callers}", unread.path);
            assert_eq!(value(&callers).contains(unread.path), unread.blocks.contains(&feature), "{callers}");
        }
        let rule = format!("[audit]\nsuppress = [{{ path = \"{}\", reason = \"looked\" }}]\n", unread.path);
        configure(tree.path(), &rule);
        assert_eq!(callers(tree.path(), "account_balance")["verdict"], "go", "{}", unread.path);
        std::fs::remove_file(tree.path().join("thor-cutover.toml")).expect("removed");
        std::fs::remove_file(path).expect("removed");
    }
}
