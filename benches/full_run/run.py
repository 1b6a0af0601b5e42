"""Measures the comparison of a full run against its peers:

    python3 benches/full_run/run.py [--customers 1000000] [--rounds 7]

Makes an export of a million customers and what was known of them, once as a bulk operation exports them
and once with rows three times as wide; has each program compare them, in turn and several times, alone
on one processor; checks that all of them find the same; and prints two tables. Needs Linux, a Rust
toolchain, Python 3.11 and about 2 GB of disk under target/.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WORK = ROOT / "target" / "bench"
PINNED = ["duckdb==2.0.0", "polars==2.1.0"]
OURS, BASELINE = "this project", "DuckDB"


def prepare():
    """Builds our programs and installs the peers."""
    environment = dict(os.environ, CARGO_TARGET_DIR=str(WORK))
    subprocess.run(
        ["cargo", "build", "--release", "--locked", "-p", "comparison", "--examples"],
        cwd=ROOT, env=environment, check=True)
    python = WORK / "venv" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", WORK / "venv"], check=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", *PINNED], check=True)
    programs, peers = WORK / "release" / "examples", HERE / "peers"
    return {
        OURS: [programs / "compare"],
        BASELINE: [python, peers / "duckdb_peer.py"],
        "polars": [python, peers / "polars_peer.py"],
        "serde_json and a map, in Rust": [programs / "compare_plainly"],
        "the cookbook's way, in Python": [python, peers / "cookbook_peer.py"],
    }


def data(customers, form):
    """The export and what was known, made once."""
    folder = WORK / "data"
    folder.mkdir(parents=True, exist_ok=True)
    export, previous = folder / f"{form}-{customers}.jsonl", folder / f"{form}-{customers}.tsv"
    if not previous.exists() or not export.exists():
        partial = [path.with_name(path.name + ".partial") for path in (export, previous)]
        subprocess.run([sys.executable, HERE / "generate.py", str(customers), *partial, form], check=True)
        partial[0].rename(export)
        partial[1].rename(previous)
    return export, previous


def measure(command, files, out, processor):
    """One run: seconds by the clock, seconds of the processor, and the most memory in MB."""
    began = time.perf_counter()
    child = subprocess.Popen(
        [*command, *files, out], preexec_fn=lambda: os.sched_setaffinity(0, {processor}))
    _, status, used = os.wait4(child.pid, 0)
    wall = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{command[-1]} failed")
    report = json.loads(out.read_text())
    # A peer in Python tells its time without loading its libraries.
    wall = report.get("wall", wall)
    return wall, report.get("processor", used.ru_utime + used.ru_stime), used.ru_maxrss / 1000, report


def found(report):
    """What all have to agree on."""
    segments = {name: sums for name, sums in report["segments"].items() if name}
    sums = {name: (s["customers"], s["orders"], round(s["spend"], 2)) for name, s in segments.items()}
    return report["differing"], sums


def compare(programs, files, rounds, processor):
    out = WORK / "data" / "out.json"
    files[0].read_bytes()  # into the page cache
    runs = {name: [] for name in programs}
    expected = None
    for _ in range(rounds):
        for name, command in programs.items():
            *figures, report = measure(command, files, out, processor)
            expected = expected or found(report)
            if found(report) != expected:
                sys.exit(f"{name} found {found(report)}, not {expected}")
            runs[name].append(figures)
    return runs, expected


def table(runs):
    medians = {name: [statistics.median(column) for column in zip(*figures)] for name, figures in runs.items()}
    wall, processor, memory = medians[BASELINE]
    print("| program | seconds | of the processor | ÷ DuckDB | MB at most | ÷ DuckDB |")
    print("|---|---|---|---|---|---|")
    for name, (own_wall, own_processor, own_memory) in medians.items():
        print(f"| {name} | {own_wall:.2f} | {own_processor:.2f} | {own_processor / processor:.2f} "
              f"| {own_memory:.0f} | {own_memory / memory:.2f} |")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--customers", type=int, default=1_000_000)
    arguments.add_argument("--rounds", type=int, default=7)
    arguments = arguments.parse_args()
    programs = prepare()
    processor = max(os.sched_getaffinity(0))
    for form, title in [("usual", "As exported"), ("wide", "Three times as wide")]:
        files = data(arguments.customers, form)
        runs, (differing, _) = compare(programs, files, arguments.rounds, processor)
        size = files[0].stat().st_size / 1e6
        print(f"\n{title}: {size:.0f} MB, {arguments.customers} customers, {differing} differ; "
              f"medians of {arguments.rounds} runs\n")
        table(runs)


if __name__ == "__main__":
    main()
