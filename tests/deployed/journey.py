"""Orders of one customer, from Shopify's signature to Okta's group, through the deployed stack; then full
runs, for the customers of whom nobody told; then mishaps.

The two scenarios of the orders are those of the template that the product continues: a first order of
45.50, and the same order changed to 25.50.
"""

import base64
import contextlib
import hmac
import json
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path

from botocore.exceptions import BotoCoreError

from checks import must_be, step
from emulation import Failure, forget_real_accounts, run, start_aws, wait_until
from full_runs import FullRuns
from listener import BUS, Listener
from mishaps import Mishaps
from simulators import Delivery, Simulators
from stack import Stack

ROOT = Path(__file__).resolve().parents[2]
SHOP = "my-store.myshopify.com"
LOGIN = "first.buyer@example.com"
GROUPS = ["Shopify VIP Customer", "Shopify Returning Customer", "Shopify New Customer"]
# What the files in events/webhook are signed with, and those that are answered without a look.
EXAMPLES_SECRET = "shpss_example_webhook_secret"
ANSWERS = {
    "guest-order": 200,
    "other-topic": 200,
    "not-an-object": 400,
    "other-method": 405,
    "another-shop": 401,
    "body-tampered": 401,
    "signature-missing": 401,
    "signature-wrong": 401,
}
# The test begins its runs itself.
NOT_DURING_THE_TEST = "rate(30 days)"
SCHEDULES = [
    ("rate(1 hour)", "{}"),
    ("rate(1 minute)", "{}"),
    (NOT_DURING_THE_TEST, '{"start":{"reason":"schedule"}}'),
]
# What the README asks to have the shop send, as far as the API subscribes to it.
TOPICS = [
    "ORDERS_CREATE",
    "ORDERS_UPDATED",
    "ORDERS_CANCELLED",
    "ORDERS_EDITED",
    "REFUNDS_CREATE",
    "CUSTOMERS_CREATE",
    "CUSTOMERS_UPDATE",
    "CUSTOMERS_DELETE",
    "CUSTOMERS_MERGE",
    "CUSTOMERS_PURCHASING_SUMMARY",
]
# An order settles for a second here; the rest is the emulation's polling on a busy machine.
SETTLE_SECONDS = 1
PATIENCE_SECONDS = 120


def signature(body: bytes, secret: str) -> str:
    """A webhook's signature as Shopify documents it."""
    return base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()


