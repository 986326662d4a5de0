//! Edits committed after a green run, each of which went unseen when changes were read as lines of text: through
//! the binary, on a real repository.

use thor_cutover::model::facts::ledger::FlagState;

use crate::checklist::whole_life::{FEATURE, Thor};

const MESSAGES: &str = r#"from realtime.labels import with_labels
from realtime.rounding import cents

RATE = 1
OTHER = 2


def shown(value):
    return cents(value)


@with_labels
def build_account_balance_message(account, **extra):
    data = {
        "account_id": account.name,
        "cash": shown(account.cash),
        "buying power": cents(account.equity),
        **extra,
    }
    data["worth"] = (
        account.equity
        * RATE
    )
    if account.margin:
        data["margin"] = True
    data["equity"] = shown(account.equity)
    return {"type": "account_balance", "data": data}
"#;

const ROUNDING: &str = "def cents(value):\n    return round(float(value), 2)\n\n\ndef whole(value):\n    return round(float(value))\n";

const LABELS: &str = "def with_labels(build):\n    return build\n";

/// The tree of the checklist's tests with a builder that has something to break, observed with the flag off.
fn observed() -> Thor {
    let thor = Thor::new();
    thor.tool.write("backend/realtime/messages.py", MESSAGES);
    thor.tool.write("backend/realtime/rounding.py", ROUNDING);
    thor.tool.write("backend/realtime/labels.py", LABELS);
    thor.commit("something to break");
    thor.observe(-5, 50, FlagState::Off);
    thor.checklist(&[FEATURE]).exits(0);
    thor
}

struct Edit {
    name: &'static str,
    file: &'static str,
    from: &'static str,
    to: &'static str,
    /// What the gate names.
    says: &'static str,
    /// 1 where nothing is sent any more besides, so that other gates say no.
    code: i32,
}

const fn edit(
    name: &'static str,
    file: &'static str,
    from: &'static str,
    to: &'static str,
    says: &'static str,
) -> Edit {
    Edit { name, file, from, to, says, code: 3 }
}

const BUILDER: &str = "build_account_balance_message (backend/realtime/messages.py:13) changed";

const EDITS: &[Edit] = &[
    edit(
        "an assignment indented into an if",
        "messages.py",
        "    data[\"equity\"]",
        "        data[\"equity\"]",
        BUILDER,
    ),
    edit("a key with a blank in it", "messages.py", "\"buying power\"", "\"buyingpower\"", BUILDER),
    edit(
        "a line that begins with **",
        "messages.py",
        "        **extra,\n",
        "",
        "build_account_balance_message",
    ),
    edit("a line that begins with *", "messages.py", "* RATE", "* OTHER", BUILDER),
    edit(
        "a decorator removed",
        "messages.py",
        "@with_labels\n",
        "",
        "build_account_balance_message (backend/realtime/messages.py:12) changed",
    ),
    edit(
        "another function imported under the same name",
        "messages.py",
        "import cents",
        "import whole as cents",
        "import of cents (backend/realtime/messages.py:2) changed",
    ),
    edit(
        "a local definition replaced by an import",
        "messages.py",
        "def shown(value):\n    return cents(value)\n",
        "from realtime.rounding import whole as shown\n",
        "shown (backend/realtime/messages.py:8) is gone",
    ),
    Edit {
        code: 1,
        ..edit(
            "`if False:` around the send",
            "jobs.py",
            "        broadcast_to_websocket_sync(get",
            "        if False:\n            broadcast_to_websocket_sync(get",
            "AccountBalanceJob.run (backend/realtime/jobs.py:14) changed",
        )
    },
    Edit {
        code: 1,
        ..edit(
            "another group name",
            "broadcast.py",
            "\"market_data\"",
            "\"market_data_2\"",
            "GROUP (backend/realtime/broadcast.py:3) changed",
        )
    },
    edit(
        "an interval of 3600 s",
        "register.py",
        "AccountBalanceJob(interval_seconds=1)",
        "AccountBalanceJob(interval_seconds=3600)",
        "register_all_jobs (backend/realtime/register.py:5) changed",
    ),
    edit(
        "a rounding helper that returns 0.0",
        "rounding.py",
        "return round(float(value), 2)",
        "return 0.0",
        "cents (backend/realtime/rounding.py:1) changed",
    ),
];

/// What `evidence-present` says of evidence that no longer counts.
fn lapsed(thor: &Thor, code: i32) -> String {
    let said = thor.checklist(&[FEATURE, "--decision", "cutover", "--format", "json"]).exits(code).json();
    let gates = said["features"][0]["gates"].as_array().unwrap();
    let gate = gates.iter().find(|it| it["code"] == "evidence-present").unwrap();
    assert_eq!(gate["verdict"], "inconclusive", "{gate:#}");
    gate["value"].as_str().unwrap().to_owned()
}

#[test]
fn each_edit_that_a_reader_of_lines_overlooked_lapses_the_evidence_and_is_named() {
    let thor = observed();
    for Edit { name, file, from, to, says, code } in EDITS {
        let file = format!("backend/realtime/{file}");
        let before = thor.tool.read(&file);
        thor.edit(&file, |text| text.replacen(from, to, 1));
        for committed in [false, true] {
            if committed {
                thor.commit(name);
            }
            let value = lapsed(&thor, *code);
            assert!(value.contains(says), "{name}: {value}");
        }
        thor.tool.write(&file, &before);
        thor.commit("as it was");
        thor.checklist(&[FEATURE]).exits(0);
    }
}

#[test]
fn five_hundred_untracked_files_hide_no_change() {
    let thor = observed();
    for at in 0..501 {
        thor.tool.write(&format!("a/note-{at:03}.txt"), "nothing");
    }
    thor.checklist(&[FEATURE]).exits(0);
    thor.edit("backend/realtime/rounding.py", |text| text.replace("float(value), 2", "float(value), 1"));
    let value = lapsed(&thor, 3);
    assert!(value.contains("cents (backend/realtime/rounding.py:1) changed"), "{value}");
}

#[test]
fn an_untracked_file_that_the_code_reads_counts() {
    let thor = observed();
    thor.tool.write("backend/asgiref/__init__.py", "");
    thor.tool.write("backend/asgiref/sync.py", "def async_to_sync(f):\n    return lambda *a: None\n");
    thor.checklist(&[FEATURE]).exits(3);
}

#[test]
fn what_says_nothing_to_python_keeps_the_evidence() {
    let thor = observed();
    thor.edit("backend/realtime/messages.py", |text| {
        text.replace("RATE = 1", "\n# once 100\nRATE = 1  # of one")
            .replace("**extra):\n", "**extra):\n    \"\"\"What the page reads.\"\"\"\n\n")
    });
    thor.edit("backend/realtime/metrics.py", |text| text.replace("refresh_metrics", "refresh_all"));
    thor.edit("frontend/src/Balance.tsx", |text| format!("{text}\n"));
    thor.checklist(&[FEATURE]).exits(0);
    thor.commit("words");
    thor.checklist(&[FEATURE]).exits(0);
}
