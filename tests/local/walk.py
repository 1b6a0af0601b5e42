"""Every file of events/, and what it must lead to: the answer, and the state of the simulated shop's Okta org and of
the tables afterwards."""

import contextlib
import json
import os
import sys
import tempfile
import time
import urllib.request
from decimal import Decimal
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests/deployed"))

import boto3

from checks import must_be, step
from emulation import Failure, forget_real_accounts, free_port, wait_until
from emulator import Function, environments
from simulators import Simulators

SHOP = "my-store.myshopify.com"
# The addresses in events/environment.json.
SERVICES, AWS = "127.0.0.1:9090", "127.0.0.1:9091"
ANN = "ann@example.com"
NEW = (["Shopify New Customer"], Decimal("45.5"), 1)
NOTHING = ([], None, None)
PATIENCE_SECONDS = 120
VIP = {"kind": "segment", "name": "vip"}
SERVICES_WITH_SECRETS = ["shopify", "okta", "mavera"]
# What the files in events/webhook are signed with.
EXAMPLES_SECRET = "shpss_example_webhook_secret"

# How requests are answered that put no message onto the queue: the status, and the outcome. Each of the others is a
# message, or as many as are said.
ANSWERED = {
    "another-shop": (401, "unauthorized"),
    "body-tampered": (401, "unauthorized"),
    "guest-order": (200, "guest"),
    "not-an-object": (400, "not_an_object"),
    "other-method": (405, "method_not_allowed"),
    "other-path": (404, "not_found"),
    "other-topic": (200, "ignored"),
    "redact-of-another-shop": (200, "mismatched"),
    "redact-topic-forged": (200, "mismatched"),
    "signature-malformed": (401, "unauthorized"),
    "signature-missing": (401, "unauthorized"),
    "signature-wrong": (401, "unauthorized"),
    "topic-missing-unrecognisable": (200, "ignored"),
}
MESSAGES = {"customers-merged": 2}

# What no function may say, besides the secrets: the people's addresses.
ADDRESSES = ["@example.com", "@home.example.com"]

# In this order, because each finds what those before have left, and first an order that was worked off: the outcomes,
# and what Okta then has of Ann.
LOOKS = [
    ("order", ["covered"], NEW),
    ("batch", ["covered", "unmatched"], NEW),
    ("one-unreadable", ["covered", "unreadable_record"], NEW),
    ("customer-unmatched", ["covered"], NEW),
    ("customer-ambiguous", ["ambiguous"], NEW),
    ("customer-inactive", ["user_inactive"], NEW),
    ("customer-user-taken", ["covered", "user_taken"], NEW),
    ("customer-other-currency", ["other_currency"], NEW),
    ("customer-profile-refused", ["profile_refused"], NEW),
    ("customer-pin-unknown", ["pin_unknown"], NEW),
    ("customer-group-gone", ["group_gone"], NEW),
    ("customer-group-without-id", ["group_without_id"], NEW),
    ("customer-group-rule-managed", ["group_rule_managed"], NEW),
    ("customer-gone", ["gone"], NEW),
    ("order-unknown", ["deferred"], NEW),
    ("order-gone", ["order_gone"], NEW),
    ("order-of-guest", ["guest"], NEW),
    ("replayed", ["covered"], NEW),
    ("of-run", ["unchanged"], NEW),
    ("of-cancelled-run", ["cancelled"], NEW),
    ("data-request", ["data_request"], NEW),
    ("customer-redacted", ["redacted"], NOTHING),
    ("shop-redacted", ["shop_forgotten"], NOTHING),
    ("customer-entry-damaged", ["failed"], NOTHING),
]
# Whose record is delivered again.
FAILING = {"one-unreadable": 1, "customer-entry-damaged": 0}
# What Okta's groups are like, by the rule book of the simulators.
GROUPS = {
    "found": 3,
    "renamed": 1,
    "missing": 1,
    "ambiguous": 1,
    "not_okta_group": 1,
    "rule_managed": 1,
}
# Its segments that the default book does not have.
BESIDES = ["deleted", "ambiguous", "by-rule", "of-application", "renamed"]


