//! What makes a feature's data, in trees of celery, of APScheduler and of a registry of their own: whether it is there,
//! starts and runs. Each row that stops it has its innocent twin.

use thor_cutover::model::facts::audit::{AuditReport, FindingKind};

use super::claims::{Edit, changed, checklist, json};
use super::{audit_at, write};

const CONSUMER: &str = "from channels.generic.websocket import AsyncJsonWebsocketConsumer\nclass C(AsyncJsonWebsocketConsumer):\n    \
     groups = ['g']\n    async def account_balance(self, event):\n        await self.send_json(event)\n";

const PUSH: &str = "from asgiref.sync import async_to_sync\nfrom channels.layers import get_channel_layer\ndef balance():\n    \
     async_to_sync(get_channel_layer().group_send)('g', {'type': 'account_balance', 'data': 1})\n";

/// A file and what it says.
type File = (&'static str, &'static str);

fn of_tree(files: &[File], edits: &[Edit<'_>]) -> AuditReport {
    let tree = tempfile::tempdir().expect("a folder");
    let settings = "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'app.settings.dev')\n";
    write(tree.path(), "manage.py", format!("import os\n{settings}"));
    for package in ["app", "app/settings", "app/management", "app/management/commands"] {
        write(tree.path(), &format!("{package}/__init__.py"), "");
    }
    write(tree.path(), "app/urls.py", "urlpatterns = []\n");
    write(tree.path(), "app/consumers.py", CONSUMER);
    write(tree.path(), "app/push.py", PUSH);
    for (path, text) in files {
        write(tree.path(), path, text);
    }
    for (path, from, to) in edits {
        let path = tree.path().join(path);
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(text.contains(from), "{} has no {from:?}", path.display());
        let changed = if from.is_empty() { (*to).to_owned() } else { text.replace(from, to) };
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, changed).expect("written");
    }
    audit_at(tree.path(), "a")
}

/// Whether the balance is sent, and whether a job that runs, or may, sends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Made {
    Yes,
    /// A job is there of which it is not known whether it runs.
    Perhaps,
    No,
}

fn made(report: &AuditReport) -> (bool, Made) {
    let facts = report.features.iter().find(|it| it.feature == "account_balance").expect("the feature");
    let jobs = report.findings.iter().filter(|it| {
        it.kind == FindingKind::Timer && it.feature.as_deref() == Some("account_balance") && !it.inert
    });
    let jobs: Vec<bool> = jobs.map(|it| it.unclear).collect();
    let job = match jobs.iter().min() {
        None => Made::No,
        Some(false) => Made::Yes,
        Some(true) => Made::Perhaps,
    };
    assert_eq!(facts.job_found, job != Made::No, "{:#?}", report.findings);
    (facts.broadcast_found, job)
}

