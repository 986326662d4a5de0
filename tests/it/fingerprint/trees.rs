//! Trees that misbehave, and what cannot be resolved.

use thor_cutover::audit::{AuditOptions, SourceTree, audit, fingerprints};
use thor_cutover::model::facts::fingerprint::CodeFingerprint;

use super::closure::subjects;
use super::of_tree;
use crate::audit::{names, write};

fn balance(files: &[(&str, &str)]) -> CodeFingerprint {
    let folder = tempfile::tempdir().unwrap();
    files.iter().for_each(|(path, text)| write(folder.path(), path, text));
    of_tree(&SourceTree::read(folder.path(), &[]).unwrap(), &names("a")).remove("account_balance").unwrap()
}

/// A sender and its consumer, with a helper to be varied.
fn with_helper(helper: &str) -> [(&str, &str); 4] {
    [
        ("srv/manage.py", ""),
        (
            "srv/rt/send.py",
            "from asgiref.sync import async_to_sync\nfrom channels.layers import get_channel_layer\n\
             from rt.helper import cash\n\n\ndef push():\n    async_to_sync(get_channel_layer().group_send)(\"all\", \
             {\"type\": \"account_balance\", \"data\": {\"cash\": cash()}})\n\n\npush()\n",
        ),
        (
            "srv/rt/consumer.py",
            "from channels.generic.websocket import AsyncJsonWebsocketConsumer\n\n\n\
             class Live(AsyncJsonWebsocketConsumer):\n    groups = [\"all\"]\n\n\
             \x20   async def account_balance(self, event):\n        await self.send_json(event)\n",
        ),
        ("srv/rt/helper.py", helper),
    ]
}

fn lapses(before: &str, after: &str) -> bool {
    !balance(&with_helper(before)).changes(&balance(&with_helper(after)), false).is_empty()
}

#[test]
fn whatever_gives_a_name_its_meaning_counts() {
    let cases: &[(&str, &str, &str)] = &[
        ("a constant", "A = 1\ndef cash():\n    return A\n", "A = 2\ndef cash():\n    return A\n"),
        ("a key blank", "def cash():\n    return {'a b': 1}\n", "def cash():\n    return {'ab': 1}\n"),
        (
            "what is added to a constant",
            "A = []\nA.append(1)\ndef cash():\n    return A\n",
            "A = []\nA.append(2)\ndef cash():\n    return A\n",
        ),
        (
            "a global that another function writes",
            "A = 1\ndef cash():\n    return A\ndef other():\n    global A\n    A = 3\n",
            "A = 1\ndef cash():\n    return A\ndef other():\n    global A\n    A = 4\n",
        ),
        (
            "the base of a class",
            "class B:\n    def f(self): return 1\nclass C(B): pass\ndef cash():\n    return C().f()\n",
            "class B:\n    def f(self): return 2\nclass C(B): pass\ndef cash():\n    return C().f()\n",
        ),
        (
            "which of two definitions is the last",
            "def cash():\n    return 1\ndef cash():\n    return 2\n",
            "def cash():\n    return 2\ndef cash():\n    return 1\n",
        ),
        (
            "a condition around a definition",
            "X = 1\nif X:\n    def cash():\n        return 1\nelse:\n    def cash():\n        return 2\n",
            "X = 1\nif not X:\n    def cash():\n        return 1\nelse:\n    def cash():\n        return 2\n",
        ),
        (
            "an import under a condition",
            "try:\n    from a import cash\nexcept ImportError:\n    from b import cash\n",
            "try:\n    from b import cash\nexcept ImportError:\n    from a import cash\n",
        ),
        (
            "an import inside the function",
            "def cash():\n    from decimal import Decimal as D\n    return D(1)\n",
            "def cash():\n    from fractions import Fraction as D\n    return D(1)\n",
        ),
        (
            "a builtin that is hidden",
            "def cash():\n    return round(1.5)\n",
            "def round(x):\n    return 0\ndef cash():\n    return round(1.5)\n",
        ),
        (
            "a decorator's own code",
            "def d(f):\n    return f\n@d\ndef cash():\n    return 1\n",
            "def d(f):\n    return lambda: 0\n@d\ndef cash():\n    return 1\n",
        ),
        (
            "a default argument",
            "A = 1\ndef cash(a=A):\n    return a\n",
            "A = 2\ndef cash(a=A):\n    return a\n",
        ),
        (
            "a name that nothing binds: the whole file",
            "def cash():\n    return made_up()\n\n\ndef x():\n    return 1\n",
            "def cash():\n    return made_up()\n\n\ndef x():\n    return 2\n",
        ),
        (
            "what is looked up by a text: the whole file",
            "def cash():\n    return globals()['x']()\ndef x():\n    return 1\n",
            "def cash():\n    return globals()['x']()\ndef x():\n    return 2\n",
        ),
        (
            "a syntax error: the whole file",
            "def cash():\n    return 1\n)\nx = 1\n",
            "def cash():\n    return 1\n)\nx = 2\n",
        ),
        (
            "indentation alone",
            "def cash():\n    a = 1\n    if not a:\n        a = 2\n    a = 3\n    return a\n",
            "def cash():\n    a = 1\n    if not a:\n        a = 2\n        a = 3\n    return a\n",
        ),
        (
            "a text that is a value, though it stands alone on its line",
            "def cash():\n    return (\n        'a'\n    )\n",
            "def cash():\n    return (\n        'b'\n    )\n",
        ),
    ];
    for (name, before, after) in cases {
        assert!(lapses(before, after), "{name}");
        assert!(!lapses(before, before), "{name}, unchanged");
    }
}

