//! What a tree claims of a job that is registered, paced or defined in other words: each hostile row has its innocent
//! twin.

use super::claims::{Edit, all, changed, checklist, claims, json};
use super::git;

const REGISTER: &str = "thor-backend/thor_project/realtime/register.py";
const METRICS: &str = "thor-backend/thor_project/realtime/jobs/metrics.py";

/// The features whose timer the job is.
const SERVED: [&str; 3] = ["account_balance", "global_market", "positions"];

const LINE: &str = "    registry.register(MarketMetricsJob(interval_seconds=10))\n";
const ALL: &str = "    registry.register(IntradayJob(interval_seconds=1))\n    registry.register(MarketMetricsJob(interval_seconds=10))\n    registry.register(VwapMinuteJob(interval_seconds=60))\n    registry.register(ClosedBarFlushJob(interval_seconds=60))\n";
const FUNCTION: &str = "def register_all_jobs(registry):\n";
const CLASS: &str =
    "class MarketMetricsJob(Job):\n    name = \"market_metrics\"\n\n    def run(self, ctx):\n";
const RUN: &str =
    "        SessionMetric.objects.update_or_create(country=\"USA\", defaults={\"high\": ctx.high})\n";

#[test]
fn a_job_that_is_left_out_slowed_or_replaced_is_a_claim() {
    let rows: [(&str, &[Edit<'_>]); 15] = [
        (
            "a set of those to skip",
            &[
                (
                    REGISTER,
                    ALL,
                    "    for job in (IntradayJob(1), MarketMetricsJob(10), VwapMinuteJob(60)):\n        if job.name in SKIP:\n            continue\n        registry.register(job)\n",
                ),
                (REGISTER, FUNCTION, "SKIP = {\"market_metrics\"}\n\n\ndef register_all_jobs(registry):\n"),
            ],
        ),
        (
            "a set of classes to skip",
            &[
                (
                    REGISTER,
                    ALL,
                    "    for cls in (IntradayJob, MarketMetricsJob, VwapMinuteJob):\n        if cls not in SKIP:\n            registry.register(cls())\n",
                ),
                (REGISTER, FUNCTION, "SKIP = {MarketMetricsJob}\n\n\ndef register_all_jobs(registry):\n"),
            ],
        ),
        (
            "a part of a list",
            &[
                (REGISTER, ALL, "    for job in JOBS[2:]:\n        registry.register(job)\n"),
                (
                    REGISTER,
                    FUNCTION,
                    "JOBS = [IntradayJob(1), MarketMetricsJob(10), VwapMinuteJob(60), ClosedBarFlushJob(60)]\n\n\ndef register_all_jobs(registry):\n",
                ),
            ],
        ),
        ("once a day", &[(REGISTER, "interval_seconds=10", "interval_seconds=86400")]),
        (
            "once a day, in words",
            &[
                (REGISTER, "interval_seconds=10", "interval_seconds=timedelta(days=1).total_seconds()"),
                (
                    REGISTER,
                    "from thor_project.realtime.jobs.intraday",
                    "from datetime import timedelta\n\nfrom thor_project.realtime.jobs.intraday",
                ),
            ],
        ),
        (
            "its run is another",
            &[(
                METRICS,
                "class VwapMinuteJob",
                "MarketMetricsJob.run = lambda self, ctx: None\n\n\nclass VwapMinuteJob",
            )],
        ),
        (
            "its run is another, by a name",
            &[(
                METRICS,
                "class VwapMinuteJob",
                "def nothing(self, ctx):\n    pass\n\n\nMarketMetricsJob.run = nothing\n\n\nclass VwapMinuteJob",
            )],
        ),
        (
            "a decorator that does not call it",
            &[(
                METRICS,
                CLASS,
                "def retired(method):\n    def inner(self, ctx):\n        return None\n    return inner\n\n\nclass MarketMetricsJob(Job):\n    name = \"market_metrics\"\n\n    @retired\n    def run(self, ctx):\n",
            )],
        ),
        (
            "a decorator with arguments that does not call it",
            &[(
                METRICS,
                CLASS,
                "def retired(since):\n    def outer(method):\n        def inner(self, ctx):\n            print(since)\n        return inner\n    return outer\n\n\nclass MarketMetricsJob(Job):\n    name = \"market_metrics\"\n\n    @retired(\"2026\")\n    def run(self, ctx):\n",
            )],
        ),
        (
            "another class under its name",
            &[(
                REGISTER,
                "import MarketMetricsJob, VwapMinuteJob",
                "import VwapMinuteJob, VwapMinuteJob as MarketMetricsJob",
            )],
        ),
        (
            "a dry run by default",
            &[
                (
                    METRICS,
                    CLASS,
                    "class MarketMetricsJob(Job):\n    name = \"market_metrics\"\n\n    def __init__(self, interval_seconds=60, dry_run=True):\n        super().__init__(interval_seconds)\n        self.dry_run = dry_run\n\n    def run(self, ctx):\n",
                ),
                (
                    METRICS,
                    RUN,
                    "        if self.dry_run:\n            return\n        SessionMetric.objects.update_or_create(country=\"USA\", defaults={\"high\": ctx.high})\n",
                ),
            ],
        ),
        (
            "where the environment says so",
            &[
                (
                    METRICS,
                    RUN,
                    "        if os.environ.get(\"METRICS\"):\n            SessionMetric.objects.update_or_create(country=\"USA\", defaults={\"high\": ctx.high})\n",
                ),
                (METRICS, "from FutureTrading", "import os\n\nfrom FutureTrading"),
            ],
        ),
        (
            "a comprehension that leaves it out",
            &[(
                REGISTER,
                ALL,
                "    [registry.register(cls()) for cls in (IntradayJob, MarketMetricsJob) if cls.name != \"market_metrics\"]\n",
            )],
        ),
        (
            "a list without it",
            &[(REGISTER, ALL, "    [registry.register(cls()) for cls in (IntradayJob, VwapMinuteJob)]\n")],
        ),
        (
            "a partial of another",
            &[
                (REGISTER, LINE, "    registry.register(partial(VwapMinuteJob, interval_seconds=10)())\n"),
                (
                    REGISTER,
                    "from thor_project.realtime.jobs.intraday",
                    "from functools import partial\n\nfrom thor_project.realtime.jobs.intraday",
                ),
            ],
        ),
    ];
    all(&rows, &SERVED);
}

#[test]
fn a_job_that_is_defined_or_registered_in_other_words_is_none() {
    let rows: [(&str, &[Edit<'_>]); 17] = [
        (
            "a set of others to skip",
            &[
                (
                    REGISTER,
                    ALL,
                    "    for job in (IntradayJob(1), MarketMetricsJob(10), VwapMinuteJob(60), ClosedBarFlushJob(60)):\n        if job.name in SKIP:\n            continue\n        registry.register(job)\n",
                ),
                (REGISTER, FUNCTION, "SKIP = {\"vwap_minute\"}\n\n\ndef register_all_jobs(registry):\n"),
            ],
        ),
        (
            "a list",
            &[
                (REGISTER, ALL, "    for job in JOBS:\n        registry.register(job)\n"),
                (
                    REGISTER,
                    FUNCTION,
                    "JOBS = [IntradayJob(1), MarketMetricsJob(10), VwapMinuteJob(60), ClosedBarFlushJob(60)]\n\n\ndef register_all_jobs(registry):\n",
                ),
            ],
        ),
        (
            "a partial",
            &[
                (REGISTER, LINE, "    registry.register(partial(MarketMetricsJob, interval_seconds=10)())\n"),
                (
                    REGISTER,
                    "from thor_project.realtime.jobs.intraday",
                    "from functools import partial\n\nfrom thor_project.realtime.jobs.intraday",
                ),
            ],
        ),
        (
            "a record of pairs",
            &[
                (
                    REGISTER,
                    ALL,
                    "    for cls, options in JOBS.values():\n        registry.register(cls(**options))\n",
                ),
                (
                    REGISTER,
                    FUNCTION,
                    "JOBS = {\"a\": (IntradayJob, {\"interval_seconds\": 1}), \"b\": (MarketMetricsJob, {\"interval_seconds\": 10}), \"c\": (ClosedBarFlushJob, {\"interval_seconds\": 60})}\n\n\ndef register_all_jobs(registry):\n",
                ),
            ],
        ),
        (
            "a record by its items",
            &[
                (
                    REGISTER,
                    ALL,
                    "    for name, (cls, every) in JOBS.items():\n        registry.register(cls(every))\n",
                ),
                (
                    REGISTER,
                    FUNCTION,
                    "JOBS = {\"a\": (IntradayJob, 1), \"b\": (MarketMetricsJob, 10), \"c\": (ClosedBarFlushJob, 60)}\n\n\ndef register_all_jobs(registry):\n",
                ),
            ],
        ),
        (
            "a comprehension",
            &[(
                REGISTER,
                ALL,
                "    [registry.register(cls(10)) for cls in (IntradayJob, MarketMetricsJob, ClosedBarFlushJob)]\n",
            )],
        ),
        (
            "a comprehension over a name",
            &[
                (REGISTER, ALL, "    [registry.register(cls(interval_seconds=10)) for cls in JOBS]\n"),
                (
                    REGISTER,
                    FUNCTION,
                    "JOBS = [IntradayJob, MarketMetricsJob, ClosedBarFlushJob]\n\n\ndef register_all_jobs(registry):\n",
                ),
            ],
        ),
        (
            "a list of specifications",
            &[
                (
                    REGISTER,
                    ALL,
                    "    for spec in SPECS:\n        registry.register(spec.cls(interval_seconds=spec.every))\n",
                ),
                (
                    REGISTER,
                    FUNCTION,
                    "@dataclass\nclass Spec:\n    cls: type\n    every: int\n\n\nSPECS = [Spec(IntradayJob, 1), Spec(cls=MarketMetricsJob, every=10), Spec(ClosedBarFlushJob, 60)]\n\n\ndef register_all_jobs(registry):\n",
                ),
                (
                    REGISTER,
                    "from thor_project.realtime.jobs.intraday",
                    "from dataclasses import dataclass\n\nfrom thor_project.realtime.jobs.intraday",
                ),
            ],
        ),
        (
            "a decorator of the class",
            &[
                (REGISTER, LINE, ""),
                (
                    REGISTER,
                    FUNCTION,
                    "def register_all_jobs(registry):\n    for cls in SCHEDULED:\n        registry.register(cls(10))\n",
                ),
                (REGISTER, "import MarketMetricsJob, VwapMinuteJob", "import SCHEDULED, VwapMinuteJob"),
                (
                    METRICS,
                    "class MarketMetricsJob(Job)",
                    "SCHEDULED = []\n\n\ndef scheduled(cls):\n    SCHEDULED.append(cls)\n    return cls\n\n\n@scheduled\nclass MarketMetricsJob(Job)",
                ),
            ],
        ),
        (
            "every ten seconds, in words",
            &[
                (REGISTER, "interval_seconds=10", "interval_seconds=timedelta(seconds=10).total_seconds()"),
                (
                    REGISTER,
                    "from thor_project.realtime.jobs.intraday",
                    "from datetime import timedelta\n\nfrom thor_project.realtime.jobs.intraday",
                ),
            ],
        ),
        ("a little slower", &[(REGISTER, "interval_seconds=10", "interval_seconds=11")]),
        (
            "its run is the same under another name",
            &[
                (
                    METRICS,
                    "class VwapMinuteJob",
                    "def write(self, ctx):\n    SessionMetric.objects.update_or_create(country=\"USA\", defaults={\"high\": ctx.high})\n\n\nclass VwapMinuteJob",
                ),
                (METRICS, RUN, "        write(self, ctx)\n"),
            ],
        ),
        (
            "a decorator that calls it",
            &[(
                METRICS,
                CLASS,
                "def timed(method):\n    def inner(self, ctx):\n        print(self)\n        return method(self, ctx)\n    return inner\n\n\nclass MarketMetricsJob(Job):\n    name = \"market_metrics\"\n\n    @timed\n    def run(self, ctx):\n",
            )],
        ),
        (
            "a decorator with arguments that calls it",
            &[(
                METRICS,
                CLASS,
                "def timed(name):\n    def outer(method):\n        def inner(self, ctx):\n            print(name)\n            return method(self, ctx)\n        return inner\n    return outer\n\n\nclass MarketMetricsJob(Job):\n    name = \"market_metrics\"\n\n    @timed(\"metrics\")\n    def run(self, ctx):\n",
            )],
        ),
        (
            "no dry run by default",
            &[
                (
                    METRICS,
                    CLASS,
                    "class MarketMetricsJob(Job):\n    name = \"market_metrics\"\n\n    def __init__(self, interval_seconds=60, dry_run=False):\n        super().__init__(interval_seconds)\n        self.dry_run = dry_run\n\n    def run(self, ctx):\n",
                ),
                (
                    METRICS,
                    RUN,
                    "        if self.dry_run:\n            return\n        SessionMetric.objects.update_or_create(country=\"USA\", defaults={\"high\": ctx.high})\n",
                ),
            ],
        ),
        (
            "started by somebody",
            &[
                (
                    METRICS,
                    CLASS,
                    "class MarketMetricsJob(Job):\n    name = \"market_metrics\"\n\n    def __init__(self, interval_seconds=60):\n        super().__init__(interval_seconds)\n        self.ready = False\n\n    def open(self):\n        self.ready = True\n\n    def run(self, ctx):\n",
                ),
                (
                    METRICS,
                    RUN,
                    "        if not self.ready:\n            return\n        SessionMetric.objects.update_or_create(country=\"USA\", defaults={\"high\": ctx.high})\n",
                ),
            ],
        ),
        (
            "another class as well",
            &[(
                REGISTER,
                "import MarketMetricsJob, VwapMinuteJob",
                "import MarketMetricsJob, VwapMinuteJob, VwapMinuteJob as Vwap",
            )],
        ),
    ];
    all(&rows, &[]);
}

#[test]
fn a_job_under_another_name_is_not_called_gone() {
    let edits = [
        (REGISTER, "import MarketMetricsJob, VwapMinuteJob", "import SessionHighsJob, VwapMinuteJob"),
        (REGISTER, "register(MarketMetricsJob(", "register(SessionHighsJob("),
        (METRICS, "class MarketMetricsJob(Job)", "class SessionHighsJob(Job)"),
        (METRICS, "\"market_metrics\"", "\"session_highs\""),
    ];
    let folder = changed(&edits, "");
    let answer = json(&checklist(folder.path(), &["--since", "HEAD"]));
    for feature in answer["features"].as_array().expect("features") {
        for claim in feature["gone"].as_array().into_iter().flatten() {
            let claim = claim.as_str().expect("text");
            assert!(claim.contains("whether it still runs is not known; sessionhighs came"), "{claim}");
        }
    }
}

/// A tree with these edits committed, then changed by others.
fn after(first: &[Edit<'_>], then: &[Edit<'_>]) -> tempfile::TempDir {
    let folder = changed(first, "");
    git(folder.path(), &["add", "-A"]);
    git(folder.path(), &["commit", "-q", "-m", "refactored"]);
    for (path, from, to) in then {
        let path = folder.path().join(path);
        let text = std::fs::read_to_string(&path).expect("a file");
        assert!(text.contains(from), "{} has no {from:?}", path.display());
        std::fs::write(path, text.replace(from, to)).expect("written");
    }
    folder
}

#[test]
fn what_was_not_known_is_not_silent_when_it_goes() {
    // The class is registered by a text that the audit does not follow.
    let by_name: [Edit<'_>; 2] = [
        (REGISTER, LINE, "    for path in PATHS:\n        registry.register(load(path))\n"),
        (
            REGISTER,
            "def register_all_jobs",
            "PATHS = [\"thor_project.realtime.jobs.metrics:MarketMetricsJob\"]\n\n\ndef register_all_jobs",
        ),
    ];
    let gone =
        after(&by_name, &[(REGISTER, "[\"thor_project.realtime.jobs.metrics:MarketMetricsJob\"]", "[]")]);
    claims("its name goes", &gone, &SERVED);
    claims("nothing goes", &after(&by_name, &[]), &[]);
    // Whether it runs hangs on the settings.
    let asked: [Edit<'_>; 2] = [
        (
            REGISTER,
            LINE,
            "    if settings.METRICS:\n        registry.register(MarketMetricsJob(interval_seconds=10))\n",
        ),
        (
            REGISTER,
            "from thor_project.realtime.jobs.intraday",
            "from django.conf import settings\nfrom thor_project.realtime.jobs.intraday",
        ),
    ];
    let other =
        after(&asked, &[(REGISTER, "if settings.METRICS:", "if settings.METRICS and settings.MORE:")]);
    claims("another setting", &other, &SERVED);
    let never =
        after(&asked, &[(REGISTER, "    if settings.METRICS:", "    return\n    if settings.METRICS:")]);
    claims("never", &never, &SERVED);
    let commented = after(
        &asked,
        &[(REGISTER, "    if settings.METRICS:", "    # As before.\n    if settings.METRICS:")],
    );
    claims("a comment", &commented, &[]);
}
