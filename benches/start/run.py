"""Measures how the webhook function starts, and what a call costs, beside its peers:

    python3 benches/start/run.py [--starts 60] [--calls 2000]

All programs do the same: check Shopify's signature with a secret out of Secrets Manager, and queue the
customer by SQS. Each is started again and again, in turn, under the same small runtime API (stage.py), which
hands it a signed order at its first request. Then each answers the same order many times, a part of them in
each turn. Two floors are measured as well: the shortest function in Rust with the same SDK clients, and a
function that does nothing.

Prints tables as docs/performance.md has them, and whether the aims are reached. Needs Linux, a Rust toolchain,
Python 3.11, Node 20, npm and openssl; makes target/bench/start.

    python3 benches/start/run.py --quick PROGRAM

measures no time: it looks whether a built webhook function answers, whom it trusts, what memory it takes, and
that it reads few files.
"""

import argparse
import datetime
import os
import pathlib
import platform
import statistics
import subprocess
import sys

from process import Process, signed_order
from programs import HELLO, MINIMAL, NODE, OURS, PYTHON, ROOT, WORK, all_programs, zipped
from tls import Authority

# The aims: times the minimal function, times as quick as the better of Node and Python, and MB.
FIRST_ANSWER, WARM, QUICKER, MOST_MB = 1.3, 1.3, 12, 12
# A start that looks through a folder of certificates makes several hundred.
MOST_READS = 100
TURNS = 10


def start(command, event, tls=None, **more):
    """Milliseconds from the start to the first request for work, and to the first answer; those of the
    processor, MB and reads then."""
    with Process(command, tls, **more) as process:
        _, answered = process.call(event)
        first_next = process.stage.first_next - process.spawned
        return (first_next / 1e6, (answered - process.spawned) / 1e6, process.fine_processor_ms(),
                process.resident_mb(), process.reads())


def starts(programs, event, rounds, tls=None, **more):
    """The medians of several starts, of all programs in turn."""
    measured = {name: [] for name in programs}
    for turn in range(rounds + 1):
        for name, (command, _) in programs.items():
            one = start(command, event, tls, **more)
            # The first one reads the program from disk.
            if turn > 0:
                measured[name].append(one)
    return {name: [statistics.median(column) for column in zip(*rows)]
            + [min(row[1] for row in rows), max(row[1] for row in rows)]
            for name, rows in measured.items()}


