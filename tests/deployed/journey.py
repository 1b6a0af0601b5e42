"""Orders of one customer, from Shopify's signature to Okta's group, through the deployed stack.

The two scenarios are those of the template that the product continues: a first order of 45.50, and the
same order changed to 25.50.
"""

import base64
import contextlib
import hashlib
import hmac
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path

from botocore.exceptions import BotoCoreError

from emulation import Failure, forget_real_accounts, start_aws, wait_until
from simulators import Delivery, Simulators
from stack import Stack, sam

ROOT = Path(__file__).resolve().parents[2]
SHOP = "my-store.myshopify.com"
LOGIN = "first.buyer@example.com"
GROUPS = ["Shopify VIP Customer", "Shopify Returning Customer", "Shopify New Customer"]
# An order settles for a second here; the rest is the emulation's polling on a busy machine.
SETTLE_SECONDS = 1
PATIENCE_SECONDS = 120


@contextlib.contextmanager
def step(title: str):
    print(f"{title} ...", flush=True)
    began = time.monotonic()
    yield
    print(f"    {time.monotonic() - began:.1f} s", flush=True)


def must_be(what: str, found, wanted):
    if found != wanted:
        raise Failure(f"{what}: {found!r}, not {wanted!r}")
    print(f"    {what}: {found!r}", flush=True)


def sign(webhook: Delivery, secret: str) -> Delivery:
    """Signs a webhook as Shopify documents it, whatever the simulator put there."""
    digest = hmac.new(secret.encode(), webhook.body, hashlib.sha256).digest()
    signature = base64.b64encode(digest).decode()
    others = {
        name: value
        for name, value in webhook.headers.items()
        if name.lower() != "x-shopify-hmac-sha256"
    }
    return Delivery(others | {"X-Shopify-Hmac-Sha256": signature}, webhook.body)


class Journey:
    def __init__(self, stack: Stack, simulators: Simulators):
        self.stack = stack
        self.simulators = simulators
        self.access = simulators.access()
        self.secret = self.access["webhook_secret"]

    def post(self, webhook: Delivery) -> int:
        signed = sign(webhook, self.secret)
        return self.stack.post(signed.headers, signed.body)

    def deploy(self):
        self.stack.deploy(
            {
                "ShopifyShop": SHOP,
                "ShopifyApiUrl": f"{self.simulators.url}/shopify",
                "OktaOrgUrl": f"{self.simulators.url}/okta",
                "SettleSeconds": str(SETTLE_SECONDS),
                "AwsEndpointUrl": self.stack.endpoint,
            }
        )
        must_be("runs by itself", self.stack.schedules(), [("rate(1 hour)", "{}")])

    def fill_in(self):
        client = {name: self.access["shopify"][name] for name in ("client_id", "client_secret")}
        self.stack.put_secret("WebhookSecretName", {"secrets": ["one-rotated-out", self.secret]})
        self.stack.put_secret("ShopifySecretName", client)
        self.stack.put_secret("OktaSecretName", self.access["okta"])
        looks = {"settle_seconds": SETTLE_SECONDS, "second_look_seconds": SETTLE_SECONDS}
        self.stack.put_rule_book(ROOT / "segments.toml", looks)

    def resolve_groups(self):
        ids = {name: self.simulators.add_group(name) for name in GROUPS}
        summary = self.stack.refresh_groups()
        must_be("groups", (summary["counts"], summary["problems"]), ({"found": len(GROUPS)}, []))
        new = self.stack.segment("new")
        must_be("id in the row", new["okta_group_id"], ids[new["okta_group_name"]])

    def refuse_a_forgery(self, webhook: Delivery):
        forged = sign(webhook, "not-the-secret")
        before = self.simulators.calls("okta")
        must_be("status", self.stack.post(forged.headers, forged.body), 401)
        must_be("messages", self.stack.messages("SyncQueueUrl"), 0)
        must_be("calls to Okta", self.simulators.calls("okta") - before, 0)

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

    def end_quietly(self):
        """A message that failed would stay in its queue until it becomes a dead letter."""

        def empty():
            return self.stack.messages("SyncQueueUrl") == 0

        wait_until("an empty queue", PATIENCE_SECONDS, empty)
        must_be("dead letters", self.stack.messages("DeadLetterQueueUrl"), 0)
        lines = self.stack.logs()
        complaints = [line for line in lines if '"level":"INFO"' not in line and "{" in line]
        must_be("complaints in the logs", complaints, [])
        secrets = {**self.access["shopify"], **self.access["okta"]}.values()
        told = [line for line in lines if any(word in line for word in (LOGIN, self.secret, *secrets))]
        must_be("addresses and secrets in the logs", told, [])

    def run(self):
        with step("deploy template.yaml"):
            self.deploy()
        with step("fill in secrets and rule book"):
            self.fill_in()
        with step("resolve the groups"):
            self.resolve_groups()
        customer = self.simulators.add_customer(LOGIN)
        order, created = self.simulators.place_order(customer, "45.50")
        with step("a forged order is refused"):
            self.refuse_a_forgery(created)
        with step("a first order of 45.50"):
            must_be("status", self.post(created), 200)
            self.expect("45.50")
        with step("the order changes to 25.50"):
            must_be("status", self.post(self.simulators.update_order(order, "25.50")), 200)
            self.expect("25.50")
        with step("nothing is left behind"):
            self.end_quietly()


def main():
    began = time.monotonic()
    forget_real_accounts()
    with contextlib.ExitStack() as ends, tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with step("build the functions"):
            sam(ROOT, "build")
        with step("start the simulators and an AWS"):
            simulators = Simulators(ROOT, folder, SHOP)
            ends.callback(simulators.program.stop)
            aws, port = start_aws(ROOT / ".tools", folder)
            ends.callback(aws.stop)
        stack = Stack(ROOT, port)
        try:
            Journey(stack, simulators).run()
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
