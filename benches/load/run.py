"""Measures `segments serve` under webhooks, in a release build:

    python3 benches/load/run.py [--rate 200] [--seconds 300] [--rising 100] ...

posts the webhooks of orders to it for five minutes, then one webhook for each customer, then at rising rates
until the 99th percentile of the answers breaks its bound, then one event a thousand times at once. After each
the queue has to become empty, and what Okta has of every customer is held against the shop. The work is done by
the example `load` of tests/e2e, which says more; what is given here is handed on to it.

Needs Linux, a Rust toolchain and Python 3.11; makes target/bench.
"""

import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BENCH = ROOT / "target" / "bench"


def main():
    environment = dict(os.environ, CARGO_TARGET_DIR=str(BENCH), AWS_LC_SYS_NO_JITTER_ENTROPY="1")
    subprocess.run(
        ["cargo", "build", "--release", "--locked", "-p", "segments", "-p", "e2e",
         "--bin", "segments", "--example", "load"],
        cwd=ROOT, env=environment, check=True)
    release = BENCH / "release"
    load = [release / "examples" / "load", release / "segments", *sys.argv[1:]]
    sys.exit(subprocess.run(load, check=False).returncode)


if __name__ == "__main__":
    main()
