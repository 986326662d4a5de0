#!/usr/bin/env python3
"""Seeds of a fuzz target, drawn from fixtures/: small files, and a dictionary of the words in them.

    fuzz/seeds.py TARGET FOLDER     writes FOLDER/seeds/* and FOLDER/words
"""

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "fixtures"
# A seed is to be changed a byte at a time: what is longer is cut at a line's or an entry's end.
LONGEST = 4096


def recordings():
    """The header and first lines of each recording that fits."""
    for path in sorted(FIXTURES.glob("*/*.ndjson")):
        kept, size = [], 0
        for line in path.read_text().splitlines(keepends=True):
            size += len(line)
            if size > LONGEST:
                break
            kept.append(line)
        if not kept:
            # a long header: only the format's number is required
            kept = ['{"thor_cutover_recording":1}\n']
            kept += [line for line in path.read_text().splitlines(keepends=True)[1:8] if len(line) < LONGEST]
        yield "".join(kept)


def payloads():
    """Messages and bodies, one of each kind."""
    known = set()
    for path in sorted(FIXTURES.glob("*/recording.ndjson")):
        for line in path.read_text().splitlines()[1:]:
            said = json.loads(line)
            payload = said.get("ws") or said.get("rest", {}).get("body")
            shape = re.sub(r"[0-9.]+", "0", json.dumps(payload))
            if payload is not None and len(shape) < LONGEST and shape not in known and len(known) < 60:
                known.add(shape)
                yield json.dumps(payload, separators=(",", ":"))


def scalars(wanted):
    found = set()
    for text in payloads():
        found.update(re.findall(wanted, text))
    return sorted(found)


def numbers():
    tolerances = ["0.01", "1e-4", "0", ""]
    all_numbers = scalars(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")[:400]
    for place, (one, other) in enumerate(zip(all_numbers, all_numbers[1:])):
        yield f"{one}\n{other}\n{tolerances[place % 4]}"
    yield "1e2\n100.0\n0"
    yield "0.30000000000000004\n0.3\n"
    yield "-0.0e-9\n0\n1"


def env_files():
    """A dialect, a name, a value, then the text."""
    for row in json.loads((FIXTURES / "readers/env_files.json").read_text()):
        for dialect in range(3):
            yield bytes([dialect, 0, 1]) + row["text"].encode()


def configurations():
    for path in sorted(FIXTURES.glob("**/*.toml")):
        yield path.read_text()


def evidence():
    """The entries of exports by themselves, with a place and a change before them."""
    for path in sorted(FIXTURES.glob("**/*.ndjson")):
        entries = []
        for line in path.read_text().splitlines():
            said = json.loads(line)
            if "digest" in said and "entry" in said:
                parts = [json.dumps(said["entry"], separators=(",", ":"))]
                if said.get("reports"):
                    parts.append(json.dumps(said["reports"], separators=(",", ":")))
                entries.append("\t".join(parts))
        for entry in entries:
            yield b"\x00\x02\x01" + entry.encode()
        if len(entries) > 1:
            yield b"\x10\x01\x08" + "\n".join(entries).encode()


def archives():
    """HARs of the first entries of each."""
    for path in sorted(FIXTURES.glob("**/*.har")):
        log = json.loads(path.read_text())
        entries = log["log"]["entries"]
        for entry in entries:
            if "_webSocketMessages" in entry:
                entry["_webSocketMessages"] = entry["_webSocketMessages"][:4]
        sockets = [entry for entry in entries if "_webSocketMessages" in entry]
        for some in (entries[:2], entries[2:3], sockets[:1]):
            log["log"]["entries"] = some
            yield json.dumps(log, separators=(",", ":"))


def frames():
    for place, text in enumerate(payloads()):
        yield bytes([place % 48]) + text.encode()
    for how, text in ((8, '{"type":"a","data":[{"s":"x"},{"s":"y"}]}'), (12, '{"updates":[{"values":[1,{}]}]}'),
                      (16, '{"type":"p","data":"{\\"a\\":1}"}'), (0, '[{"s":"A","x":{"y":1}},{"s":"A","x":{"z":[]}}]')):
        yield bytes([how]) + text.encode()


def texts():
    """What fields and notes hold, and what is markup elsewhere."""
    yield from scalars(r'"[^"]{3,60}"')[:80]
    yield from ("<b>", "[a](b)", "![a](b)", "`a`", "**a**", "1. a", "- a", "    a", "| a |", "# a", "> a", "~~a~~",
                "http://a.example", "www.a.example", "a@b.example", "@a", "&amp;", "<!-- -->", "::error::a", "\u202e\u001b[2J")


def worlds():
    """Forty seconds of a market, for features of each shape: as `arbitrary` reads a `World` from bytes."""
    market = bytes([1, 0, 0, 0, 0, 40, 50, 0])
    for carries in range(3):
        for keyed in range(2):
            for wrong in range(2):
                shape = [carries, 0, keyed, 0, 0, 0, 0, 0, 0, 0, 100, 50]
                yield bytes([*shape, wrong]) + market


SEEDS = {
    "configuration": configurations,
    "cursor": payloads,
    "engine": worlds,
    "env_file": env_files,
    "frames": frames,
    "har": archives,
    "instants": lambda: (b"\xff\xff\xff\xff" + text.strip('"').encode() for text in scalars(r'"\d{4}-\d\d-[^"]+"')),
    "ledger": evidence,
    "markdown": texts,
    "numbers": numbers,
    "recording": recordings,
    "reports": texts,
}


def main():
    target, folder = sys.argv[1], Path(sys.argv[2])
    seeds = folder / "seeds"
    seeds.mkdir(parents=True, exist_ok=True)
    words = set()
    for place, seed in enumerate(SEEDS[target]()):
        seed = seed.encode() if isinstance(seed, str) else seed
        seed = seed.encode() if isinstance(seed, str) else seed
        if len(seed) <= 2 * LONGEST:
            (seeds / f"{place:03}").write_bytes(seed)
        words.update(re.findall(rb"[A-Za-z_][A-Za-z_0-9-]{2,31}", seed))
    lines = sorted(word.decode() for word in words)[:1000]
    (folder / "words").write_text("".join(f'"{word}"\n' for word in lines))


if __name__ == "__main__":
    main()