def warm(programs, event, calls):
    """For each program the milliseconds of each call, those of the processor for one, and MB at the end."""
    running = {name: Process(command) for name, (command, _) in programs.items()}
    times, used = {name: [] for name in programs}, dict.fromkeys(programs, 0)
    try:
        for process in running.values():
            for _ in range(calls // TURNS):
                process.call(event)
        for _ in range(TURNS):
            for name, process in running.items():
                before = process.processor_ms()
                times[name] += [process.call(event)[0] for _ in range(calls // TURNS)]
                used[name] += process.processor_ms() - before
        return {name: (times[name], used[name] / len(times[name]), process.resident_mb())
                for name, process in running.items()}
    finally:
        for process in running.values():
            process.__exit__()


def table(head, rows):
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


def start_table(measured):
    floor = measured[MINIMAL]
    table(["program", "to first next, ms", "to first answer, ms", "at least", "at most", "÷ minimal",
           "of the processor, ms", "÷ minimal", "MB resident", "reads"],
          [[name, f"{to_next:.1f}", f"{answer:.1f}", f"{least:.1f}", f"{most:.1f}",
            f"{answer / floor[1]:.2f}", f"{processor:.1f}", f"{processor / floor[2]:.2f}",
            f"{memory:.1f}", f"{reads:.0f}"]
           for name, (to_next, answer, processor, memory, reads, least, most) in measured.items()])


def measured_on():
    """The day, the machine, and the commit that was built."""
    git = ["git", "-C", ROOT]
    commit = subprocess.run([*git, "rev-parse", "--short", "HEAD"], check=True, capture_output=True, text=True)
    changes = subprocess.run([*git, "status", "--porcelain", "-uno"], check=True, capture_output=True, text=True)
    models = [line.partition(":")[2].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
              if line.startswith("model name")]
    return (f"Measured on {datetime.date.today():%-d %B %Y}, on {os.cpu_count()} {platform.machine()} processors "
            f"({', '.join(sorted(set(models))) or 'unknown'}) and Linux, of commit {commit.stdout.strip()}"
            f"{' with changes' if changes.stdout else ''}.")


def measure(rounds, calls):
    programs, event = all_programs(), signed_order()
    authority, rounds_tls = Authority(WORK / "tls"), max(rounds // 3, 5)
    plain = starts(programs, event, rounds)
    callers = {name: program for name, program in programs.items() if name != HELLO}
    over_tls = starts(callers, event, rounds_tls, authority.context, **authority.environment)
    warmed = warm(programs, event, calls)
    floor = plain[MINIMAL]
    print(f"**Starts**, medians of {rounds}, in turn:\n")
    start_table(plain)
    print(f"**Starts over TLS**, medians of {rounds_tls}, in turn:\n")
    start_table(over_tls)
    half = {name: statistics.median(times) for name, (times, _, _) in warmed.items()}
    print(f"**Warm calls**, {calls} each, a tenth of them in each turn:\n")
    table(["program", "p50, ms", "p99", "p50 ÷ minimal", "of the processor a call, ms", "MB resident",
           "MB zipped"],
          [[name, f"{half[name]:.2f}", f"{statistics.quantiles(times, n=100)[98]:.2f}",
            f"{half[name] / half[MINIMAL]:.2f}", f"{processor:.2f}", f"{memory:.1f}",
            f"{zipped(programs[name][1]):.1f}"]
           for name, (times, processor, memory) in warmed.items()])
    ours, best = plain[OURS], min(plain[NODE][1], plain[PYTHON][1])
    aims = [
        ("first answer ÷ minimal", ours[1] / floor[1], "at most", FIRST_ANSWER),
        ("Node's first answer ÷ ours", plain[NODE][1] / ours[1], "over", QUICKER),
        ("the better peer's ÷ ours", best / ours[1], "over", QUICKER),
        ("MB resident after the first answer over TLS", over_tls[OURS][3], "under", MOST_MB),
        ("MB resident after the calls", warmed[OURS][2], "under", MOST_MB),
        ("warm p50 ÷ minimal", half[OURS] / half[MINIMAL], "at most", WARM),
    ]
    holds = {"over": lambda value, bound: value > bound, "under": lambda value, bound: value < bound,
             "at most": lambda value, bound: value <= bound}
    reached = [holds[how](value, bound) for _, value, how, bound in aims]
    table(["aim", "measured", "bound", "reached"],
          [[what, f"{value:.2f}", f"{how} {bound}", "yes" if good else "no"]
           for (what, value, how, bound), good in zip(aims, reached)])
    print(measured_on())
    return all(reached)


def look(program):
    """What holds on any machine, however busy. Complains about what does not."""
    event, authority = signed_order(), Authority(WORK / "tls")
    _, _, _, memory, reads = start([program], event)
    with Process([program]) as process:
        for _ in range(200):
            process.call(event)
        warm_memory = process.resident_mb()
    # Whom it has no reason to trust it tells nothing, and asks Shopify to send the webhook again.
    with Process([program], authority.context) as process:
        process.call(event, status=503)
        untold = process.stage.called == 0
    _, _, _, tls_memory, _ = start([program], event, authority.context, **authority.environment)
    print(f"{memory:.1f} MB resident after the first answer, {tls_memory:.1f} MB over TLS, "
          f"{warm_memory:.1f} MB after 200; {reads} reads")
    complaints = [complaint for good, complaint in [
        (untold, "it called a service that it cannot trust"),
        (max(warm_memory, tls_memory) < MOST_MB, f"it takes {MOST_MB} MB or more"),
        (reads < MOST_READS, f"it read {MOST_READS} times or more to start"),
    ] if not good]
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    return not complaints


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--starts", type=int, default=60)
    arguments.add_argument("--calls", type=int, default=2000)
    arguments.add_argument("--quick", type=pathlib.Path, metavar="PROGRAM")
    arguments = arguments.parse_args()
    if arguments.quick:
        reached = look(arguments.quick.resolve())
    else:
        reached = measure(arguments.starts, arguments.calls)
    sys.exit(0 if reached else 1)


if __name__ == "__main__":
    main()