#[test]
fn what_is_beside_it_does_not() {
    let cases: &[(&str, &str, &str)] = &[
        (
            "another function",
            "def cash():\n    return 1\ndef x():\n    return 1\n",
            "def cash():\n    return 1\ndef x():\n    return 2\n",
        ),
        (
            "a local name like another function's",
            "def cash():\n    x = 1\n    return x\ndef x():\n    return 1\n",
            "def cash():\n    x = 1\n    return x\ndef x():\n    return 2\n",
        ),
        (
            "another name of the same import",
            "from decimal import Decimal, Context\ndef cash():\n    return Decimal(1)\n",
            "from decimal import Decimal\ndef cash():\n    return Decimal(1)\n",
        ),
        (
            "line breaks in brackets",
            "def cash():\n    return (1 + 2)\n",
            "def cash():\n    return (\n        1\n        + 2)\n",
        ),
        (
            "a docstring of several lines",
            "def cash():\n    '''a'''\n    return 1\n",
            "def cash():\n    '''b\n\n    if x:\n    '''\n    return 1\n",
        ),
    ];
    for (name, before, after) in cases {
        assert!(!lapses(before, after), "{name}");
    }
}

#[test]
fn a_feature_whose_sender_is_not_found_depends_on_every_python_file() {
    let tree = |text: &str| {
        balance(&[("manage.py", ""), ("a.py", "def far_away():\n    return 1\n"), ("b.py", text)])
    };
    let before = tree("x = 1\n");
    assert_eq!(before.definitions[0].name, "every Python file");
    assert!(!before.changes(&tree("x = 2\n"), false).is_empty());
    assert!(before.changes(&tree("x = 1  # one\n"), false).is_empty());
}

/// Circles, depth, bytes that are no text, and nothing at all.
#[test]
fn hostile_trees_end_with_a_fingerprint() {
    let [mut subject, _] = subjects();
    let deep = format!("x = {}1{}\n", "[".repeat(50_000), "]".repeat(50_000));
    let helpers: Vec<String> = vec![
        deep,
        "from rt.helper import cash\n".to_owned(),
        "from rt.helper import *\nfrom rt.send import *\n".to_owned(),
        "def cash(:\n\u{0}".to_owned(),
        "class A(B): pass\nclass B(A):\n    def cash(self): return A\ncash = B().cash\n".to_owned(),
        format!("def cash():\n    return {}\n", "(lambda: ".repeat(150) + "1" + &")".repeat(150)),
        (0..3_000).map(|at| format!("def f{at}():\n    return f{}()\n", at + 1)).collect::<String>()
            + "cash = f0\n",
    ];
    for helper in &helpers {
        let code = balance(&with_helper(helper));
        assert!(!code.definitions.is_empty(), "{}", &helper[..helper.len().min(40)]);
        assert_eq!(code.changes(&balance(&with_helper(helper)), false), []);
    }
    for file in &mut subject.tree.files {
        file.text.clear();
    }
    let report = audit(&subject.tree, &subject.names, &AuditOptions::thor());
    assert_eq!(fingerprints(&subject.tree, &report).len(), 4);
}

