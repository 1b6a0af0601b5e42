"""Measures how the webhook function starts, and what a call costs, beside its peers:

    python3 benches/start/run.py [--starts 30] [--calls 2000]

All programs do the same: check Shopify's signature with a secret out of Secrets Manager, and queue the
customer by SQS. Each is started again and again, in turn, under the same small runtime API (stage.py), which
hands it a signed order at its first request. Then each answers the same order many times. Two floors are
measured as well: the shortest function in Rust with the same SDK clients, and a function that does nothing.

Prints a table. Needs Linux, a Rust toolchain, Python 3.11, Node 20 and npm; makes target/bench/start.
"""

import argparse
import base64
import hashlib
import hmac
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time
import zipfile

from stage import Stage

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BENCH = ROOT / "target" / "bench"
WORK = BENCH / "start"
PINNED = ["awslambdaric==4.2.2", "boto3==1.44.5"]
SECRET = "a secret of this benchmark alone"
OURS, MINIMAL, HELLO = "this project", "minimal, in Rust", "hello world, in Rust"
PYTHON, NODE = "Python: awslambdaric, boto3", "Node: Shopify's library, AWS's SDK"
TICK = os.sysconf("SC_CLK_TCK")


def prepare():
    """Builds and installs what is measured: for each program its command, and what it ships."""
    environment = dict(os.environ, CARGO_TARGET_DIR=str(BENCH), AWS_LC_SYS_NO_JITTER_ENTROPY="1")
    subprocess.run(
        ["cargo", "build", "--release", "--locked", "-p", "webhook", "--bins", "--examples"],
        cwd=ROOT, env=environment, check=True)
    release = BENCH / "release"
    node, python = install_node(), install_python()
    return {
        HELLO: ([release / "examples" / "hello"], [release / "examples" / "hello"]),
        MINIMAL: ([release / "examples" / "minimal"], [release / "examples" / "minimal"]),
        OURS: ([release / "webhook"], [release / "webhook"]),
        NODE: (["node", node / "bundle.mjs"], [node / "bundle.mjs"]),
        PYTHON: ([python / "venv/bin/python", "-m", "awslambdaric", "app.handler"],
                 [python / "app.py", python / "venv/lib"]),
    }


def install_node():
    into = WORK / "node"
    into.mkdir(parents=True, exist_ok=True)
    for file in (HERE / "peers" / "node").iterdir():
        shutil.copy(file, into)
    subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund"], cwd=into, check=True)
    banner = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"
    subprocess.run(
        ["node_modules/.bin/esbuild", "index.mjs", "--bundle", "--minify", "--platform=node",
         "--format=esm", "--target=node20", f"--banner:js={banner}", "--outfile=bundle.mjs",
         "--log-level=error"], cwd=into, check=True)
    return into


def install_python():
    into = WORK / "python"
    into.mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / "peers" / "python" / "app.py", into)
    python = into / "venv" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", into / "venv"], check=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", *PINNED], check=True)
    # What a deployment would have compiled as well.
    subprocess.run([python, "-m", "compileall", "-q", into], check=False)
    return into


def signed_order():
    """The order of events/webhook, signed with the secret of this benchmark."""
    event = json.loads((ROOT / "events/webhook/order-created.json").read_text())
    mac = hmac.new(SECRET.encode(), event["body"].encode(), hashlib.sha256).digest()
    event["headers"]["x-shopify-hmac-sha256"] = base64.b64encode(mac).decode()
    return json.dumps(event).encode()


