"""The programs that stand in for the outside world, each on a free port of 127.0.0.1."""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

REGION = "us-east-1"
POLL_SECONDS = 0.2
GRACE_SECONDS = 10


class Failure(Exception):
    """The deployed system did not do what it must."""


def forget_real_accounts():
    """Leaves AWS clients in this process and its children no way to find a real account."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(
        AWS_DEFAULT_REGION=REGION,
        AWS_REGION=REGION,
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        AWS_EC2_METADATA_DISABLED="true",
        SAM_CLI_TELEMETRY="0",
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(what: str, seconds: float, check):
    """Polls `check` until it returns something true; that is the result."""
    deadline = time.monotonic() + seconds
    while True:
        found = check()
        if found:
            return found
        if time.monotonic() > deadline:
            raise Failure(f"after {seconds} s still waiting for {what}")
        time.sleep(POLL_SECONDS)


def answers(url: str) -> bool:
    """Whether an HTTP server answers at all; which status does not matter."""
    try:
        urllib.request.urlopen(url, timeout=2).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


class Program:
    """A program that runs beside the test; its output is kept in a file."""

    def __init__(self, command: list[str], env: dict[str, str], output: Path):
        self.output = output
        with output.open("wb") as stream:
            # A session of its own, so that what it starts in turn can be ended with it.
            self.process = subprocess.Popen(
                command,
                env=env,
                cwd=output.parent,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_for(self, url: str, seconds: float):
        def check():
            if self.process.poll() is not None:
                raise Failure(f"{self.process.args[0]} ended with status {self.process.returncode}")
            return answers(url)

        wait_until(f"an answer at {url}", seconds, check)

    def last_lines(self, count: int) -> str:
        lines = self.output.read_text(errors="replace").splitlines()
        return "\n".join(lines[-count:])

    def stop(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()


def run(command: list[str], folder: Path, status: int = 0) -> str:
    """Runs a program to its end, which must be with this status, and returns its output; shows what it said only if
    it ends otherwise."""
    ran = subprocess.run(
        command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    if ran.returncode != status:
        said = f"{ran.stdout}\n{ran.stderr}"
        raise Failure(f"{' '.join(command[:2])} ended with {ran.returncode}:\n{said}")
    return ran.stdout


def start_aws(tools: Path, folder: Path) -> tuple[Program, int]:
    """Starts MiniStack, told to check each call against the caller's policies as IAM does.

    AWS clients in this process and its children speak to it from now on.
    """
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    env = {
        "PATH": os.environ["PATH"],
        "HOME": os.environ["HOME"],
        "TMPDIR": str(folder),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "AUTH": "true",
        # Servers with ports of their own that nothing here needs.
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
    }
    program = Program([str(tools / "ministack/bin/ministack")], env, folder / "aws.log")
    program.wait_for(f"{endpoint}/_ministack/health", 60)
    os.environ["AWS_ENDPOINT_URL"] = endpoint
    return program, port
