"""Measures what one account costs a `watch`: the numbers of docs/capacity.md, on stdout; progress on stderr.

`capacity.py TOOL FLOOD [SECONDS]`: a service observes so many embedded Thors at the contract's pace, each an account of
its own, and is looked at by /proc and by its own /metrics. Costs are slopes between a few accounts and many, so that
what the process needs by itself is not counted. FLOOD is `cargo build --bench flood`, of any profile.
"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import datetime, timedelta, timezone
from pathlib import Path

TOOL, FLOOD = (str(Path(word).absolute()) for word in sys.argv[1:3])
SECONDS = int(sys.argv[3]) if len(sys.argv) > 3 else 60
SETTLED = SECONDS // 3
TICK = os.sysconf("SC_CLK_TCK")
FEATURES = ["account_balance", "positions", "intraday", "global_market"]
ENVIRONMENT = {"PATH": os.environ["PATH"], "THOR_USER": "trader@thor.test", "THOR_PASSWORD": "correct-horse-battery"}


def configuration(urls, features, every):
    opens = datetime.now(timezone.utc) - timedelta(seconds=5)
    closes = opens + timedelta(hours=2)
    lines = ['contract = "thor-a"', "[[session]]", 'name = "measured"', 'time_zone = "UTC"']
    lines += [f'open = "{opens:%H:%M:%S}"', f'close = "{closes:%H:%M:%S}"']
    lines += ['days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]', f"features = {json.dumps(features)}"]
    for feature in features if every else []:
        lines += [f"[features.{feature}]", f'rest = {{ every = "{every}" }}']
    for at, url in enumerate(urls):
        lines += ["[[target]]", f'name = "t{at}"', f"features = {json.dumps(features)}"]
        lines += [f'backend = {{ rest_url = "{url}" }}']
    return "\n".join(lines) + "\n"


class Process:
    """What the kernel says of the service."""

    def __init__(self, pid):
        self.folder = Path(f"/proc/{pid}")

    def cpu(self):
        used = (self.folder / "stat").read_text().rsplit(")", 1)[1].split()
        return (int(used[11]) + int(used[12])) / TICK

    def status(self, name):
        return int(re.search(rf"^{name}:\s+(\d+)", (self.folder / "status").read_text(), re.M)[1])

    def open_files(self):
        """All of them, and which of them are sockets."""
        kinds = []
        for entry in (self.folder / "fd").iterdir():
            try:
                kinds.append(os.readlink(entry).startswith("socket:"))
            except FileNotFoundError:
                pass
        return len(kinds), sum(kinds)


def scraped(address):
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=30) as answer:
        return answer.read().decode()


def total(exposition, name):
    return sum(float(line.rsplit(" ", 1)[1]) for line in exposition.splitlines() if line.startswith(name))


def recorded(folder):
    return sum(file.stat().st_size for file in Path(folder).rglob("*.ndjson.zst"))


def measured(accounts, features=FEATURES, every=None, holdings=6):
    """One service for a while; what it used from when it had settled."""
    flood = subprocess.Popen([FLOOD, "emulate", str(accounts), str(holdings)], stdout=subprocess.PIPE, text=True)
    urls = [flood.stdout.readline().split()[0] for _ in range(accounts)]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "thor-cutover.toml").write_text(configuration(urls, features, every))
        words = [TOOL, "watch", "--listen", "127.0.0.1:0", "--format", "json"]
        log = open(Path(folder, "log"), "w")
        service = subprocess.Popen(words, cwd=folder, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=log)
        try:
            address = None
            for _ in range(600):
                said = Path(folder, "log").read_text()
                if found := re.search(r"metrics on http://([^/]+)/", said):
                    address = found[1]
                    break
                time.sleep(0.1)
            time.sleep(SETTLED)
            process = Process(service.pid)
            before, cpu, begun, bytes_before = scraped(address), process.cpu(), time.time(), recorded(folder)
            time.sleep(SECONDS - SETTLED)
            after, took = scraped(address), time.time() - begun
            cpu = process.cpu() - cpu
            assert total(after, "thor_cutover_windows_open") == accounts, Path(folder, "log").read_text()[-2000:]

            def grown(name):
                name = f"thor_cutover_{name}_total"
                return (total(after, name) - total(before, name)) / took

            result = {
                "accounts": accounts,
                "features": len(features),
                "every": every,
                "holdings": holdings,
                "seconds": round(took, 1),
                "cpu": cpu / took,
                "messages": grown("messages"),
                "answers": grown("samples"),
                "resident": process.status("VmRSS") * 1024,
                "threads": process.status("Threads"),
            }
            result["files"], result["sockets"] = process.open_files()
            service.send_signal(signal.SIGTERM)
            service.communicate(timeout=60)
            result["recorded"] = recorded(folder)
            result["whole"] = (total(after, "thor_cutover_messages_total"), total(after, "thor_cutover_samples_total"))
            result["ledger"] = Path(folder, ".thor-cutover/evidence.db").stat().st_size
            print(json.dumps(result), file=sys.stderr, flush=True)
            return result
        finally:
            service.kill()
            flood.kill()


def slope(few, many, name):
    return (many[name] - few[name]) / (many["accounts"] - few["accounts"])


few, many = measured(2), measured(32)
one_feature = measured(32, FEATURES[:1])
quick = measured(32, every="500ms")
wide = measured(32, holdings=206)
unit = {
    "process memory": few["resident"] - 2 * slope(few, many, "resident"),
    "account memory": slope(few, many, "resident"),
    "feature memory": (many["resident"] - one_feature["resident"]) / 32 / 3,
    "entity memory": (wide["resident"] - many["resident"]) / 32 / 200,
    "account threads": slope(few, many, "threads"),
    "account connections": slope(few, many, "sockets"),
    "account files": slope(few, many, "files"),
    "answer cpu": (quick["cpu"] - many["cpu"]) / (quick["answers"] - many["answers"]),
    "account cpu": slope(few, many, "cpu"),
    "account messages": slope(few, many, "messages"),
    "account answers": slope(few, many, "answers"),
    "recorded per event": (many["recorded"] / sum(many["whole"])),
    "recorded per account and second": many["recorded"] / 32 / (SECONDS + 2),
    "ledger per run": many["ledger"] / 32,
}
for name, value in unit.items():
    print(f"{name}\t{value:.6g}")
