"""What a function sees of the world: Lambda's runtime API, Secrets Manager and SQS, on one loopback port.

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
    """Hands invocations to one function, and notes when what arrived."""

    def __init__(self, secret):
        self.secret = json.dumps({"secrets": [secret]})
        self.events = queue.Queue()
        self.answers = queue.Queue()
        self.first_next = None
        self.sent = []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.listener.close()

    def invoke(self, event, timeout=30):
        """One invocation: when it was handed over, when its answer came, and the answer."""
        self.events.put(event)
        return self.answers.get(timeout=timeout)

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection, connection.makefile("rb") as requests:
            while True:
                try:
                    request = read(requests)
                except ConnectionResetError:
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
