//! What a tree claims of its jobs: one that is registered no more, may not be, or does nothing is a claim; one that
//! is registered in other words is none. Each row changes the same tree.

use super::claims::{Edit, changed, claims};

const REGISTER: &str = "thor-backend/thor_project/realtime/register.py";
const ENGINE: &str = "thor-backend/thor_project/realtime/engine.py";
const COMMAND: &str = "thor-backend/LiveData/management/commands/run_heartbeat.py";
const METRICS: &str = "thor-backend/thor_project/realtime/jobs/metrics.py";
const SETTINGS: &str = "thor-backend/thor_project/settings.py";

/// The features whose timer the job is.
const SERVED: [&str; 3] = ["account_balance", "global_market", "positions"];

const LINE: &str = "    registry.register(MarketMetricsJob(interval_seconds=10))\n";
const LAST: &str = "    registry.register(ClosedBarFlushJob(interval_seconds=60))\n";
const IMPORT: &str = "from thor_project.realtime.jobs.metrics import MarketMetricsJob, VwapMinuteJob\n";
const CALL: &str = "    register_all_jobs(registry)\n";
const RUN: &str =
    "        SessionMetric.objects.update_or_create(country=\"USA\", defaults={\"high\": ctx.high})\n";

fn all(rows: &[(&str, &[Edit<'_>])], wanted: &[&str]) {
    for (what, edits) in rows {
        claims(what, &changed(edits, ""), wanted);
    }
}

/// Lines in the place of the registration.
fn registered(lines: &str) -> String {
    lines.replace("LINE", LINE.trim())
}

#[test]
fn a_registration_that_never_happens_is_a_claim() {
    let rows = [
        ("behind a return", "    return\n    LINE\n"),
        ("behind a constant", "    if False:\n        LINE\n"),
        ("behind another constant", "    if not True:\n        LINE\n"),
        ("behind a name", "    enabled = False\n    if enabled:\n        LINE\n"),
        (
            "behind the settings",
            "    from django.conf import settings\n    if settings.HEARTBEAT:\n        LINE\n",
        ),
        (
            "behind settings that say it somewhere",
            "    from django.conf import settings\n    if getattr(settings, \"HEARTBEAT\", False):\n        LINE\n",
        ),
        ("behind the environment", "    import os\n    if os.environ.get(\"HEARTBEAT\"):\n        LINE\n"),
        (
            "behind the environment by a function",
            "    if allowed():\n        LINE\n\n\ndef allowed():\n    import os\n    return os.getenv(\"HEARTBEAT\") == \"1\"\n\n\ndef others(registry):\n",
        ),
        (
            "behind the absence of something in the environment",
            "    import os\n    if not os.environ.get(\"HEARTBEAT\"):\n        return\n    LINE\n",
        ),
        (
            "behind what a library says",
            "    import waffle\n    if waffle.switch_is_active(\"heartbeat\"):\n        LINE\n",
        ),
    ];
    for (what, lines) in rows {
        claims(what, &changed(&[(REGISTER, LINE, &registered(lines))], ""), &SERVED);
    }
    let off: [(&str, &[Edit<'_>]); 6] = [
        (
            "a helper is given another class",
            &[(
                REGISTER,
                LINE,
                "    add(registry, VwapMinuteJob, 10)\n\n\ndef add(registry, cls, every):\n    registry.register(cls(interval_seconds=every))\n\n\ndef others(registry):\n",
            )],
        ),
        (
            "a constant of the settings",
            &[
                (
                    REGISTER,
                    LINE,
                    "    from django.conf import settings\n    if settings.HEARTBEAT:\n        registry.register(MarketMetricsJob(interval_seconds=10))\n",
                ),
                (SETTINGS, "ROOT_URLCONF", "HEARTBEAT = False\nROOT_URLCONF"),
            ],
        ),
        ("the function is called no more", &[(ENGINE, CALL, "")]),
        (
            "the function is called behind a constant",
            &[(ENGINE, CALL, "    if False:\n        register_all_jobs(registry)\n")],
        ),
        (
            "the engine is started no more",
            &[(
                COMMAND,
                "        run_heartbeat(tick_seconds=60)\n",
                "        self.stdout.write(\"retired\")\n",
            )],
        ),
        (
            "the engine is started where the environment says so",
            &[
                (
                    COMMAND,
                    "        run_heartbeat(",
                    "        if os.environ.get(\"HEARTBEAT\"):\n            run_heartbeat(",
                ),
                (COMMAND, "from django.core", "import os\n\nfrom django.core"),
            ],
        ),
    ];
    all(&off, &SERVED);
}

#[test]
fn a_job_that_is_taken_out_of_its_registry_is_a_claim() {
    let rows: [(&str, String); 11] = [
        (
            "filtered",
            format!(
                "{LAST}    registry.jobs = [job for job in registry.jobs if job.name != \"market_metrics\"]\n"
            ),
        ),
        (
            "filtered by a list",
            format!(
                "{LAST}    registry.jobs = [job for job in registry.jobs if job.name not in RETIRED]\n\n\nRETIRED = (\"market_metrics\",)\n"
            ),
        ),
        (
            "filtered by what stays",
            format!(
                "{LAST}    registry.jobs = [job for job in registry.jobs if job.name in (\"intraday\", \"vwap_minute\")]\n"
            ),
        ),
        (
            "filtered by the class",
            format!(
                "{LAST}    registry.jobs = [job for job in registry.jobs if not isinstance(job, MarketMetricsJob)]\n"
            ),
        ),
        (
            "filtered in place",
            format!("{LAST}    registry.jobs[:] = [job for job in registry.jobs if wanted(job)]\n"),
        ),
        ("unregistered", format!("{LAST}    registry.unregister(\"market_metrics\")\n")),
        ("popped", format!("{LAST}    registry.jobs.pop(1)\n")),
        ("removed", format!("{LAST}    registry.jobs.remove(registry.jobs[1])\n")),
        ("deleted", format!("{LAST}    del registry.jobs[1]\n")),
        ("cleared", format!("{LAST}    registry.jobs.clear()\n")),
        ("emptied", format!("{LAST}    registry.jobs = []\n")),
    ];
    for (what, lines) in rows {
        claims(what, &changed(&[(REGISTER, LAST, &lines)], ""), &SERVED);
    }
    let lines = format!(
        "{CALL}    registry.jobs = [job for job in registry.jobs if job.name != \"market_metrics\"]\n"
    );
    claims("filtered by the caller", &changed(&[(ENGINE, CALL, &lines)], ""), &SERVED);
}

#[test]
fn a_job_that_does_nothing_is_a_claim() {
    let run = |lines: &str| lines.replace("RUN", RUN.trim());
    let rows = [
        ("it returns at once", "        return\n        RUN\n"),
        ("it raises at once", "        raise NotImplementedError\n        RUN\n"),
        ("it passes", "        pass\n"),
        ("it only says so", "        print(\"retired\")\n"),
        ("behind a constant", "        if False:\n            RUN\n"),
        (
            "behind a constant, after something is read",
            "        high = ctx.latest()\n        if False:\n            RUN\n",
        ),
        (
            "it never finds it time to run",
            "        RUN\n\n    def should_run(self, ctx):\n        return False\n",
        ),
        (
            "it does not say that it is time to run",
            "        RUN\n\n    def should_run(self, ctx):\n        return None\n        return True\n",
        ),
        (
            "by a function that returns",
            "        push(ctx)\n\n\ndef push(ctx):\n    return\n    SessionMetric.objects.update_or_create()\n\n\nclass Other:\n    def load(self, ctx):\n        pass\n",
        ),
    ];
    for (what, lines) in rows {
        claims(what, &changed(&[(METRICS, RUN, &run(lines))], ""), &SERVED);
    }
}

#[test]
fn a_job_that_is_registered_in_other_words_is_none() {
    let rows = [
        ("with a guard against twice", "    if not registry.has(\"market_metrics\"):\n        LINE\n"),
        ("once", "    if registry.jobs is not None:\n        LINE\n"),
        ("behind a constant that holds", "    enabled = True\n    if enabled:\n        LINE\n"),
        (
            "behind a constant that something sets",
            "    if enabled:\n        LINE\n    others(registry)\n\n\nenabled = False\n\n\ndef enable():\n    global enabled\n    enabled = True\n\n\ndef others(registry):\n",
        ),
        ("behind a count", "    count = 0\n    count += 1\n    if count:\n        LINE\n"),
        ("in a try", "    try:\n        LINE\n    except ValueError:\n        raise\n"),
        (
            "as a fallback",
            "    import os\n    if os.environ.get(\"WS_FEATURE_POSITIONS\") != \"true\":\n        LINE\n",
        ),
        (
            "by a loop",
            "    for job in (MarketMetricsJob(interval_seconds=10),):\n        registry.register(job)\n",
        ),
        (
            "by a loop over classes",
            "    for job in (MarketMetricsJob,):\n        registry.register(job(interval_seconds=10))\n",
        ),
        (
            "by a loop over a table",
            "    for cls, every in ((MarketMetricsJob, 10),):\n        registry.register(cls(every))\n",
        ),
        (
            "by a loop over a table with names",
            "    for cls, every in ((MarketMetricsJob, 10),):\n        registry.register(cls(interval_seconds=every))\n",
        ),
        (
            "by a table of what it is given",
            "    for cls, given in ((MarketMetricsJob, {\"interval_seconds\": 10}),):\n        registry.register(cls(**given))\n",
        ),
        (
            "by a list of records",
            "    for job in [{\"cls\": MarketMetricsJob, \"every\": 10}]:\n        registry.register(job[\"cls\"](interval_seconds=job[\"every\"]))\n",
        ),
        (
            "by a helper that is given the class",
            "    add(registry, MarketMetricsJob, 10)\n    others(registry)\n\n\ndef add(registry, cls, every):\n    registry.register(cls(interval_seconds=every))\n\n\ndef others(registry):\n",
        ),
        (
            "with what stands elsewhere",
            "    options = load()\n    registry.register(MarketMetricsJob(**options))\n",
        ),
        (
            "with an interval from elsewhere",
            "    registry.register(MarketMetricsJob(interval_seconds=load()))\n",
        ),
        (
            "with an interval that the registry is given",
            "    registry.register(MarketMetricsJob(), interval=load())\n",
        ),
    ];
    for (what, lines) in rows {
        claims(what, &changed(&[(REGISTER, LINE, &registered(lines))], ""), &[]);
    }
    let other: [(&str, &[Edit<'_>]); 8] = [
        (
            "the registry is told more",
            &[(
                REGISTER,
                LAST,
                "    registry.register(ClosedBarFlushJob(interval_seconds=60))\n    registry.started_at = time.time()\n    registry.errors = []\n    registry.stopped.clear()\n    registry.options[\"grace\"] = load()\n    registry.jobs = sorted(registry.jobs, key=str)\n",
            )],
        ),
        (
            "under another name",
            &[
                (
                    REGISTER,
                    IMPORT,
                    "from thor_project.realtime.jobs.metrics import MarketMetricsJob as MMJ, VwapMinuteJob\n",
                ),
                (REGISTER, "register(MarketMetricsJob(", "register(MMJ("),
            ],
        ),
        (
            "under the module's name",
            &[
                (
                    REGISTER,
                    IMPORT,
                    "from thor_project.realtime.jobs import metrics as m\nfrom thor_project.realtime.jobs.metrics import VwapMinuteJob\n",
                ),
                (REGISTER, "register(MarketMetricsJob(", "register(m.MarketMetricsJob("),
            ],
        ),
        (
            "added to a list under another name",
            &[
                (
                    REGISTER,
                    IMPORT,
                    "from thor_project.realtime.jobs.metrics import MarketMetricsJob as MMJ, VwapMinuteJob\n",
                ),
                (REGISTER, LINE, "    registry.jobs.append(MMJ(interval_seconds=10))\n"),
            ],
        ),
        (
            "another job is taken out",
            &[(
                REGISTER,
                LAST,
                "    registry.register(ClosedBarFlushJob(interval_seconds=60))\n    registry.unregister(\"vwap_minute\")\n    registry.jobs = [job for job in registry.jobs if job.name != \"vwap_minute\"]\n",
            )],
        ),
        (
            "another function clears another registry",
            &[(
                ENGINE,
                "def run_heartbeat(",
                "def stop(registry):\n    registry.jobs.clear()\n\n\ndef run_heartbeat(",
            )],
        ),
        (
            "the engine is started by a thread",
            &[(
                COMMAND,
                "        run_heartbeat(tick_seconds=60)\n",
                "        import threading\n\n        threading.Thread(target=run_heartbeat).start()\n",
            )],
        ),
        (
            "a part that nobody needs is not run",
            &[(
                METRICS,
                RUN,
                "        SessionMetric.objects.update_or_create(country=\"USA\", defaults={\"high\": ctx.high})\n        if ctx.verbose:\n            print(ctx)\n            return\n        ctx.done()\n",
            )],
        ),
    ];
    all(&other, &[]);
}
