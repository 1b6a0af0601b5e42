"""A program that has been started under a stage of its own."""

import base64
import hashlib
import hmac
import json
import os
import pathlib
import subprocess
import time

from programs import ROOT, WORK
from stage import Stage

SECRET = "a secret of this benchmark alone"
TICK = os.sysconf("SC_CLK_TCK")


def signed_order():
    """The order of events/webhook, signed with the secret of this benchmark."""
    event = json.loads((ROOT / "events/webhook/order-created.json").read_text())
    mac = hmac.new(SECRET.encode(), event["body"].encode(), hashlib.sha256).digest()
    event["headers"]["x-shopify-hmac-sha256"] = base64.b64encode(mac).decode()
    return json.dumps(event).encode()


class Process:
    """A running function, and what it uses."""

    def __init__(self, command, tls=None, **more):
        self.stage = Stage(SECRET, tls)
        folder = WORK / "python"
        folder.mkdir(parents=True, exist_ok=True)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(WORK),
            "AWS_LAMBDA_RUNTIME_API": self.stage.runtime,
            "AWS_LAMBDA_FUNCTION_NAME": "webhook",
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
            "AWS_EXECUTION_ENV": "AWS_Lambda_provided.al2023",
            "AWS_ENDPOINT_URL_SECRETS_MANAGER": self.stage.secrets_manager,
            "AWS_ENDPOINT_URL_SQS": self.stage.sqs,
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "LAMBDA_TASK_ROOT": str(folder),
            "SHOPIFY_SHOP": "my-store.myshopify.com",
            "SYNC_QUEUE_URL": f"{self.stage.sqs}/123456789012/sync",
            "WEBHOOK_SECRET_ID": "webhook",
            "METRICS_NAMESPACE": "Segments/bench",
            **more,
        }
        self.spawned = time.perf_counter_ns()
        self.child = subprocess.Popen(
            command, cwd=folder, env=environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.folder = pathlib.Path(f"/proc/{self.child.pid}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.kill()
        self.child.wait()
        self.stage.close()

    def call(self, event, status=200):
        """Milliseconds from handing an invocation over to its answer, and when that came."""
        handed, answered, answer = self.stage.invoke(event)
        if answer.get("statusCode") != status:
            raise SystemExit(f"{self.child.args}: {answer}")
        return (answered - handed) / 1e6, answered

    def processor_ms(self):
        """Of all its threads, those that have ended too; counted in ticks."""
        fields = (self.folder / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * 1000 / TICK

    def fine_processor_ms(self):
        """Of the threads that there are, to the microsecond."""
        used = [(thread / "schedstat").read_text().split()[0]
                for thread in (self.folder / "task").iterdir()]
        return sum(map(int, used)) / 1e6

    def resident_mb(self):
        status = (self.folder / "status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024

    def reads(self):
        """How often it has read from files and sockets."""
        return int((self.folder / "io").read_text().partition("syscr:")[2].split()[0])
