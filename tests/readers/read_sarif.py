"""Reads SARIF from stdin with a reader that is not ours, checks what code scanning relies on, prints counts."""
import sys

from sarif_pydantic import Sarif

log = Sarif.model_validate_json(sys.stdin.read())
assert log.version == "2.1.0", log.version
(run,) = log.runs
rules = run.tool.driver.rules
results = run.results
fingerprints = set()
for result in results:
    assert rules[result.rule_index].id == result.rule_id, result.rule_id
    assert result.message.text, result
    for location in result.locations:
        place = location.physical_location
        assert place.region.start_line >= 1, result
        assert not place.artifact_location.uri.startswith("/") and " " not in place.artifact_location.uri, result
    fingerprint = result.partial_fingerprints["thorCutover/v1"]
    assert fingerprint not in fingerprints, f"{fingerprint} twice"
    fingerprints.add(fingerprint)
levels = {level: sum(result.level.value == level for result in results) for level in ("error", "warning", "note")}
print(len(results), len(rules), levels["error"], levels["warning"], levels["note"])
