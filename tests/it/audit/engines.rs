//! What a tree claims of the jobs whose engine changed: a loop that no longer goes round, a registry that no longer
//! keeps or runs them, a process that nothing starts. Each hostile row has its innocent twin.

use super::claims::{Edit, all};

const ENGINE: &str = "thor-backend/thor_project/realtime/engine.py";
const REGISTRY: &str = "thor-backend/thor_project/realtime/registry.py";
const COMMAND: &str = "thor-backend/LiveData/management/commands/run_heartbeat.py";
const COMPOSE: &str = "docker-compose.yml";
const FEED: &str = "thor-backend/LiveData/feed.py";

/// The features whose timer the job is.
const SERVED: [&str; 3] = ["account_balance", "global_market", "positions"];

const LOOP: &str = "    while True:\n        tick += 1\n        registry.run_due(ctx)\n        if tick % ANNOUNCE_EVERY == 0:\n            announce(tick)\n        time.sleep(tick_seconds)\n";
const MADE: &str = "    registry = JobRegistry()\n    register_all_jobs(registry)\n";
const KEEPS: &str = "        self.jobs.append(job)\n";
const RUNS: &str =
    "        for job in self.jobs:\n            if job.should_run(ctx):\n                job.run(ctx)\n";
const RUN_DUE: &str = "    def run_due(self, ctx):\n        for job in self.jobs:\n            if job.should_run(ctx):\n                job.run(ctx)\n";
const CLASS: &str = "class JobRegistry:\n";
const SERVICE: &str = "  heartbeat:\n    build: thor-backend\n    command: python manage.py run_heartbeat\n";

