//! Schedules of celery: a task is the timer of what it sends, however it is named and wherever it is scheduled.

use thor_cutover::model::facts::audit::{Finding, FindingKind};

use super::{audit_at, write};

const PUSH: &str = "from asgiref.sync import async_to_sync\nfrom celery import shared_task\n\
     from channels.layers import get_channel_layer\n@shared_task(NAMED)\ndef push():\n    \
     async_to_sync(get_channel_layer().group_send)('g', {'type': 'account_balance', 'data': 1})\n";

const APP: &str = "from celery import Celery\nfrom ws.push import push\napp = Celery('thor')\n";

/// What `@shared_task` says, the file of the schedule, and the schedule.
const SCHEDULES: &[(&str, &str, &str)] = &[
    ("", "thor/settings.py", "CELERY_BEAT_SCHEDULE = {'p': {'task': 'ws.push.push', 'schedule': 1.0}}\n"),
    ("", "thor/celery.py", "app.conf.beat_schedule = {'p': {'task': 'ws.push.push', 'schedule': 1.0}}\n"),
    (
        "name='push-balance'",
        "thor/celery.py",
        "app.conf.beat_schedule = {'p': {'task': 'push-balance', 'schedule': 1.0}}\n",
    ),
    (
        "name='thor.balance'",
        "thor/settings.py",
        "CELERY_BEAT_SCHEDULE = {}\nCELERY_BEAT_SCHEDULE['p'] = {'task': 'thor.balance', 'schedule': 1.0}\n",
    ),
    (
        "",
        "thor/celery.py",
        "@app.on_after_configure.connect\ndef setup(sender, **kwargs):\n    sender.add_periodic_task(1.0, push.s())\n",
    ),
];

#[test]
fn a_scheduled_task_is_the_timer_of_what_it_sends() {
    for (named, path, schedule) in SCHEDULES {
        let tree = tempfile::tempdir().unwrap();
        write(tree.path(), "manage.py", "");
        write(tree.path(), "ws/__init__.py", "");
        write(tree.path(), "ws/push.py", PUSH.replace("NAMED", named));
        write(tree.path(), path, format!("{APP}{schedule}"));
        let report = audit_at(tree.path(), "a");
        let is_timer = |it: &&Finding| it.kind == FindingKind::Timer;
        let timers: Vec<&Finding> = report.findings.iter().filter(is_timer).collect();
        let [timer] = timers[..] else { panic!("{schedule}: {:#?}", report.findings) };
        let said = (timer.feature.as_deref(), timer.path.as_str(), timer.interval_ms.as_slice());
        assert_eq!(said, (Some("account_balance"), *path, &[1000][..]), "{schedule}");
    }
}

/// What starts celery, and why the schedule's timer may not run.
const SERVED: &[(&str, &str, Option<&str>)] = &[
    (
        "compose.yml",
        "services:\n  beat:\n    command: celery -A thor beat -l info\n  worker:\n    command: celery -A thor worker\n",
        None,
    ),
    ("compose.yml", "services:\n  worker:\n    command: celery -A thor worker -B\n", None),
    (
        "compose.yml",
        "services:\n  both:\n    command:\n      - celery\n      - -A\n      - thor\n      - worker\n      - --beat\n",
        None,
    ),
    ("Procfile", "web: daphne thor.asgi:application\n", None),
    (
        "compose.yml",
        "services:\n  beat:\n    image: x\n  worker:\n    command: celery -A thor worker -l info\n",
        Some("no celery beat"),
    ),
    (
        "compose.yml",
        "services:\n  beat:\n    command: celery -A thor beat\n    profiles: [off]\n  worker:\n    command: [\"celery\", \"-A\", \"thor\", \"worker\"]\n",
        Some("no celery beat"),
    ),
    (
        "Procfile",
        "web: daphne thor.asgi:application\nheart: celery -A thor beat\n",
        Some("no worker of celery"),
    ),
];

#[test]
fn a_schedule_needs_both_of_celerys_processes_where_the_tree_starts_one() {
    for (path, text, why) in SERVED {
        let tree = tempfile::tempdir().unwrap();
        write(tree.path(), "manage.py", "");
        write(tree.path(), "ws/__init__.py", "");
        write(tree.path(), "ws/push.py", PUSH.replace("NAMED", ""));
        let (_, settings, schedule) = SCHEDULES[0];
        write(tree.path(), settings, format!("{APP}{schedule}"));
        write(tree.path(), path, text);
        let report = audit_at(tree.path(), "a");
        let timer = report.findings.iter().find(|it| it.kind == FindingKind::Timer).expect("a timer");
        let said = format!("{timer:?}");
        match why {
            Some(why) => assert!(said.contains(why), "{text}: {said}"),
            None => {
                assert!(!said.contains("celery beat") && !said.contains("worker of celery"), "{text}: {said}")
            }
        }
    }
}

/// An object that knows the type of what it sends, in each task's own words.
const PUSHER: &str = "from asgiref.sync import async_to_sync\nfrom celery import shared_task\n\
     from channels.layers import get_channel_layer\nclass Push:\n    def __init__(self, kind):\n        self.kind = kind\n    \
     def send(self, data):\n        async_to_sync(get_channel_layer().group_send)('g', {'type': self.kind, 'data': data})\n";

#[test]
fn an_object_made_to_send_one_type_makes_no_shared_timer() {
    let at_once = "    Push('KIND').send({})\n";
    let by_name = "    push = Push(kind='KIND')\n    push.send({})\n";
    for body in [at_once, by_name] {
        let tree = tempfile::tempdir().unwrap();
        write(tree.path(), "manage.py", "");
        write(tree.path(), "ws/__init__.py", "");
        let task = |kind: &str| format!("@shared_task\ndef push_{kind}():\n{}", body.replace("KIND", kind));
        let (balance, positions) = (task("account_balance"), task("positions"));
        write(tree.path(), "ws/push.py", format!("{PUSHER}{balance}{positions}"));
        let schedule = "CELERY_BEAT_SCHEDULE = {'b': {'task': 'ws.push.push_account_balance', 'schedule': 1.0},\n\
             'p': {'task': 'ws.push.push_positions', 'schedule': 2.0}}\n";
        write(tree.path(), "thor/settings.py", format!("{APP}{schedule}"));
        let report = audit_at(tree.path(), "a");
        let of = |kind: FindingKind| {
            let mut found: Vec<(&str, Vec<u64>)> = (report.findings.iter())
                .filter(|it| it.kind == kind)
                .map(|it| (it.feature.as_deref().unwrap_or(""), it.interval_ms.clone()))
                .collect();
            found.sort();
            found
        };
        let timers = vec![("account_balance", vec![1000]), ("positions", vec![2000])];
        assert_eq!(of(FindingKind::Timer), timers, "{body}: {:#?}", report.findings);
        assert_eq!(of(FindingKind::SharedTimer), Vec::new(), "{body}");
    }
}
