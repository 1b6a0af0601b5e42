"""Full runs through the deployed stack: customers of whom no webhook told are found and put right.

The shop has more customers than one answer of Shopify's holds, so each run has it written out, and
downloads the file.
"""

import json
import time
from decimal import Decimal
from pathlib import Path

from checks import must_be, step
from emulation import wait_until
from simulators import Simulators
from stack import Stack

ROOT = Path(__file__).resolve().parents[2]
# With these, one page of 250 is not the whole shop.
WITHOUT_ORDERS = 260
VIP = "vip@example.com"
RETURNING = "returning@example.com"
STRANGER = "no.okta.user@example.com"
# The schedule ticks once a minute, and the emulation's up to ten seconds later.
PATIENCE_SECONDS = 300
DAY_SECONDS = 24 * 60 * 60
PHASES = [
    "preflight",
    "export",
    "read_okta",
    "plan",
    "accept",
    "dispatch",
    "personas",
    "settle",
    "ended",
]
# With the customer of the orders before, two have one order each: 25.50 and 10.00.
PERSONAS = {
    "Shopify VIP Customer": "VIP Customer: 1 customers, avg 1.0 orders, avg $600 spend.",
    "Shopify Returning Buyer": "Returning Buyer: 1 customers, avg 2.0 orders, avg $50 spend.",
    "Shopify New Buyer": "New Buyer: 2 customers, avg 1.0 orders, avg $18 spend.",
}


def event(name: str) -> dict:
    return json.loads((ROOT / f"events/resegment/{name}.json").read_text())


def counts(found: dict) -> dict[str, int]:
    return {name: int(count) for name, count in found.items()}


def differing(record: dict) -> dict[str, int]:
    """Why customers differed, and how many."""
    return counts(record["report"]["figures"]["differing"])


class FullRuns:
    def __init__(self, stack: Stack, simulators: Simulators, folder: Path):
        self.stack = stack
        self.simulators = simulators
        self.folder = folder

    def fill_the_shop(self):
        """Adds customers and orders, and posts none of the webhooks."""
        for number in range(WITHOUT_ORDERS):
            self.simulators.add_customer(f"visitor{number}@example.com", okta_user=False)
        self.simulators.place_order(self.simulators.add_customer(VIP), "600.00")
        returning = self.simulators.add_customer(RETURNING)
        for amount in ["20.00", "30.00"]:
            self.simulators.place_order(returning, amount)
        stranger = self.simulators.add_customer(STRANGER, okta_user=False)
        self.simulators.place_order(stranger, "10.00")
        self.simulators.take_calls()

    def user(self, login: str) -> tuple:
        user = self.simulators.user(login)
        spent = user["total_spent"]
        return user["groups"], None if spent is None else Decimal(spent), user["orders_count"]

    def try_out(self):
        before = self.stack.all_items()
        answer = self.stack.resegment(event("dry-run"))
        report = answer.pop("report")
        must_be("answer", (answer["status"], answer.get("run_id")), ("done", None))
        must_be("would be looked at", report["figures"]["differing"], {"new": 3})
        must_be("customers", report["shift"]["customers"], WITHOUT_ORDERS + 4)
        must_be("calls", self.simulators.take_calls(), {"shopify": 3, "storage": 1})
        must_be("messages", self.stack.messages("SyncQueueUrl"), 0)
        must_be("the tables are as before", self.stack.all_items() == before, True)

    def run_by_the_schedule(self):
        """Begins a run and leaves the rest to the tick."""
        begun = self.stack.resegment({"start": {"reason": "deployed test"}})
        must_be("status, phase", (begun["status"], begun["phase"]), ("wait", "export"))
        again = self.stack.resegment({"start": {}})
        must_be("another start", (again["status"], again["run_id"]), ("skipped", begun["run_id"]))
        run_id = begun["run_id"]
        wait_until("the run's end", PATIENCE_SECONDS, lambda: self.stack.of_run("summary", run_id))
        self.look_at(run_id)

    def look_at(self, run_id: str):
        """What the run left: in its record, its summary, Okta and Mavera."""
        item = self.stack.of_run(f"run#{run_id}", "record")
        record, summary = item["content"], self.stack.of_run("summary", run_id)
        must_be("reason", record["reason"], "deployed test")
        must_be("ended", (record["phase"]["name"], record["phase"]["how"]), ("ended", "done"))
        phases = [each["phase"] for each in record["begun"]]
        must_be("phases", phases, PHASES)
        must_be("missing subscriptions", record["shop"]["missing_subscriptions"], [])
        must_be("who differs", differing(record), {"new": 3})
        must_be("dispatched", int(record["dispatched"]), 3)
        must_be("outcomes", counts(record["outcomes"]), {"applied": 2, "unmatched": 1})
        must_be("the same in the summary", summary["content"]["outcomes"], record["outcomes"])
        kept = [int(each["expires_at"]) - time.time() for each in (item, summary)]
        days = [round(seconds / DAY_SECONDS) for seconds in kept]
        must_be("days that record and summary are kept", days, [90, 365])
        must_be("VIP", self.user(VIP), (["Shopify VIP Customer"], Decimal(600), 1))
        must_be("returning", self.user(RETURNING), (["Shopify Returning Customer"], Decimal(50), 2))
        must_be("personas", self.simulators.personas(), PERSONAS)

    def run_by_hand(self, reason: str) -> dict:
        """Makes a run with the operator's tool; returns its record."""
        answer = self.stack.make_full_run(reason)
        must_be("status", answer["status"], "done")
        return answer["record"]

    def change_the_book(self):
        """A VIP has to have spent more: the run accepts that and moves whom it concerns."""
        book = self.folder / "changed.toml"
        text = (ROOT / "segments.toml").read_text()
        book.write_text(text.replace('spend_at_least = "500"', 'spend_at_least = "750"'))
        self.stack.apply_rule_book(book)
        record = self.run_by_hand("a higher threshold")
        must_be("book", record["book"]["version"], 2)
        must_be("who differs", differing(record), {"moved": 1})
        must_be("outcomes", counts(record["outcomes"]), {"applied": 1})
        must_be("VIP no more", self.user(VIP), (["Shopify New Customer"], Decimal(600), 1))
        new = "New Buyer: 3 customers, avg 1.0 orders, avg $212 spend."
        must_be("persona", self.simulators.personas()["Shopify New Buyer"], new)

    def run_again(self):
        """Nothing has changed: the fewest calls there can be, and nobody is looked at."""
        self.simulators.take_calls()
        record = self.run_by_hand("nothing changed")
        must_be("who differs", differing(record), {})
        must_be("dispatched", int(record["dispatched"]), 0)
        calls = self.simulators.take_calls()
        must_be("calls", calls, {"shopify": 3, "storage": 1, "okta": 1})

    def run(self):
        with step("customers come and order, and nobody tells"):
            self.fill_the_shop()
        with step("a dry run"):
            self.try_out()
        with step("a full run, by the schedule's ticks"):
            self.run_by_the_schedule()
        with step("a full run by hand, after the rule book was changed"):
            self.change_the_book()
        with step("a full run by hand, when nothing has changed"):
            self.run_again()