class Process:
    """A program that has been started under a stage of its own."""

    def __init__(self, command):
        self.stage = Stage(SECRET)
        here = f"http://127.0.0.1:{self.stage.port}"
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(WORK),
            "AWS_LAMBDA_RUNTIME_API": here.removeprefix("http://"),
            "AWS_LAMBDA_FUNCTION_NAME": "webhook",
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
            "AWS_EXECUTION_ENV": "AWS_Lambda_provided.al2023",
            "AWS_ENDPOINT_URL": here,
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "LAMBDA_TASK_ROOT": str(WORK / "python"),
            "SHOPIFY_SHOP": "my-store.myshopify.com",
            "SYNC_QUEUE_URL": f"{here}/123456789012/sync",
            "WEBHOOK_SECRET_ID": "webhook",
            "METRICS_NAMESPACE": "Segments/bench",
        }
        self.spawned = time.perf_counter_ns()
        self.child = subprocess.Popen(
            command, cwd=WORK / "python", env=environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.kill()
        self.child.wait()
        self.stage.close()

    def call(self, event):
        """Milliseconds from handing an invocation over to its answer."""
        handed, answered, answer = self.stage.invoke(event)
        if answer.get("statusCode") != 200:
            sys.exit(f"{self.child.args}: {answer}")
        return (answered - handed) / 1e6, answered

    def processor_ms(self):
        fields = pathlib.Path(f"/proc/{self.child.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * 1000 / TICK

    def resident_mb(self):
        status = pathlib.Path(f"/proc/{self.child.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def start(command, event):
    """Milliseconds from the start to the first request for work, and to the first answer; MB then."""
    with Process(command) as process:
        _, answered = process.call(event)
        first_next = process.stage.first_next - process.spawned
        return first_next / 1e6, (answered - process.spawned) / 1e6, process.resident_mb()


def warm(command, event, calls):
    """The milliseconds of each call, those of the processor for one, and MB after the last."""
    with Process(command) as process:
        for _ in range(calls // 10):
            process.call(event)
        before = process.processor_ms()
        times = [process.call(event)[0] for _ in range(calls)]
        return times, (process.processor_ms() - before) / calls, process.resident_mb()


def zipped(files):
    """What has to be uploaded, in MB: as zip makes it."""
    made = WORK / "shipped.zip"
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file in files:
            inside = [file] if file.is_file() else [path for path in file.rglob("*") if path.is_file()]
            for path in inside:
                # pip itself is not shipped.
                if "site-packages/pip" not in str(path):
                    archive.write(path, path.relative_to(file.parent))
    return made.stat().st_size / 1e6


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--starts", type=int, default=30)
    arguments.add_argument("--calls", type=int, default=2000)
    arguments = arguments.parse_args()
    programs, event = prepare(), signed_order()
    starts = {name: [] for name in programs}
    for turn in range(arguments.starts + 1):
        for name, (command, _) in programs.items():
            measured = start(command, event)
            # The first one reads the program from disk.
            if turn > 0:
                starts[name].append(measured)
    print("| program | to first next, ms | to first answer, ms | at most | ÷ minimal | MB resident |")
    print("|---|---|---|---|---|---|")
    floor = statistics.median(answer for _, answer, _ in starts[MINIMAL])
    for name, measured in starts.items():
        nexts, answers, memory = zip(*measured)
        print(f"| {name} | {statistics.median(nexts):.1f} | {statistics.median(answers):.1f} "
              f"| {max(answers):.1f} | {statistics.median(answers) / floor:.2f} "
              f"| {statistics.median(memory):.1f} |")
    print()
    print("| program | warm call p50, ms | p99 | ÷ minimal | processor a call, ms | MB resident | MB zipped |")
    print("|---|---|---|---|---|---|---|")
    calls = {name: warm(command, event, arguments.calls) for name, (command, _) in programs.items()}
    floor = statistics.median(calls[MINIMAL][0])
    for name, (times, processor, memory) in calls.items():
        half, last = statistics.median(times), statistics.quantiles(times, n=100)[98]
        print(f"| {name} | {half:.2f} | {last:.2f} | {half / floor:.2f} | {processor:.2f} "
              f"| {memory:.1f} | {zipped(programs[name][1]):.1f} |")


if __name__ == "__main__":
    main()
