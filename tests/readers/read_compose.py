"""Reads a Compose file from stdin with compose_spec, which refuses what the specification does not have."""
import sys

from compose_spec import PyCompose

compose = PyCompose.from_yaml(sys.stdin.read())
compose.validate()
for name in sorted(compose.service_names()):
    print(name)
