"""Measures the comparison of a full run against its peers:

    python3 benches/full_run/run.py [--customers 1000000] [--rounds 5]

Makes an export of a million customers and what was known of them, once as a bulk operation exports them
and once with rows three times as wide; has each program compare them, in turn and several times, alone
on one processor; checks that all of them find the same; and prints two tables. A third one is of our
program alone: the export in random order, and with nothing known before. Needs Linux, a Rust toolchain,
Python 3.11 and about 3 GB of disk under target/.
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
DATA = WORK / "data"
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


def make(arguments, *files):
    """Has files made, unless all of them are there: each is whole or not there."""
    files[0].parent.mkdir(parents=True, exist_ok=True)
    if all(file.exists() for file in files):
        return
    partial = [file.with_name(file.name + ".partial") for file in files]
    before, after = arguments
    subprocess.run([sys.executable, HERE / "generate.py", *before, *partial, *after], check=True)
    for made, file in zip(partial, files):
        made.rename(file)


def data(customers, form):
    """The export and what was known, made once."""
    export, previous = DATA / f"{form}-{customers}.jsonl", DATA / f"{form}-{customers}.tsv"
    make(([str(customers)], [form]), export, previous)
    return export, previous


def other_data(customers):
    """The usual export in other orders, and with nothing known before, made once."""
    export, previous = data(customers, "usual")
    shuffled, nothing = DATA / f"shuffled-{customers}.jsonl", DATA / "nothing.tsv"
    make((["shuffle", export], []), shuffled)
    make((["forget"], []), nothing)
    return {
        "nothing known before": (export, nothing),
        "the export in random order": (shuffled, previous),
        "in random order, and nothing known": (shuffled, nothing),
    }


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
    out = DATA / "out.json"
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


def other_orders(command, customers, expected, rounds, processor):
    """Our program over the usual export in other orders. It has to find the same sums; whoever has a
    segment differs from nothing."""
    differing, sums = expected
    placed = sum(customers for customers, _, _ in sums.values())
    print(f"\nOther orders, {OURS} alone; medians of {rounds} runs\n")
    print("| case | customers who differ | seconds of the processor | MB at most |")
    print("|---|---|---|---|")
    for case, files in other_data(customers).items():
        runs, (found_differing, found_sums) = compare({OURS: command}, files, rounds, processor)
        wanted = placed if files[1].name == "nothing.tsv" else differing
        if (found_differing, found_sums) != (wanted, sums):
            sys.exit(f"{case}: found {found_differing}, {found_sums}, not {wanted}, {sums}")
        _, used, memory = (statistics.median(column) for column in zip(*runs[OURS]))
        print(f"| {case} | {found_differing} | {used:.2f} | {memory:.0f} |")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--customers", type=int, default=1_000_000)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments = arguments.parse_args()
    programs = prepare()
    processor = max(os.sched_getaffinity(0))
    for form, title in [("usual", "As exported"), ("wide", "Three times as wide")]:
        files = data(arguments.customers, form)
        runs, expected = compare(programs, files, arguments.rounds, processor)
        usual = expected if form == "usual" else usual
        size = files[0].stat().st_size / 1e6
        print(f"\n{title}: {size:.0f} MB, {arguments.customers} customers, {expected[0]} differ; "
              f"medians of {arguments.rounds} runs\n")
        table(runs)
    other_orders(programs[OURS], arguments.customers, usual, arguments.rounds, processor)


if __name__ == "__main__":
    main()
