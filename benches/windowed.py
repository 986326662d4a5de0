"""The windowed comparison as a careful person would write it in Python with the json module: what P2 compares with.

    windowed.py RECORDING     prints {"match": n, "differs": m}

The rule is the tool's: version i, said at r_i, can explain an answer sent at a and received at b iff
r_i - D <= b and r_{i+1} > a - C. Rows are normalised by the rules in the recording's header.
"""

import bisect
import json
import re
import sys
from collections import deque

NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?\Z")
UNITS = {"ms": 10**6, "s": 10**9, "m": 60 * 10**9}


def nanoseconds(text):
    number, unit = re.fullmatch(r"(\d+)(ms|s|m)", text).groups()
    return int(number) * UNITS[unit]


def canonical(value):
    """Numbers by value, whether they stand as numbers (read as text) or in strings."""
    if isinstance(value, str) and "." in value and NUMBER.match(value):
        return value.rstrip("0").rstrip(".")
    return value


class Feature:
    def __init__(self, feature):
        self.key = [pointer.strip("/") for pointer in feature["key"]]
        hidden = feature.get("rest_only", []) + feature.get("ws_only", [])
        self.hidden = {pointer.strip("/") for pointer in hidden}
        self.renamed = {}
        for rule in feature.get("rules", []):
            compare = rule["compare"]
            kind = compare if isinstance(compare, str) else next(iter(compare))
            if kind in ("ignore", "derived"):
                self.hidden.add(rule["rest"].strip("/"))
            if rule["ws"] != rule["rest"]:
                self.renamed[rule["ws"].strip("/")] = rule["rest"].strip("/")
        self.D = nanoseconds(feature["push_delay"])
        self.C = nanoseconds(feature["rest_staleness"])
        source = feature["ws"][0]
        self.types = set(source["types"])
        self.ws_path = source["select"].split("/")[1:]
        self.rest_path = feature["rest"]["select"].split("/")[1:]
        self.is_snapshot = source["carries"] == "snapshot"

    def rows(self, value, path, renamed):
        for name in path:
            value = value[name]
        rows = {}
        for row in value if isinstance(value, list) else [value]:
            compared = [
                (renamed.get(name, name), canonical(field))
                for name, field in row.items()
                if name not in self.hidden and field is not None
            ]
            rows[tuple(row[name] for name in self.key)] = hash(frozenset(compared))
        return rows


class Versions:
    """What was said of one thing, in order."""

    def __init__(self):
        self.times, self.states = [], []

    def say(self, at, state):
        if not self.states or self.states[-1] != state:
            self.times.append(at)
            self.states.append(state)

    def explain(self, state, earliest, latest):
        end = bisect.bisect_right(self.times, latest)
        start = max(bisect.bisect_right(self.times, earliest) - 1, 0)
        return state in self.states[start:end]


def judge(lines):
    header = json.loads(next(lines))
    feature = Feature(header["config"]["features"][0])
    versions, waiting, counts = {}, deque(), {"match": 0, "differs": 0}
    whole = versions.setdefault((), Versions()) if feature.is_snapshot else None

    def explained(rows, earliest, latest):
        if whole:
            return whole.explain(hash(frozenset(rows.items())), earliest, latest)
        return all(key in versions and versions[key].explain(row, earliest, latest) for key, row in rows.items())

    for line in lines:
        event = json.loads(line, parse_float=str, parse_int=str)
        at = int(event["t"])
        while waiting and waiting[0][2] < at:
            counts["match" if explained(*waiting.popleft()) else "differs"] += 1
        if "ws" in event and event["ws"].get("type") in feature.types:
            rows = feature.rows(event["ws"], feature.ws_path, feature.renamed)
            if whole:
                whole.say(at, hash(frozenset(rows.items())))
            else:
                for key, row in rows.items():
                    versions.setdefault(key, Versions()).say(at, row)
        elif "rest" in event:
            rows = feature.rows(event["rest"]["body"], feature.rest_path, {})
            sample = (rows, int(event["rest"]["sent"]) - feature.C, at + feature.D)
            if explained(*sample):
                counts["match"] += 1
            else:
                waiting.append(sample)
    return counts


with open(sys.argv[1], encoding="utf-8") as recording:
    print(json.dumps(judge(recording)))
