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