def events(function: str) -> list[str]:
    return sorted(file.stem for file in (ROOT / "events" / function).glob("*.json"))


def event(function: str, name: str) -> dict:
    return json.loads((ROOT / f"events/{function}/{name}.json").read_text())


class Walk:
    def __init__(self, folder: Path, ends: contextlib.ExitStack):
        self.folder = folder
        self.ends = ends
        self.programs = []

    def start(self):
        """Starts the simulators on free ports; otherwise they are as the committed file has them."""
        aws, written = f"127.0.0.1:{free_port()}", self.folder / "environment.json"
        options = ["--aws", aws, "--env-file", str(written)]
        self.simulators = Simulators(ROOT, self.folder, SHOP, options)
        self.keep(self.simulators.program)
        committed = (ROOT / "events/environment.json").read_text()
        services = self.simulators.url.removeprefix("http://")
        moved = committed.replace(SERVICES, services).replace(AWS, aws)
        must_be("events/environment.json is what the tool writes", written.read_text() == moved, True)
        os.environ["AWS_ENDPOINT_URL"] = f"http://{aws}"
        self.file = json.loads(moved)
        self.environments = environments(ROOT / "template.yaml", self.file)
        named = {name for each in self.environments.values() for name in each}
        must_be("unknown to the template", sorted(set(self.file["Parameters"]) - named), [])

    def keep(self, program):
        self.programs.append(program)
        self.ends.callback(program.stop)

    def function(self, name: str, **variables: str) -> Function:
        bootstrap = ROOT / f".aws-sam/build/{name}/bootstrap"
        environment = {**self.environments[name], **variables}
        function = Function(name, bootstrap, environment, self.folder)
        self.keep(function.program)
        return function

    def table(self, variable: str):
        return boto3.resource("dynamodb").Table(self.file["Parameters"][variable])

    def put_setting(self, name: str, value: int):
        self.put({"kind": "settings", "name": "settings"}, name, value)

    def put(self, key: dict, name: str, value):
        """Edits a row of the configuration, as somebody at the console would."""
        self.table("CONFIG_TABLE").update_item(
            Key=key,
            UpdateExpression="SET #name = :value",
            ExpressionAttributeNames={"#name": name},
            ExpressionAttributeValues={":value": value},
        )

    def queue(self) -> dict:
        return {"QueueUrl": self.file["Parameters"]["SYNC_QUEUE_URL"]}

    def depth(self) -> int:
        asked = boto3.client("sqs").get_queue_attributes(**self.queue(), AttributeNames=["All"])
        return sum(int(count) for count in asked["Attributes"].values())

    def received(self) -> list[dict]:
        """The messages that are due, as Lambda hands them to a function."""
        found = boto3.client("sqs").receive_message(**self.queue(), MaxNumberOfMessages=10)
        record = event("sync-customer", "order")["Records"][0]
        return [
            {**record, "messageId": each["MessageId"], "body": each["Body"]}
            for each in found.get("Messages", [])
        ]

    def ann(self) -> tuple:
        user = self.simulators.user(ANN)
        spent = user["total_spent"]
        return user["groups"], None if spent is None else Decimal(spent), user["orders_count"]

    def follow_an_order(self):
        """From the webhook to Okta."""
        self.webhook = self.function("WebhookFunction", SETTLE_SECONDS="0")
        self.worker = self.function("SyncCustomerFunction")
        must_be("Ann before", self.ann(), NOTHING)
        answer = self.webhook.invoke(event("webhook", "order-created"))
        must_be("status", answer["statusCode"], 200)
        records = self.received()
        must_be("messages", len(records), 1)
        answer = self.worker.invoke({"Records": records})
        must_be("failures", answer["batchItemFailures"], [])
        must_be("outcomes", self.worker.outcomes(), ["applied"])
        must_be("Ann", self.ann(), NEW)
        with urllib.request.urlopen(f"{os.environ['AWS_ENDPOINT_URL']}/events", timeout=30) as answer:
            told = [each["detail"] for each in json.load(answer)]
        must_be("events", [(each["from"], each["to"]) for each in told], [(None, "new")])

    def look_at_customers(self):
        must_be("files", sorted({name for name, *_ in LOOKS}), events("sync-customer"))
        for name, outcomes, ann in LOOKS:
            if name == "customer-entry-damaged":
                with self.damaged_entry():
                    self.look(name, outcomes, ann)
            else:
                self.look(name, outcomes, ann)
        must_be("customers", self.table("CUSTOMERS_TABLE").scan()["Items"], [])
        # Who of the two has the user is settled in minutes, which nobody is to wait for in every run below.
        rival = event("sync-customer", "customer-user-taken")["Records"][1]
        rival = json.loads(rival["body"])["subject"]["customer"]
        self.simulators.call("DELETE", f"/customers/{rival}")

    def look(self, name: str, outcomes: list[str], ann: tuple):
        before = len(self.worker.outcomes())
        answer = self.worker.invoke(event("sync-customer", name))
        records = event("sync-customer", name)["Records"]
        wanted = [records[FAILING[name]]["messageId"]] if name in FAILING else []
        failures = [each["itemIdentifier"] for each in answer["batchItemFailures"]]
        must_be(f"{name}: failures", failures, wanted)
        must_be(f"{name}: outcomes", sorted(self.worker.outcomes()[before:]), outcomes)
        must_be(f"{name}: Ann", self.ann(), ann)

    @contextlib.contextmanager
    def damaged_entry(self):
        """In the place of Ann's entry, what no function has written."""
        body = event("sync-customer", "customer-entry-damaged")["Records"][0]["body"]
        key = {"pk": f"customer#{json.loads(body)['subject']['customer']}", "sk": "state"}
        self.table("CUSTOMERS_TABLE").put_item(Item=key)
        yield
        self.table("CUSTOMERS_TABLE").delete_item(Key=key)

    def take_webhooks(self):
        for name in events("webhook"):
            depth, before = self.depth(), len(self.webhook.outcomes())
            answer = self.webhook.invoke(event("webhook", name))
            status, outcome = ANSWERED.get(name, (200, "queued"))
            must_be(f"{name}: status", answer["statusCode"], status)
            must_be(f"{name}: outcome", self.webhook.outcomes()[before:], [outcome])
            messages = MESSAGES.get(name, 1) if outcome == "queued" else 0
            must_be(f"{name}: messages", self.depth() - depth, messages)
        # The redactions among them are not to be worked off with the full runs.
        while self.received():
            pass

    def refresh_groups(self):
        must_be("files", events("refresh-groups"), ["schedule"])
        refresh = self.function("RefreshGroupsFunction")
        summary = refresh.invoke(event("refresh-groups", "schedule"))
        must_be("groups", (summary["counts"], summary["problems"]), (GROUPS, []))
        summary = refresh.invoke(event("refresh-groups", "schedule"))
        must_be("writes once more", summary["writes"], 0)

    def make_full_runs(self):
        files = ["accept", "dry-run", "misspelt", "start", "tick", "verify", "what-if"]
        must_be("files", events("resegment"), files)
        resegment = self.function("ResegmentFunction")
        ask = lambda name: resegment.invoke(event("resegment", name))
        must_be("tick", ask("tick")["status"], "idle")
        for name in ("dry-run", "what-if"):
            answer = ask(name)
            found = (answer["status"], answer["report"]["shift"]["customers"])
            must_be(name, found, ("done", 10))
        must_be("misspelt", "errorType" in ask("misspelt"), True)
        for name in ("start", "verify"):
            self.follow_a_run(resegment, event("resegment", name))
            must_be("Ann", self.ann(), NEW)
        self.cancel_a_run(resegment)
        # Back to the default book, and with a slip: everybody who has ordered would be a VIP.
        self.put_setting("guard_min_customers", 1)
        for name in BESIDES:
            key = {"kind": "segment", "name": f"group-{name}"}
            self.table("CONFIG_TABLE").delete_item(Key=key)
        self.put(VIP, "when", [{"orders_at_least": 6}, {"spend_at_least": "7.50"}])
        refused = ask("start")
        must_be("a slip of the book", refused["status"], "refused")
        must_be("Ann", self.ann(), NEW)
        accept = event("resegment", "accept")
        accept["start"]["accept"] = refused["run_id"]
        self.follow_a_run(resegment, accept)
        must_be("Ann", self.ann(), (["Shopify VIP Customer"], *NEW[1:]))

    def cancel_a_run(self, resegment: Function):
        """Begins a run, and calls it off as an operator does."""
        begun = resegment.invoke(event("resegment", "start"))
        must_be("a run to be cancelled", begun["status"], "wait")
        self.table("CONFIG_TABLE").update_item(
            Key={"kind": "run", "name": "cancelled"},
            UpdateExpression="ADD ids :ids",
            ExpressionAttributeValues={":ids": {begun["run_id"]}},
        )
        must_be("status", resegment.invoke(event("resegment", "tick"))["status"], "failed")
        must_be("ended as", self.summary(begun["run_id"])["ended_as"], "cancelled")
        while self.received():
            pass

    def summary(self, run: str) -> dict:
        key = {"pk": "summary", "sk": run}
        return self.table("RUNS_TABLE").get_item(Key=key)["Item"]["content"]

    def follow_a_run(self, resegment: Function, start: dict):
        """Begins a run, and hands its messages to the worker until it is done."""
        tick = event("resegment", "tick")
        begun = resegment.invoke(start)
        must_be(start["start"]["reason"], begun["status"], "wait")
        meanwhile = resegment.invoke(event("resegment", "start"))
        must_be("a start meanwhile", meanwhile["status"], "skipped")

        def ended():
            records = self.received()
            if records:
                self.worker.invoke({"Records": records})
            return resegment.invoke(tick)["status"] == "done"

        wait_until("the run's end", PATIENCE_SECONDS, ended)
        kept = self.summary(begun["run_id"])
        must_be("how it ended", kept["ended_as"], "done")
        must_be("reason", kept["reason"], start["start"]["reason"])

    def search_what_was_said(self):
        """No function may have said an address or a secret, whatever it was given."""
        access = self.simulators.access()
        secrets = [access["webhook_secret"], EXAMPLES_SECRET]
        secrets += [each for kept in SERVICES_WITH_SECRETS for each in access[kept].values()]
        for program in self.programs:
            if program is self.simulators.program:
                continue
            said = program.output.read_text(errors="replace")
            must_be(f"{program.output.stem} has said something", len(said) > 0, True)
            words = ADDRESSES + secrets
            found = [line for line in said.splitlines() if any(word in line for word in words)]
            must_be("addresses and secrets", found, [])

    def run(self):
        with step("start the simulators"):
            self.start()
            # What is asked of Shopify is there at once, and nobody waits for it here.
            self.put_setting("settle_seconds", 0)
            self.put_setting("second_look_seconds", 0)
        with step("an order"):
            self.follow_an_order()
        with step("sync-customer"):
            self.look_at_customers()
        with step("webhook"):
            self.take_webhooks()
        with step("refresh-groups"):
            self.refresh_groups()
        with step("resegment"):
            self.make_full_runs()
        with step("what the functions have said"):
            self.search_what_was_said()


def main():
    began = time.monotonic()
    forget_real_accounts()
    with contextlib.ExitStack() as ends, tempfile.TemporaryDirectory() as temporary:
        walk = Walk(Path(temporary), ends)
        try:
            walk.run()
        except BaseException:
            for program in walk.programs:
                print(f"\n-- the end of {program.output.name}\n{program.last_lines(40)}")
            raise
    print(f"local test passed in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"\nfailed: {failure}")
