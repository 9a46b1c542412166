#!/usr/bin/env python3
"""Holds the load generator of `cleave compare` against other ones, on the same endpoint of the same process.

    cargo build --release && python3 benches/check_generator.py

It starts a monolith on the first processor and asks for products on the last one, with 16 connections: `cleave compare --target`
for its capacity and its median at 500 requests a second, and, in turns with it, `wrk` for the capacity and `oha` for the median, as far as
they are installed. It prints ratios and judges nothing: on a busy machine they are far from 1 by themselves.
"""

import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

TURNS = 3
SECONDS = 4
CONNECTIONS = 16
RATE = 500
REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = REPOSITORY / "target" / "release" / "cleave"


def pinned(processor: int, *command: str) -> list[str]:
    return ["taskset", "-c", str(processor), *command] if shutil.which("taskset") else list(command)


def start(folder: pathlib.Path) -> tuple[subprocess.Popen, str]:
    """A store that answers, and where."""
    data = folder / "data"
    command = pinned(0, str(PROGRAM), "up", "--data-dir", str(data))
    store = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                             stdin=subprocess.PIPE, env={**os.environ, "CLEAVE__PUBLIC__PORT": "0"})
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            run = json.loads((data / "run.json").read_text())
            url = "http://" + run["public"]
            with urllib.request.urlopen(url + "/api/v1/products?limit=1", timeout=1):
                return store, url
        except (OSError, ValueError, KeyError):
            if store.poll() is not None:
                break
            time.sleep(0.1)
    store.kill()
    sys.exit("the store does not come up")


def product_paths(url: str) -> list[str]:
    with urllib.request.urlopen(url + "/api/v1/products?limit=100") as answer:
        return ["/api/v1/products/" + item["id"] for item in json.load(answer)["items"]]


def by_wrk(url: str, script: pathlib.Path) -> float:
    command = pinned(os.cpu_count() - 1, "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", str(script), url)
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in text:
        sys.exit(f"wrk was refused:\n{text}")
    return float(re.search(r"Requests/sec:\s+([0-9.]+)", text)[1])


def by_oha(url: str, path: str) -> float:
    command = pinned(os.cpu_count() - 1, "oha", "--no-tui", "--output-format", "json", "-c", str(CONNECTIONS),
                     "-q", str(RATE), "-z", f"{SECONDS}s", "--latency-correction", url + path)
    report = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return report["latencyPercentiles"]["p50"] * 1e6


def by_cleave(url: str, folder: pathlib.Path) -> tuple[float, float]:
    """Answers a second and the median in µs, of the journey that asks for products."""
    command = [str(PROGRAM), "compare", "--quick", "--experiments", "latency,capacity", "--target", f"it={url}",
               "--out", str(folder / "results")]
    subprocess.run(command, cwd=REPOSITORY, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    results = json.loads((folder / "results" / "results.json").read_text())
    cell = results["journeys"]["product"]["it"]
    return cell["capacity_rps"], cell["p50_us"]


def main() -> None:
    if not PROGRAM.exists():
        sys.exit(f"{PROGRAM} is not there: cargo build --release")
    others = [name for name in ("wrk", "oha") if shutil.which(name)]
    if not others:
        sys.exit("neither wrk nor oha is installed, so there is nothing to hold the generator against")
    with tempfile.TemporaryDirectory(prefix="cleave-generator-") as name:
        folder = pathlib.Path(name)
        store, url = start(folder)
        try:
            paths = product_paths(url)
            script = folder / "products.lua"
            listed = ",".join(f'"{path}"' for path in paths)
            script.write_text(f"local paths = {{{listed}}}\n"
                              "request = function() return wrk.format('GET', paths[math.random(#paths)]) end\n")
            capacities, medians = [], []
            for turn in range(TURNS):
                print(f"turn {turn + 1} of {TURNS}", file=sys.stderr)
                if "wrk" in others:
                    capacities.append(by_wrk(url, script))
                if "oha" in others:
                    medians.append(by_oha(url, paths[turn % len(paths)]))
                if turn == TURNS // 2:
                    capacity, median = by_cleave(url, folder)
            for what, own, other, foreign in [("answers a second", capacity, "wrk", capacities),
                                              ("median µs", median, "oha", medians)]:
                if foreign:
                    theirs = statistics.median(foreign)
                    spread = f"{min(foreign):.0f} to {max(foreign):.0f}"
                    print(f"{what}: cleave {own:.0f}, {other} {theirs:.0f} ({spread}), ratio {own / theirs:.2f}")
                else:
                    print(f"{what}: cleave {own:.0f}; {other} is not installed")
        finally:
            store.terminate()
            store.wait(timeout=20)


if __name__ == "__main__":
    main()