/// A server whose producer is entered into a list by a decorator, or into an app of celery.
const SERVER: &[(&str, &str)] = &[
    ("manage.py", ""),
    ("thor/__init__.py", ""),
    (
        "thor/models.py",
        "from django.db import models\n\n\nclass Account(models.Model):\n    cash = models.FloatField()\n",
    ),
    (
        "thor/publish.py",
        "from asgiref.sync import async_to_sync\nfrom channels.layers import get_channel_layer\n\n\ndef publish(kind, data):\n    async_to_sync(get_channel_layer().group_send)(\"thor\", {\"type\": kind, \"data\": data})\n",
    ),
    (
        "thor/consumer.py",
        "from channels.generic.websocket import AsyncJsonWebsocketConsumer\n\n\nclass Consumer(AsyncJsonWebsocketConsumer):\n    groups = [\"thor\"]\n\n    async def relay(self, event):\n        await self.send_json(event)\n\n    account_balance = relay\n",
    ),
];
const LISTED: &[(&str, &str)] = &[
    (
        "thor/registry.py",
        "JOBS = []\n\n\ndef every(seconds):\n    def wrap(run):\n        JOBS.append((seconds, run))\n        return run\n\n    return wrap\n",
    ),
    (
        "thor/jobs.py",
        "from .publish import publish\nfrom .registry import every\n\n\n@every(2)\ndef refresh():\n    publish(\"account_balance\", {\"cash\": 1})\n",
    ),
    ("thor/other.py", "from .registry import every\n\n\n@every(60)\ndef clean():\n    print(1)\n"),
    (
        "thor/management/commands/jobs.py",
        "import time\nfrom django.core.management.base import BaseCommand\nfrom thor import jobs\nfrom thor.registry import JOBS\n\n\nclass Command(BaseCommand):\n    def handle(self, *args, **options):\n        while True:\n            for seconds, run in JOBS:\n                run()\n            time.sleep(2)\n",
    ),
];
const TASK: &[(&str, &str)] = &[
    (
        "thor/settings.py",
        "CELERY_BEAT_SCHEDULE = {\"balance\": {\"task\": \"thor.tasks.refresh\", \"schedule\": 2.0}}\n",
    ),
    (
        "thor/celery.py",
        "from celery import Celery\n\napp = Celery(\"thor\")\napp.config_from_object(\"django.conf:settings\", namespace=\"CELERY\")\napp.autodiscover_tasks()\n",
    ),
    (
        "thor/tasks.py",
        "from celery import shared_task\nfrom .publish import publish\n\n\n@shared_task\ndef refresh():\n    publish(\"account_balance\", {\"cash\": 1})\n",
    ),
];

/// A file, what is changed in it, into what, and whether evidence lapses.
type Edit = (&'static str, &'static str, &'static str, bool);

fn lapsing(own: &[(&str, &str)], edits: &[Edit]) {
    let all: Vec<(&str, &str)> = SERVER.iter().chain(own).copied().collect();
    let before = balance(&all);
    for (path, from, to, lapses) in edits {
        let mut changed: Vec<(&str, String)> =
            all.iter().map(|(path, text)| (*path, (*text).to_owned())).collect();
        let file = changed.iter_mut().find(|(own, _)| own == path).expect("the file");
        assert!(file.1.contains(from), "{path}: {from}");
        file.1 = file.1.replacen(from, to, 1);
        let changed: Vec<(&str, &str)> = changed.iter().map(|(path, text)| (*path, text.as_str())).collect();
        let differs = !before.changes(&balance(&changed), false).is_empty();
        assert_eq!(differs, *lapses, "{path}: {from} -> {to}");
    }
}

#[test]
fn what_runs_the_list_that_a_decorator_fills_counts() {
    const COMMAND: &str = "thor/management/commands/jobs.py";
    lapsing(
        LISTED,
        &[
            (
                COMMAND,
                "                run()\n",
                "                if seconds > 5:\n                    run()\n",
                true,
            ),
            (COMMAND, "in JOBS:", "in JOBS[1:]:", true),
            (COMMAND, "                run()\n", "                pass\n", true),
            (COMMAND, "time.sleep(2)", "time.sleep(3600)", true),
            (COMMAND, "from thor import jobs\n", "", true),
            (COMMAND, "import time\n", "import time\nimport json\n", false),
            ("thor/other.py", "print(1)", "print(2)", false),
            ("thor/other.py", "@every(60)\n", "@every(120)\n", false),
            ("thor/consumer.py", "        await self.send_json(event)\n", "        return\n", true),
        ],
    );
}

#[test]
fn the_app_of_celery_counts_for_its_tasks() {
    const APP: &str = "thor/celery.py";
    lapsing(
        TASK,
        &[
            (APP, "app.autodiscover_tasks()\n", "", true),
            (APP, "namespace=\"CELERY\"", "namespace=\"QUEUE\"", true),
            (APP, "app.autodiscover_tasks()", "app.autodiscover_tasks([\"other\"])", true),
            (APP, "from celery import Celery\n", "import json\nfrom celery import Celery\n", false),
        ],
    );
}