fn all(files: &[File], rows: &[(&str, &[Edit<'_>], (bool, Made))]) {
    for (what, edits, wanted) in rows {
        let report = of_tree(files, edits);
        assert_eq!(made(&report), *wanted, "{what}: {:#?}", report.findings);
    }
}

const RUNS: (bool, Made) = (true, Made::Yes);
const STOPPED: (bool, Made) = (false, Made::No);

const BASE: &str = "app/settings/base.py";
const DEV: &str = "app/settings/dev.py";
const TASKS: &str = "app/tasks.py";

const CELERY: [File; 4] = [
    (
        BASE,
        "ROOT_URLCONF = 'app.urls'\nINSTALLED_APPS = ['app']\nCELERY_BEAT_SCHEDULE = {\n    'push': {'task': 'app.tasks.push', 'schedule': 1.0},\n}\n",
    ),
    (DEV, "from .base import *\nDEBUG = True\n"),
    ("app/celery.py", "from celery import Celery\napp = Celery('app')\napp.autodiscover_tasks()\n"),
    (
        TASKS,
        "from celery import shared_task\nfrom app import push as out\n@shared_task\ndef push():\n    out.balance()\n",
    ),
];

#[test]
fn a_task_that_nothing_schedules_or_calls_sends_nothing() {
    let entry = "    'push': {'task': 'app.tasks.push', 'schedule': 1.0},\n";
    all(
        &CELERY,
        &[
            ("as it is", &[], RUNS),
            ("without its entry", &[(BASE, entry, "")], STOPPED),
            ("its entry is a comment", &[(BASE, "    'push'", "    # 'push'")], STOPPED),
            (
                "its entry is in a record that nothing reads",
                &[(BASE, "CELERY_BEAT_SCHEDULE = {", "_OFF = {}\n_OFF['x'] = {")],
                STOPPED,
            ),
            (
                "its entry is in a record that is spread",
                &[
                    (BASE, "CELERY_BEAT_SCHEDULE = {\n", "_ON = {\n"),
                    (BASE, "0},\n}\n", "0},\n}\nCELERY_BEAT_SCHEDULE = {**_ON}\n"),
                ],
                RUNS,
            ),
            (
                "its entry is made by a function",
                &[
                    (BASE, "CELERY_BEAT_SCHEDULE = {\n", "def beat():\n  return {\n"),
                    (BASE, "0},\n}\n", "0},\n}\nCELERY_BEAT_SCHEDULE = beat()\n"),
                ],
                RUNS,
            ),
            (
                "a view calls it",
                &[
                    (BASE, entry, ""),
                    (
                        "app/views.py",
                        "",
                        "from app.tasks import push\ndef post(request):\n    push.delay()\n",
                    ),
                    (
                        "app/urls.py",
                        "urlpatterns = []",
                        "from app import views\nfrom django.urls import path\nurlpatterns = [path('x', views.post)]",
                    ),
                ],
                (true, Made::No),
            ),
            (
                "its name is called",
                &[
                    (BASE, entry, ""),
                    (TASKS, "@shared_task\n", "@shared_task(name='push-it')\n"),
                    (
                        "app/views.py",
                        "",
                        "from celery import current_app\ndef post(request):\n    current_app.send_task('push-it')\n",
                    ),
                ],
                (true, Made::No),
            ),
            (
                "its schedule is in the database",
                &[(BASE, entry, ""), (BASE, "['app']", "['app', 'django_celery_beat']")],
                (true, Made::No),
            ),
        ],
    );
}

#[test]
fn a_schedule_that_loses_its_entry_runs_no_task() {
    let prod: Edit<'_> =
        ("app/settings/prod.py", "", "from .base import *\nCELERY_BEAT_SCHEDULE.pop('push')\n");
    all(
        &CELERY,
        &[
            (
                "in the settings in use",
                &[(DEV, "DEBUG = True\n", "CELERY_BEAT_SCHEDULE.pop('push')\n")],
                STOPPED,
            ),
            ("by `del`", &[(DEV, "DEBUG = True\n", "del CELERY_BEAT_SCHEDULE['push']\n")], STOPPED),
            ("all of it", &[(DEV, "DEBUG = True\n", "CELERY_BEAT_SCHEDULE.clear()\n")], STOPPED),
            ("another entry", &[(DEV, "DEBUG = True\n", "CELERY_BEAT_SCHEDULE.pop('news', None)\n")], RUNS),
            ("in settings that are not in use", &[prod], RUNS),
            (
                "in one of two that are",
                &[
                    prod,
                    (
                        "app/wsgi.py",
                        "",
                        "import os\nos.environ['DJANGO_SETTINGS_MODULE'] = 'app.settings.prod'\n",
                    ),
                ],
                (true, Made::Perhaps),
            ),
            (
                "where the environment says so",
                &[(
                    DEV,
                    "DEBUG = True\n",
                    "import os\nif os.environ.get('NO_PUSH'):\n    CELERY_BEAT_SCHEDULE.pop('push')\n",
                )],
                (true, Made::Perhaps),
            ),
        ],
    );
}

#[test]
fn what_is_quoted_and_what_is_spread_has_an_end() {
    let spread = |depth: usize| {
        let mut names = String::from("S0 = {'push': {'task': 'app.tasks.push', 'schedule': 1.0}}\n");
        (1..=depth).for_each(|at| names.push_str(&format!("S{at} = {{**S{}}}\n", at - 1)));
        let whole = CELERY[0].1.replace("CELERY_BEAT_SCHEDULE = {", "_OLD = {");
        format!("{whole}{names}CELERY_BEAT_SCHEDULE = {{**S{depth}}}\n")
    };
    for (depth, wanted) in [(2, Made::Yes), (9, Made::No)] {
        let report = of_tree(&CELERY, &[(BASE, CELERY[0].1, &spread(depth))]);
        assert_eq!(made(&report).1, wanted, "{depth}: {:#?}", report.findings);
    }
    let long = format!(
        "            from django.conf import settings\n            if name in settings.{}:\n                fn()\n",
        "ON".repeat(99)
    );
    let report = of_tree(&OWN, &[(WORK, "            fn()\n", &long)]);
    let job = report.findings.iter().find(|it| it.unclear).expect("a job of which it is not known");
    assert!(job.reason.contains("`if name in settings.ONON") && job.reason.len() < 300, "{}", job.reason);
}

const SIGNALS: [File; 3] = [
    (DEV, "ROOT_URLCONF = 'app.urls'\nINSTALLED_APPS = ['app']\n"),
    (
        "app/apps.py",
        "from django.apps import AppConfig\nclass Own(AppConfig):\n    name = 'app'\n    def ready(self):\n        from . import signals\n",
    ),
    (
        "app/signals.py",
        "from django.db.models.signals import post_save\nfrom django.dispatch import receiver\nfrom app.push import balance\n\
         @receiver(post_save)\ndef saved(sender, **kw):\n    balance()\n",
    ),
];

#[test]
fn a_receiver_is_connected_where_something_imports_it() {
    let import = "        from . import signals\n";
    all(
        &SIGNALS,
        &[
            ("as it is", &[], (true, Made::No)),
            ("imported by nothing", &[("app/apps.py", import, "        pass\n")], STOPPED),
            (
                "for its types only",
                &[(
                    "app/apps.py",
                    import,
                    "        from typing import TYPE_CHECKING\n        if TYPE_CHECKING:\n            from . import signals\n",
                )],
                STOPPED,
            ),
            (
                "by its whole name",
                &[("app/apps.py", import, "        import app.signals\n")],
                (true, Made::No),
            ),
            (
                "by its name as a text",
                &[("app/apps.py", import, "        __import__('app.signals')\n")],
                (true, Made::No),
            ),
            (
                "by another module",
                &[
                    ("app/apps.py", import, "        pass\n"),
                    ("app/models.py", "", "from app.signals import saved\n"),
                ],
                (true, Made::No),
            ),
            (
                "by names that are not known",
                &[(
                    "app/apps.py",
                    import,
                    "        import importlib\n        for name in names():\n            importlib.import_module(name)\n",
                )],
                (true, Made::No),
            ),
        ],
    );
}

const SCHEDULER: &str = "app/scheduler.py";
const READY: &str = "app/apps.py";

const APSCHEDULER: [File; 3] = [
    (DEV, "ROOT_URLCONF = 'app.urls'\nINSTALLED_APPS = ['app']\n"),
    (
        READY,
        "from django.apps import AppConfig\nclass Own(AppConfig):\n    name = 'app'\n    def ready(self):\n        from app import scheduler\n        scheduler.begin()\n",
    ),
    (
        SCHEDULER,
        "from apscheduler.schedulers.background import BackgroundScheduler\nfrom app.push import balance\nscheduler = BackgroundScheduler()\n\
         @scheduler.scheduled_job('interval', seconds=5, id='push')\ndef push():\n    balance()\n\
         def begin():\n    scheduler.start()\n",
    ),
];

#[test]
fn a_scheduler_that_is_not_started_runs_nothing() {
    let start = "    scheduler.start()\n";
    all(
        &APSCHEDULER,
        &[
            ("as it is", &[], RUNS),
            ("started by nothing", &[(SCHEDULER, start, "    pass\n")], STOPPED),
            ("by a function that nothing calls", &[(READY, "scheduler.begin()", "scheduler")], STOPPED),
            ("paused", &[(SCHEDULER, start, "    scheduler.start(paused=True)\n")], STOPPED),
            ("not paused", &[(SCHEDULER, start, "    scheduler.start(paused=False)\n")], RUNS),
            (
                "paused and resumed",
                &[(SCHEDULER, start, "    scheduler.start(paused=True)\n    scheduler.resume()\n")],
                RUNS,
            ),
            (
                "paused where the settings say so",
                &[(
                    SCHEDULER,
                    start,
                    "    from django.conf import settings\n    scheduler.start(paused=settings.PAUSED)\n",
                )],
                (true, Made::Perhaps),
            ),
            (
                "by another function, which is called",
                &[(
                    SCHEDULER,
                    "def begin():\n    scheduler.start()\n",
                    "def begin():\n    run()\ndef run():\n    scheduler.start()\n",
                )],
                RUNS,
            ),
            (
                "from another module",
                &[
                    (SCHEDULER, start, "    pass\n"),
                    (READY, "scheduler.begin()", "scheduler.scheduler.start()"),
                ],
                RUNS,
            ),
            (
                "by a script of its own",
                &[
                    (SCHEDULER, "def begin():\n    scheduler.start()\n", "scheduler.start()\n"),
                    (
                        READY,
                        "        from app import scheduler\n        scheduler.begin()\n",
                        "        pass\n",
                    ),
                ],
                RUNS,
            ),
            (
                "handed on to what starts it",
                &[(SCHEDULER, start, "    go(scheduler)\ndef go(it):\n    it.start()\n")],
                (true, Made::Perhaps),
            ),
            (
                "registered by a call",
                &[
                    (SCHEDULER, "@scheduler.scheduled_job('interval', seconds=5, id='push')\n", ""),
                    (
                        SCHEDULER,
                        start,
                        "    scheduler.add_job(push, 'interval', seconds=5)\n    scheduler.start()\n",
                    ),
                ],
                RUNS,
            ),
            (
                "registered by a call and not started",
                &[
                    (SCHEDULER, "@scheduler.scheduled_job('interval', seconds=5, id='push')\n", ""),
                    (SCHEDULER, start, "    scheduler.add_job(push, 'interval', seconds=5)\n"),
                ],
                STOPPED,
            ),
        ],
    );
}

const WORK: &str = "app/work.py";
const JOBS: &str = "app/jobs.py";
const WORKER: &str = "app/management/commands/worker.py";

const OWN: [File; 5] = [
    (DEV, "ROOT_URLCONF = 'app.urls'\nINSTALLED_APPS = ['app']\n"),
    ("Procfile", "worker: python manage.py worker\n"),
    (
        WORK,
        "import time\nWORK = {}\ndef every(seconds, name=None):\n    def deco(fn):\n        WORK[name or fn.__name__] = (seconds, fn)\n        return fn\n    return deco\n\
         def run_forever():\n    while True:\n        for name, (seconds, fn) in WORK.items():\n            fn()\n        time.sleep(1)\n",
    ),
    (
        JOBS,
        "from app.push import balance\nfrom app.work import every\n@every(1)\ndef push():\n    balance()\n",
    ),
    (
        WORKER,
        "from django.core.management.base import BaseCommand\nclass Command(BaseCommand):\n    def handle(self, **opts):\n        \
         from app import jobs\n        from app.work import run_forever\n        run_forever()\n",
    ),
];

#[test]
fn a_function_that_a_decorator_registers_runs_where_it_is_kept_loaded_and_called() {
    let keeps = "        WORK[name or fn.__name__] = (seconds, fn)\n";
    let runs = "            fn()\n";
    all(
        &OWN,
        &[
            ("as it is", &[], RUNS),
            ("its module is imported by nothing", &[(WORKER, "        from app import jobs\n", "")], STOPPED),
            (
                "its module is loaded by a text",
                &[(
                    WORKER,
                    "        from app import jobs\n",
                    "        import importlib\n        importlib.import_module('app.jobs')\n",
                )],
                RUNS,
            ),
            ("the decorator keeps nothing", &[(WORK, keeps, "")], STOPPED),
            (
                "the decorator keeps it elsewhere",
                &[
                    (WORK, keeps, "        add(seconds, fn, name)\n"),
                    (
                        WORK,
                        "def every",
                        "def add(seconds, fn, name):\n    WORK[name or fn.__name__] = (seconds, fn)\ndef every",
                    ),
                ],
                RUNS,
            ),
            (
                "the decorator keeps what calls it",
                &[(
                    WORK,
                    keeps,
                    "        def turn():\n            fn()\n        WORK[fn.__name__] = (seconds, turn)\n",
                )],
                RUNS,
            ),
            (
                "in a list",
                &[
                    (WORK, "WORK = {}", "WORK = []"),
                    (WORK, keeps, "        WORK.append((name, (seconds, fn)))\n"),
                    (WORK, "WORK.items()", "WORK"),
                ],
                RUNS,
            ),
            (
                "the runner leaves it out",
                &[(
                    WORK,
                    runs,
                    "            if name == 'push':\n                continue\n            fn()\n",
                )],
                STOPPED,
            ),
            (
                "the runner leaves another one out",
                &[(
                    WORK,
                    runs,
                    "            if name == 'prune':\n                continue\n            fn()\n",
                )],
                RUNS,
            ),
            (
                "the runner runs some that the settings name",
                &[(
                    WORK,
                    runs,
                    "            from django.conf import settings\n            if name in settings.ON:\n                fn()\n",
                )],
                (true, Made::Perhaps),
            ),
            (
                "under another name that is left out",
                &[
                    (JOBS, "@every(1)", "@every(1, name='p')"),
                    (WORK, runs, "            if name == 'p':\n                continue\n            fn()\n"),
                ],
                STOPPED,
            ),
            (
                "the runner is called by nothing",
                &[(WORKER, "        run_forever()\n", "        pass\n")],
                STOPPED,
            ),
            (
                "what it runs does nothing",
                &[(JOBS, "    balance()\n", "    return\n    balance()\n")],
                STOPPED,
            ),
        ],
    );
}

#[test]
fn what_another_job_or_a_view_sends_is_sent() {
    let leaves_out = "            if name == 'push':\n                continue\n            fn()\n";
    let left_out: Edit<'_> = (WORK, "            fn()\n", leaves_out);
    all(
        &OWN,
        &[
            (
                "another job",
                &[left_out, (JOBS, "@every(1)\n", "@every(2)\ndef again():\n    balance()\n@every(1)\n")],
                RUNS,
            ),
            (
                "a view",
                &[
                    left_out,
                    (
                        "app/urls.py",
                        "urlpatterns = []",
                        "from app.jobs import push\nfrom django.urls import path\nurlpatterns = [path('x', lambda request: push())]",
                    ),
                ],
                (true, Made::No),
            ),
        ],
    );
}

const REGISTER: &str = "thor-backend/thor_project/realtime/register.py";
const FLUSH: &str = "    registry.register(ClosedBarFlushJob(interval_seconds=60))\n";
const BARS: &str = "thor-backend/thor_project/realtime/jobs/intraday.py";

/// What is said of the session bars, whose rows a job writes.
fn gone(edits: &[Edit<'_>]) -> Vec<String> {
    let folder = changed(edits, "");
    let answer = json(&checklist(folder.path(), &["--since", "HEAD"]));
    let features = answer["features"].as_array().expect("features").clone();
    let own = features.iter().find(|it| it["feature"] == "intraday").expect("the feature");
    let gone = own["gone"].as_array().cloned().unwrap_or_default();
    assert_eq!(own["claimed"] == true, !gone.is_empty(), "{own}");
    gone.iter().map(|it| it.as_str().expect("a text").to_owned()).collect()
}

#[test]
fn a_producer_that_goes_or_stops_is_a_claim() {
    let rows: [(&str, &[Edit<'_>], &[&str]); 6] = [
        ("nothing", &[], &[]),
        ("it goes", &[(REGISTER, FLUSH, "")], &["ClosedBarFlushJob"]),
        (
            "it is never registered",
            &[(
                REGISTER,
                FLUSH,
                "    if False:\n        registry.register(ClosedBarFlushJob(interval_seconds=60))\n",
            )],
            &["ClosedBarFlushJob: it is there and never runs"],
        ),
        (
            "it does nothing",
            &[(BARS, "        self._flush(ctx)\n", "        return\n        self._flush(ctx)\n")],
            &["ClosedBarFlushJob: it is there and never runs"],
        ),
        (
            "in a loop",
            &[(
                REGISTER,
                FLUSH,
                "    for cls in (ClosedBarFlushJob,):\n        registry.register(cls(interval_seconds=60))\n",
            )],
            &[],
        ),
        (
            "in another file",
            &[
                (REGISTER, FLUSH, "    more(registry)\n"),
                (
                    REGISTER,
                    "def register_all_jobs",
                    "from thor_project.realtime.more import more\n\n\ndef register_all_jobs",
                ),
                (
                    "thor-backend/thor_project/realtime/more.py",
                    "",
                    "from thor_project.realtime.jobs.intraday import ClosedBarFlushJob\n\n\ndef more(registry):\n    registry.register(ClosedBarFlushJob(interval_seconds=60))\n",
                ),
            ],
            &[],
        ),
    ];
    for (what, edits, wanted) in rows {
        assert_eq!(gone(edits), wanted, "{what}");
    }
}

#[test]
fn what_was_not_known_before_is_no_claim_while_it_stays_the_same() {
    let service = "  heartbeat:\n    build: thor-backend\n    command: python manage.py run_heartbeat\n";
    let folder = changed(&[("docker-compose.yml", service, "")], "");
    super::git(folder.path(), &["add", "-A"]);
    super::git(folder.path(), &["commit", "-q", "-m", "elsewhere"]);
    let path = folder.path().join(REGISTER);
    let text = std::fs::read_to_string(&path).expect("a file");
    let rows = [
        (
            "in a loop",
            text.replace(
                FLUSH,
                "    for cls in (ClosedBarFlushJob,):\n        registry.register(cls(interval_seconds=60))\n",
            ),
            0,
        ),
        ("with a line more", text.replace("def register", "LATER = True\n\n\ndef register"), 0),
        ("it goes", text.replace(FLUSH, ""), 1),
        ("it never runs", text.replace("    registry.register(I", "    return\n    registry.register(I"), 4),
    ];
    for (what, changed, wanted) in rows {
        std::fs::write(&path, changed).expect("written");
        let answer = json(&checklist(folder.path(), &["--since", "HEAD"]));
        let claimed =
            answer["features"].as_array().expect("features").iter().filter(|it| it["claimed"] == true);
        assert_eq!(claimed.count(), wanted, "{what}: {answer:#}");
    }
}

#[test]
fn the_checklist_and_the_audit_claim_the_same_since_a_revision() {
    // A path that the configuration names was deleted long ago, with other things that have changed since.
    let folder = changed(&[], "");
    let front = folder.path().join("thor-frontend/src/pages/OrdersPage.tsx");
    let slow = std::fs::read_to_string(&front).expect("a page").replace("15_000", "3_600_000");
    std::fs::write(&front, slow).expect("written");
    let register = folder.path().join(REGISTER);
    let text = std::fs::read_to_string(&register).expect("a file");
    let without = text.replace("    registry.register(MarketMetricsJob(interval_seconds=10))\n", "");
    std::fs::write(&register, without).expect("written");
    super::git(folder.path(), &["commit", "-qam", "long ago"]);
    std::fs::write(folder.path().join("README.md"), "more\n").expect("written");
    super::git(folder.path(), &["add", "-A"]);
    super::git(folder.path(), &["commit", "-qm", "now"]);
    let claims = |answer: &serde_json::Value, said: &str| -> Vec<(String, serde_json::Value)> {
        let all = answer.as_array().expect("features").iter();
        let named = all.map(|it| (it["feature"].as_str().unwrap_or_default().to_owned(), it[said].clone()));
        named.filter(|(_, said)| said.as_array().is_some_and(|it| !it.is_empty())).collect()
    };
    let checked = json(&checklist(folder.path(), &["--since", "HEAD~1"]));
    let audited = std::process::Command::new(env!("CARGO_BIN_EXE_thor-cutover"))
        .args(["audit", "--source", ".", "--format", "json", "--since", "HEAD~1"])
        .current_dir(folder.path())
        .output()
        .expect("the binary runs");
    let audited: serde_json::Value = serde_json::from_slice(&audited.stdout).expect("an answer");
    let checked = claims(&checked["features"], "gone");
    assert_eq!(checked, claims(&audited["since"]["features"], "claimed"));
    let said: Vec<String> = checked.iter().map(|(_, said)| said.to_string()).collect();
    assert!(said.iter().all(|it| it == "[\"MarketMetricsJob\"]"), "{said:?}");
}

/// A job that writes the rows a view lists makes the view's data, however it comes by them.
#[test]
fn a_row_that_is_saved_is_data_however_it_was_found() {
    let files = |body: &str, view: &str| {
        let tree = tempfile::tempdir().expect("a folder");
        let settings = "ROOT_URLCONF = 'app.urls'\nINSTALLED_APPS = ['app']\nCELERY_BEAT_SCHEDULE = {'x': {'task': 'app.tasks.refresh', 'schedule': 5.0}}\n";
        write(
            tree.path(),
            "manage.py",
            "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'app.settings')\n",
        );
        write(tree.path(), "app/__init__.py", "");
        write(tree.path(), "app/settings.py", settings);
        write(
            tree.path(),
            "app/models.py",
            "from django.db import models\nclass Account(models.Model):\n    cash = models.FloatField()\nclass Other(models.Model):\n    cash = models.FloatField()\n",
        );
        write(
            tree.path(),
            "app/urls.py",
            "from django.urls import path\nfrom app.views import Balance\nurlpatterns = [path('api/accounts/balance/', Balance.as_view())]\n",
        );
        write(
            tree.path(),
            "app/views.py",
            format!(
                "from django.http import JsonResponse\nfrom django.views.generic import ListView\nfrom app.models import Account\nclass Balance(ListView):\n{view}"
            ),
        );
        write(
            tree.path(),
            "app/tasks.py",
            format!(
                "from celery import shared_task\nfrom app.models import Account, Other\n@shared_task\ndef refresh():\n{body}"
            ),
        );
        audit_at(tree.path(), "a")
    };
    let lists = "    def get(self, request):\n        return JsonResponse({'rows': list(Account.objects.values())})\n";
    let of_model = "    model = Account\n    def render_to_response(self, context):\n        return JsonResponse({'rows': list(self.object_list)})\n";
    let each = "    for row in Account.objects.all():\n        row.cash = 1\n        row.save()\n";
    let rows = [
        ("each of all", each, lists, true),
        ("of a generic view", each, of_model, true),
        (
            "of a list with a name",
            "    rows = Account.objects.filter(cash=0)\n    for row in rows:\n        row.save()\n",
            lists,
            true,
        ),
        ("one", "    row = Account.objects.get(pk=1)\n    row.save()\n", lists, true),
        (
            "one that is made if need be",
            "    row, _ = Account.objects.get_or_create(pk=1)\n    row.save()\n",
            lists,
            true,
        ),
        ("of another model", "    for row in Other.objects.all():\n        row.save()\n", lists, false),
        ("none", "    for row in Account.objects.all():\n        print(row)\n", lists, false),
    ];
    for (what, body, view, wanted) in rows {
        let report = files(body, view);
        let facts = report.features.iter().find(|it| it.feature == "account_balance").expect("the feature");
        assert_eq!(facts.job_found, wanted, "{what}: {:#?}", report.findings);
    }
}
