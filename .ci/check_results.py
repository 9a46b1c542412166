"""Checks that a results.json of `cleave compare` is whole: every journey has requests, and a latency, in every topology.

It judges no figure: a shared machine is no place to fail a build for a slow run.
"""

import json
import math
import sys


def faults(results: dict) -> list[str]:
    found = []
    if results.get("schema_version") != 2:
        found.append(f"schema_version is {results.get('schema_version')!r}, not 2")
    topologies = results.get("topologies") or []
    if len(topologies) < 2:
        found.append(f"topologies are {topologies!r}: at least two are compared")
    journeys = results.get("journeys") or {}
    if not journeys:
        found.append("there is no journey")
    for journey, by_topology in journeys.items():
        for topology in topologies:
            measured = by_topology.get(topology)
            if measured is None:
                found.append(f"journey {journey} was not measured in {topology}")
                continue
            if not measured["requests"] > 0:
                found.append(f"journey {journey} in {topology} has no request")
            if measured["errors"] != 0:
                found.append(f"journey {journey} in {topology} has {measured['errors']} errors")
            for figure in ("p50_us", "p99_us"):
                value = measured[figure]
                if not (isinstance(value, (int, float)) and math.isfinite(value) and value > 0):
                    found.append(f"journey {journey} in {topology} has {figure} {value!r}")
    return found


def main() -> int:
    path = sys.argv[1]
    with open(path, encoding="utf-8") as file:
        results = json.load(file)
    found = faults(results)
    for fault in found:
        print(f"{path}: {fault}", file=sys.stderr)
    if not found:
        print(f"{path}: whole, {len(results['journeys'])} journeys in {len(results['topologies'])} topologies")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