#[test]
fn a_loop_that_goes_round_no_more_is_a_claim() {
    let rows: [(&str, &[Edit<'_>]); 16] = [
        (
            "a day apart, in what it calls",
            &[
                (REGISTRY, RUNS, &format!("{RUNS}        time.sleep(86400)\n")),
                (REGISTRY, CLASS, "import time\n\n\nclass JobRegistry:\n"),
            ],
        ),
        (
            "in a thread that nothing starts",
            &[
                (
                    ENGINE,
                    LOOP,
                    "    beat = threading.Thread(target=turn, args=(registry, tick_seconds, ctx), daemon=True)\n    beat.name = \"beat\"\n\n\ndef turn(registry, pause, ctx):\n    while True:\n        registry.run_due(ctx)\n        time.sleep(pause)\n",
                ),
                (ENGINE, "import time\n", "import threading\nimport time\n"),
            ],
        ),
        ("the process ends before", &[(ENGINE, "    while True:\n", "    sys.exit(0)\n    while True:\n")]),
        (
            "the process ends in it",
            &[(ENGINE, "        time.sleep(tick_seconds)\n", "        os._exit(0)\n")],
        ),
        (
            "once, by an error that nobody catches",
            &[(
                ENGINE,
                "        time.sleep(tick_seconds)\n",
                "        try:\n            raise SystemExit\n        finally:\n            time.sleep(tick_seconds)\n",
            )],
        ),
        ("never", &[(ENGINE, "    while True:\n", "    while False:\n")]),
        ("once, by a break", &[(ENGINE, "        time.sleep(tick_seconds)\n", "        break\n")]),
        (
            "once, by a return",
            &[(
                ENGINE,
                "        time.sleep(tick_seconds)\n",
                "        time.sleep(tick_seconds)\n        return\n",
            )],
        ),
        ("a few times", &[(ENGINE, "    while True:\n", "    for _ in range(3):\n")]),
        (
            "a few times, counted",
            &[(
                ENGINE,
                "        time.sleep(tick_seconds)\n",
                "        time.sleep(tick_seconds)\n        if tick > 3:\n            break\n",
            )],
        ),
        ("it runs nothing", &[(ENGINE, "        registry.run_due(ctx)\n", "")]),
        (
            "it runs nothing, by a constant",
            &[(
                ENGINE,
                "        registry.run_due(ctx)\n",
                "        if False:\n            registry.run_due(ctx)\n",
            )],
        ),
        (
            "where the environment says so",
            &[
                (
                    ENGINE,
                    "        registry.run_due(ctx)\n",
                    "        if os.environ.get(\"HEARTBEAT\"):\n            registry.run_due(ctx)\n",
                ),
                (ENGINE, "import time\n", "import os\nimport time\n"),
            ],
        ),
        ("a day apart", &[(COMMAND, "tick_seconds=60", "tick_seconds=86400")]),
        ("a day apart, in the loop", &[(ENGINE, "time.sleep(tick_seconds)", "time.sleep(24 * 3600)")]),
        (
            "without a loop",
            &[(
                ENGINE,
                LOOP,
                "    registry.run_due(ctx)\n    announce(tick)\n    time.sleep(tick_seconds)\n",
            )],
        ),
    ];
    all(&rows, &SERVED);
}

#[test]
fn a_loop_that_goes_round_in_other_words_is_none() {
    let rows: [(&str, &[Edit<'_>]); 12] = [
        (
            "with a short pause in what it calls",
            &[
                (REGISTRY, RUNS, &format!("{RUNS}        time.sleep(0.01)\n")),
                (REGISTRY, CLASS, "import time\n\n\nclass JobRegistry:\n"),
            ],
        ),
        (
            "in a thread that is started",
            &[
                (
                    ENGINE,
                    LOOP,
                    "    beat = threading.Thread(target=turn, args=(registry, tick_seconds, ctx), daemon=True)\n    beat.start()\n    beat.join()\n\n\ndef turn(registry, pause, ctx):\n    while True:\n        registry.run_due(ctx)\n        time.sleep(pause)\n",
                ),
                (ENGINE, "import time\n", "import threading\nimport time\n"),
            ],
        ),
        (
            "until something stops it",
            &[
                (ENGINE, "    while True:\n", "    while not stop.is_set():\n"),
                (ENGINE, "        time.sleep(tick_seconds)\n", "        stop.wait(tick_seconds)\n"),
                (ENGINE, "ANNOUNCE_EVERY = 30\n", "ANNOUNCE_EVERY = 30\nstop = threading.Event()\n"),
                (ENGINE, "import time\n", "import threading\nimport time\n"),
            ],
        ),
        (
            "with a way out",
            &[(
                ENGINE,
                "        time.sleep(tick_seconds)\n",
                "        time.sleep(tick_seconds)\n        if stopped():\n            break\n",
            )],
        ),
        (
            "with errors caught",
            &[(
                ENGINE,
                "        registry.run_due(ctx)\n",
                "        try:\n            registry.run_due(ctx)\n        except Exception:\n            logger.exception(\"tick %s\", tick)\n",
            )],
        ),
        (
            "with an end to the process",
            &[(
                ENGINE,
                "        time.sleep(tick_seconds)\n",
                "        time.sleep(tick_seconds)\n        if stopped():\n            sys.exit(0)\n",
            )],
        ),
        ("oftener", &[(COMMAND, "tick_seconds=60", "tick_seconds=30")]),
        (
            "counted",
            &[(ENGINE, "    while True:\n        tick += 1\n", "    for tick in itertools.count(1):\n")],
        ),
        (
            "in a class",
            &[(
                ENGINE,
                LOOP,
                "    Engine(registry, tick_seconds).run_forever(ctx)\n\n\nclass Engine:\n    def __init__(self, registry, pause):\n        self.registry = registry\n        self.pause = pause\n\n    def run_forever(self, ctx):\n        while True:\n            self.registry.run_due(ctx)\n            time.sleep(self.pause)\n",
            )],
        ),
        (
            "in a coroutine",
            &[
                (
                    ENGINE,
                    LOOP,
                    "    asyncio.run(beat(registry, tick_seconds, ctx))\n\n\nasync def beat(registry, pause, ctx):\n    while True:\n        registry.run_due(ctx)\n        await asyncio.sleep(pause)\n",
                ),
                (ENGINE, "import time\n", "import asyncio\nimport time\n"),
            ],
        ),
        (
            "first once, then again and again",
            &[(ENGINE, "    while True:\n", "    registry.run_due(ctx)\n    while True:\n")],
        ),
        (
            "by a timer that starts itself again",
            &[
                (
                    ENGINE,
                    LOOP,
                    "    beat(registry, tick_seconds, ctx)\n\n\ndef beat(registry, pause, ctx):\n    registry.run_due(ctx)\n    threading.Timer(pause, beat, (registry, pause, ctx)).start()\n",
                ),
                (ENGINE, "import time\n", "import threading\nimport time\n"),
            ],
        ),
    ];
    all(&rows, &[]);
}

#[test]
fn a_registry_that_does_not_run_what_it_was_given_is_a_claim() {
    let rows: [(&str, &[Edit<'_>]); 21] = [
        ("it empties its list", &[(REGISTRY, RUNS, &format!("{RUNS}        self.jobs = []\n"))]),
        ("it clears its list", &[(REGISTRY, RUNS, &format!("        self.jobs.clear()\n{RUNS}"))]),
        ("it returns at once", &[(REGISTRY, RUNS, &format!("        return\n{RUNS}"))]),
        ("it cannot", &[(REGISTRY, RUN_DUE, "")]),
        ("it passes", &[(REGISTRY, RUNS, "        pass\n")]),
        ("it only asks", &[(REGISTRY, "                job.run(ctx)\n", "                ctx.ready(job)\n")]),
        (
            "not this one",
            &[(
                REGISTRY,
                "if job.should_run(ctx):",
                "if job.name != \"market_metrics\" and job.should_run(ctx):",
            )],
        ),
        (
            "not those",
            &[
                (
                    REGISTRY,
                    "            if job.should_run",
                    "            if job.name in SKIP:\n                continue\n            if job.should_run",
                ),
                (REGISTRY, CLASS, "SKIP = {\"market_metrics\"}\n\n\nclass JobRegistry:\n"),
            ],
        ),
        (
            "not what the settings say",
            &[(
                REGISTRY,
                "            if job.should_run",
                "            if job.name in settings.RETIRED:\n                continue\n            if job.should_run",
            )],
        ),
        (
            "only one class",
            &[
                (REGISTRY, "if job.should_run(ctx):", "if isinstance(job, Other) and job.should_run(ctx):"),
                (REGISTRY, "class Job:\n", "class Other:\n    pass\n\n\nclass Job:\n"),
            ],
        ),
        (
            "by a predicate",
            &[
                (REGISTRY, "if job.should_run(ctx):", "if wanted(job) and job.should_run(ctx):"),
                (
                    REGISTRY,
                    CLASS,
                    "def wanted(job):\n    return job.name not in (\"market_metrics\",)\n\n\nclass JobRegistry:\n",
                ),
            ],
        ),
        ("a part of them", &[(REGISTRY, "for job in self.jobs:", "for job in self.jobs[2:]:")]),
        (
            "those of a list that leaves some out",
            &[(
                REGISTRY,
                "for job in self.jobs:",
                "for job in [job for job in self.jobs if job.name != \"market_metrics\"]:",
            )],
        ),
        (
            "those of a method that leaves some out",
            &[(
                REGISTRY,
                RUN_DUE,
                "    def due(self, ctx):\n        return [job for job in self.jobs if job.name not in {\"market_metrics\"}]\n\n    def run_due(self, ctx):\n        for job in self.due(ctx):\n            job.run(ctx)\n",
            )],
        ),
        (
            "those of a generator that leaves some out",
            &[(
                REGISTRY,
                RUN_DUE,
                "    def due(self, ctx):\n        for job in self.jobs:\n            if job.name == \"market_metrics\":\n                continue\n            yield job\n\n    def run_due(self, ctx):\n        for job in self.due(ctx):\n            job.run(ctx)\n",
            )],
        ),
        (
            "the first",
            &[(
                REGISTRY,
                "                job.run(ctx)\n",
                "                job.run(ctx)\n            break\n",
            )],
        ),
        ("it keeps nothing", &[(REGISTRY, KEEPS, "        pass\n")]),
        ("it only says so", &[(REGISTRY, KEEPS, "        print(job)\n")]),
        (
            "it keeps the others",
            &[(
                REGISTRY,
                KEEPS,
                "        if job.name == \"market_metrics\":\n            return\n        self.jobs.append(job)\n",
            )],
        ),
        (
            "it keeps those that are enabled",
            &[
                (REGISTRY, KEEPS, "        if job.enabled:\n            self.jobs.append(job)\n"),
                (REGISTRY, "    name = \"job\"\n", "    name = \"job\"\n    enabled = False\n"),
            ],
        ),
        (
            "another one runs",
            &[(ENGINE, MADE, "    registry = JobRegistry()\n    register_all_jobs(JobRegistry())\n")],
        ),
    ];
    all(&rows, &SERVED);
}

#[test]
fn a_registry_that_runs_in_other_words_is_none() {
    let rows: [(&str, &[Edit<'_>]); 15] = [
        (
            "out of a list that it fills again",
            &[(
                REGISTRY,
                RUNS,
                "        for job in list(self.jobs):\n            self.jobs.remove(job)\n            if job.should_run(ctx):\n                job.run(ctx)\n            self.jobs.append(job)\n",
            )],
        ),
        (
            "with errors caught",
            &[(
                REGISTRY,
                "                job.run(ctx)\n",
                "                try:\n                    job.run(ctx)\n                except Exception:\n                    log.exception(job.name)\n",
            )],
        ),
        (
            "by another name",
            &[(REGISTRY, "def run_due", "def tick_all"), (ENGINE, "registry.run_due", "registry.tick_all")],
        ),
        ("on a pool", &[(REGISTRY, "job.run(ctx)", "self.pool.submit(job.run, ctx)")]),
        ("of a copy", &[(REGISTRY, "for job in self.jobs:", "for job in list(self.jobs):")]),
        (
            "in an order",
            &[(REGISTRY, "for job in self.jobs:", "for job in sorted(self.jobs, key=lambda it: it.name):")],
        ),
        (
            "those of a generator",
            &[(
                REGISTRY,
                RUN_DUE,
                "    def due(self, ctx):\n        for job in self.jobs:\n            if job.should_run(ctx):\n                yield job\n\n    def run_due(self, ctx):\n        for job in self.due(ctx):\n            job.run(ctx)\n",
            )],
        ),
        (
            "those of a list",
            &[(
                REGISTRY,
                RUNS,
                "        due = [job for job in self.jobs if job.should_run(ctx)]\n        for job in due:\n            job.run(ctx)\n",
            )],
        ),
        (
            "by name",
            &[
                (REGISTRY, "self.jobs = []", "self.jobs = {}"),
                (REGISTRY, KEEPS, "        self.jobs[job.name] = job\n"),
                (REGISTRY, "for job in self.jobs:", "for name, job in self.jobs.items():"),
            ],
        ),
        (
            "each once",
            &[(
                REGISTRY,
                KEEPS,
                "        if job in self.jobs:\n            return\n        self.jobs.append(job)\n",
            )],
        ),
        (
            "but for those that failed",
            &[
                (
                    REGISTRY,
                    "            if job.should_run",
                    "            if job.name in self.failed:\n                continue\n            if job.should_run",
                ),
                (REGISTRY, "self.jobs = []", "self.jobs = []\n        self.failed = set()"),
            ],
        ),
        (
            "but for others",
            &[(
                REGISTRY,
                "            if job.should_run",
                "            if job.name == \"vwap_minute\":\n                continue\n            if job.should_run",
            )],
        ),
        (
            "those that are enabled",
            &[
                (REGISTRY, KEEPS, "        if job.enabled:\n            self.jobs.append(job)\n"),
                (REGISTRY, "    name = \"job\"\n", "    name = \"job\"\n    enabled = True\n"),
            ],
        ),
        (
            "one for the whole process",
            &[
                (REGISTRY, "class Job:\n", "registry = JobRegistry()\n\n\nclass Job:\n"),
                (ENGINE, "import JobRegistry\n", "import registry\n"),
                (ENGINE, MADE, "    register_all_jobs(registry)\n"),
            ],
        ),
        (
            "by a step of its own",
            &[(
                REGISTRY,
                RUNS,
                "        for job in self.jobs:\n            self._step(job, ctx)\n\n    def _step(self, job, ctx):\n        if job.should_run(ctx):\n            job.run(ctx)\n",
            )],
        ),
    ];
    all(&rows, &[]);
}

#[test]
fn a_process_that_nothing_starts_is_a_claim() {
    let rows: [(&str, &[Edit<'_>]); 6] = [
        ("its service is gone", &[(COMPOSE, SERVICE, "")]),
        ("its service does something else", &[(COMPOSE, "manage.py run_heartbeat", "manage.py migrate")]),
        (
            "its service waits for a profile",
            &[(COMPOSE, SERVICE, &format!("{SERVICE}    profiles: [legacy]\n"))],
        ),
        (
            "its service has no replica",
            &[(COMPOSE, SERVICE, &format!("{SERVICE}    deploy:\n      replicas: 0\n"))],
        ),
        ("its service is scaled to nothing", &[(COMPOSE, SERVICE, &format!("{SERVICE}    scale: 0\n"))]),
        (
            "its service is a comment",
            &[(COMPOSE, SERVICE, "  # heartbeat: python manage.py run_heartbeat\n")],
        ),
    ];
    all(&rows, &SERVED);
}

#[test]
fn a_process_that_is_started_in_other_words_is_none() {
    let rows: [(&str, &[Edit<'_>]); 5] = [
        ("by another service", &[(COMPOSE, "  heartbeat:\n", "  beat:\n")]),
        (
            "by a list of words",
            &[(
                COMPOSE,
                "command: python manage.py run_heartbeat",
                "command: [\"python\", \"manage.py\", \"run_heartbeat\"]",
            )],
        ),
        (
            "by a script",
            &[
                (COMPOSE, "command: python manage.py run_heartbeat", "command: ./beat.sh"),
                ("thor-backend/beat.sh", "", "#!/bin/sh\nexec python manage.py run_heartbeat\n"),
            ],
        ),
        ("with two replicas", &[(COMPOSE, SERVICE, &format!("{SERVICE}    deploy:\n      replicas: 2\n"))]),
        (
            "by the server itself",
            &[
                (COMPOSE, SERVICE, ""),
                (
                    FEED,
                    "    check_token()\n",
                    "    check_token()\n    threading.Thread(target=run_heartbeat, daemon=True).start()\n",
                ),
                (
                    FEED,
                    "import time\n",
                    "import time\n\nfrom thor_project.realtime.engine import run_heartbeat\n",
                ),
            ],
        ),
    ];
    all(&rows, &[]);
}

/// Functions that lead from the process's start to the engine: one calls the next, or all of them call it and only the
/// last one is called.
fn far(in_a_row: bool, count: usize) -> String {
    let mut text = "from thor_project.realtime.engine import run_heartbeat\n".to_owned();
    for index in 0..count {
        let next = match in_a_row && index > 0 {
            true => format!("step{}()", index - 1),
            false => "run_heartbeat(tick_seconds=60)".to_owned(),
        };
        text.push_str(&format!("\n\ndef step{index}():\n    {next}\n"));
    }
    text
}

#[test]
fn what_lies_too_far_from_the_start_is_not_known_to_run() {
    for (in_a_row, count, wanted) in
        [(true, 6, &[][..]), (false, 30, &[]), (true, 16, &SERVED), (false, 320, &SERVED)]
    {
        let (text, call) = (far(in_a_row, count), format!("step{}()", count - 1));
        let edits = [
            ("thor-backend/thor_project/realtime/steps.py", "", text.as_str()),
            (COMMAND, "run_heartbeat(tick_seconds=60)", call.as_str()),
            (
                COMMAND,
                "from thor_project.realtime.engine import run_heartbeat",
                "from thor_project.realtime.steps import *",
            ),
        ];
        all(&[(&format!("{count} functions, in a row: {in_a_row}"), &edits)], wanted);
    }
}
