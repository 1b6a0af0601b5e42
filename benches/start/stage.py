"""What a function sees of the world: Lambda's runtime API, Secrets Manager and SQS, each on a loopback port.

Everything is answered at once and kept in memory, so that what is measured is the function's own. The
runtime API is Lambda's: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import hashlib
import json
import queue
import socket
import threading
import time
import uuid

NEXT = "/2018-06-01/runtime/invocation/next"


class Stage:
    """Hands invocations to one function, and notes when what arrived. `tls` is what AWS's services prove
    themselves by; they are reached without TLS if there is none."""

    def __init__(self, secret, tls=None):
        self.secret = json.dumps({"secrets": [secret]})
        self.events = queue.Queue()
        self.answers = queue.Queue()
        self.first_next = None
        # Calls to AWS's services, and the messages they brought.
        self.called = 0
        self.sent = []
        self.listeners = []
        scheme = "http" if tls is None else "https"
        self.runtime = f"127.0.0.1:{self._listen(None)}"
        # Apart, as they are on AWS: no connection to the one serves the other.
        self.secrets_manager = f"{scheme}://127.0.0.1:{self._listen(tls)}"
        self.sqs = f"{scheme}://127.0.0.1:{self._listen(tls)}"

    def close(self):
        for listener in self.listeners:
            listener.close()

    def _listen(self, tls):
        listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.listeners.append(listener)
        threading.Thread(target=self._accept, args=(listener, tls), daemon=True).start()
        return listener.getsockname()[1]

    def invoke(self, event, timeout=30):
        """One invocation: when it was handed over, when its answer came, and the answer."""
        self.events.put(event)
        return self.answers.get(timeout=timeout)

    def _accept(self, listener, tls):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(connection, tls), daemon=True).start()

    def _serve(self, connection, tls):
        try:
            if tls is not None:
                connection = tls.wrap_socket(connection, server_side=True)
        except OSError:
            # Whoever called does not believe the certificate.
            connection.close()
            return
        with connection, connection.makefile("rb") as requests:
            while True:
                try:
                    request = read(requests)
                except OSError:
                    return
                if request is None:
                    return
                arrived = time.perf_counter_ns()
                status, headers, body = self._answer(*request, arrived)
                head = [f"HTTP/1.1 {status}", f"content-length: {len(body)}"]
                head += [f"{name}: {value}" for name, value in headers.items()]
                try:
                    connection.sendall("\r\n".join([*head, "", ""]).encode() + body)
                except OSError:
                    return

    def _answer(self, method, path, headers, body, arrived):
        if path == NEXT:
            return self._next(arrived)
        if path.endswith("/response"):
            self.answers.put((self.handed_over, arrived, json.loads(body)))
            return "202 Accepted", {}, b""
        if path.startswith("/2018-06-01/runtime/"):
            self.answers.put((self.handed_over, arrived, {"statusCode": 599, "error": body.decode()}))
            return "202 Accepted", {}, b""
        self.called += 1
        target = headers.get("x-amz-target", "")
        if target.endswith(".GetSecretValue"):
            answer = {"ARN": "arn:aws:secretsmanager:us-east-1:123456789012:secret:webhook",
                      "Name": "webhook", "SecretString": self.secret}
            return amazon(answer, "application/x-amz-json-1.1")
        if target == "AmazonSQS.SendMessage":
            message = json.loads(body)["MessageBody"]
            return amazon({**self._take(message)})
        if target == "AmazonSQS.SendMessageBatch":
            taken = [{"Id": entry["Id"], **self._take(entry["MessageBody"])}
                     for entry in json.loads(body)["Entries"]]
            return amazon({"Successful": taken, "Failed": []})
        return "404 Not Found", {}, b"{}"

    def _next(self, arrived):
        if self.first_next is None:
            self.first_next = arrived
        event = self.events.get()
        headers = {
            "content-type": "application/json",
            "lambda-runtime-aws-request-id": str(uuid.uuid4()),
            "lambda-runtime-deadline-ms": str(int(time.time() * 1000) + 5000),
            "lambda-runtime-invoked-function-arn": "arn:aws:lambda:us-east-1:123456789012:function:webhook",
            "lambda-runtime-trace-id": "Root=1-68e23f10-0123456789abcdef01234567;Sampled=0",
        }
        self.handed_over = time.perf_counter_ns()
        return "200 OK", headers, event

    def _take(self, message):
        self.sent.append(message)
        return {"MessageId": str(uuid.uuid4()),
                "MD5OfMessageBody": hashlib.md5(message.encode()).hexdigest()}


def amazon(answer, kind="application/x-amz-json-1.0"):
    headers = {"content-type": kind, "x-amzn-requestid": str(uuid.uuid4())}
    return "200 OK", headers, json.dumps(answer).encode()


def read(requests):
    """One request: method, path, headers, body; none at the end of the connection."""
    line = requests.readline()
    if not line.strip():
        return None
    method, path, _ = line.decode().split(" ", 2)
    headers = {}
    while (line := requests.readline().strip()):
        name, _, value = line.decode().partition(":")
        headers[name.strip().lower()] = value.strip()
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = b""
        while (size := int(requests.readline().split(b";")[0], 16)):
            body += requests.read(size)
            requests.readline()
        requests.readline()
        return method, path, headers, body
    return method, path, headers, requests.read(int(headers.get("content-length", 0)))