class Journey:
    def __init__(self, stack: Stack, simulators: Simulators, folder: Path):
        self.stack = stack
        self.folder = folder
        self.simulators = simulators
        self.access = simulators.access()
        self.secret = self.access["webhook_secret"]

    def post(self, webhook: Delivery) -> int:
        """Posts an order under a signature of our own making, not the simulator's."""
        headers = {name.lower(): value for name, value in webhook.headers.items()}
        headers["x-shopify-hmac-sha256"] = signature(webhook.body, self.secret)
        return self.stack.send("POST", headers, webhook.body)

    def deploy(self):
        self.listener = Listener()
        self.stack.deploy(
            {
                "ShopifyShop": SHOP,
                "ShopifyApiUrl": f"{self.simulators.url}/shopify",
                "OktaOrgUrl": f"{self.simulators.url}/okta",
                "MaveraApiUrl": f"{self.simulators.url}/mavera",
                "FullRunSchedule": NOT_DURING_THE_TEST,
                "SettleSeconds": str(SETTLE_SECONDS),
                "EventBusName": BUS,
                "AwsEndpointUrl": self.stack.endpoint,
            }
        )
        must_be("runs by itself", self.stack.schedules(), SCHEDULES)

    def fill_in(self):
        client = {name: self.access["shopify"][name] for name in ("client_id", "client_secret")}
        self.stack.put_secret("WebhookSecretName", {"secrets": [EXAMPLES_SECRET, self.secret]})
        self.stack.put_secret("ShopifySecretName", client)
        self.stack.put_secret("OktaSecretName", self.access["okta"])
        self.stack.put_secret("MaveraSecretName", self.access["mavera"])
        self.stack.put_settings(
            {"settle_seconds": SETTLE_SECONDS, "second_look_seconds": SETTLE_SECONDS}
        )
        self.stack.apply_rule_book(ROOT / "segments.toml")
        for topic in TOPICS:
            self.simulators.subscribe(topic, self.stack.outputs["WebhookUrl"])

    def resolve_groups(self):
        ids = {name: self.simulators.add_group(name) for name in GROUPS}
        summary = self.stack.refresh_groups()
        must_be("groups", (summary["counts"], summary["problems"]), ({"found": len(GROUPS)}, []))
        new = self.stack.segment("new")
        must_be("id in the row", new["okta_group_id"], ids[new["okta_group_name"]])

    def answer_without_a_look(self):
        for name, status in ANSWERS.items():
            event = json.loads((ROOT / f"events/webhook/{name}.json").read_text())
            kept = ("content-type", "x-shopify-")
            headers = {k: v for k, v in event["headers"].items() if k.startswith(kept)}
            method = event["requestContext"]["http"]["method"]
            body = (event.get("body") or "").encode()
            must_be(name, self.stack.send(method, headers, body), status)
        must_be("messages", self.stack.messages("SyncQueueUrl"), 0)

    def expect(self, spent: str):
        """Waits until Okta shows a customer with one order and this spend."""
        wanted = (["Shopify New Customer"], Decimal(spent), 1)
        found = None

        def agrees():
            nonlocal found
            user = self.simulators.user(LOGIN)
            total = None if user["total_spent"] is None else Decimal(user["total_spent"])
            found = (user["groups"], total, user["orders_count"])
            return found == wanted

        with contextlib.suppress(Failure):
            wait_until("Okta", PATIENCE_SECONDS, agrees)
        must_be("groups, spent, orders", found, wanted)

    def hear_of(self, customer: str, segment: str):
        """The first order is told, and the second, which changes no segment, is not."""
        wait_until("an event", PATIENCE_SECONDS, self.listener.listen)
        told = [(event["customer_id"], event["to"]) for event in self.listener.heard]
        must_be("told", told, [(customer, segment)])

    def end_quietly(self):
        """A message that failed would stay in its queue until it becomes a dead letter."""

        wait_until("an empty queue", PATIENCE_SECONDS, self.stack.is_quiet)
        must_be("dead letters", self.stack.messages("DeadLetterQueueUrl"), 0)
        lines = self.stack.logs()
        complaints = [line for line in lines if '"level":"INFO"' not in line and "{" in line]
        must_be("complaints in the logs", complaints, [])
        self.search_the_logs()
        items = [str(item) for item in self.stack.all_items()]
        must_be("addresses in the tables", [item for item in items if "@example.com" in item], [])
        self.listener.must_follow()

    def search_the_logs(self):
        """No function may have said an address or a secret, whatever it was given."""
        kept = ["shopify", "okta", "mavera"]
        secrets = [secret for name in kept for secret in self.access[name].values()]
        words = ["@example.com", self.secret, EXAMPLES_SECRET, *secrets]
        lines = self.stack.logs()
        must_be("lines in the logs", len(lines) > 0, True)
        told = [line for line in lines if any(word in line for word in words)]
        must_be("addresses and secrets in the logs", told, [])

    def run(self):
        with step("deploy template.yaml"):
            self.deploy()
        with step("fill in secrets and rule book"):
            self.fill_in()
        with step("resolve the groups"):
            self.resolve_groups()
        with step("webhooks that concern nobody, or are not Shopify's"):
            self.answer_without_a_look()
        customer = self.simulators.add_customer(LOGIN)
        with step("a first order of 45.50"):
            order, created = self.simulators.place_order(customer, "45.50")
            must_be("status", self.post(created), 200)
            self.expect("45.50")
        with step("the order changes to 25.50"):
            must_be("status", self.post(self.simulators.update_order(order, "25.50")), 200)
            self.expect("25.50")
            wait_until("an empty queue", PATIENCE_SECONDS, self.stack.is_quiet)
        with step("who listens has heard of it"):
            self.hear_of(customer, "new")
        FullRuns(self.stack, self.simulators, self.folder).run()
        with step("nothing is left behind"):
            self.end_quietly()
        Mishaps(self.stack, self.simulators, self.folder).run()
        with step("all that the functions have said"):
            self.search_the_logs()


def main():
    began = time.monotonic()
    forget_real_accounts()
    with contextlib.ExitStack() as ends, tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with step("build the functions"):
            run(["sam", "build"], ROOT)
        with step("start the simulators and an AWS"):
            simulators = Simulators(ROOT, folder, SHOP, ["--without-aws"])
            ends.callback(simulators.program.stop)
            aws, port = start_aws(ROOT / ".tools", folder)
            ends.callback(aws.stop)
        stack = Stack(ROOT, port)
        try:
            Journey(stack, simulators, folder).run()
        except BaseException:
            for program in (simulators.program, aws):
                print(f"\n-- the end of {program.output.name}\n{program.last_lines(40)}")
            with contextlib.suppress(BotoCoreError):
                print("\n-- what the functions logged", *stack.logs(), sep="\n")
            raise
    print(f"deployed test passed in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"\nfailed: {failure}")
