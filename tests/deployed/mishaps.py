"""What goes wrong must show, and harm nobody else: a message that nobody can read, and a rule book that is a slip."""

import json
from pathlib import Path

from checks import must_be, step
from emulation import wait_until
from simulators import Simulators
from stack import Stack

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 120
POISON = '{"email":"ann@example.com"}'
# The exit codes of the operator's tool.
SOMETHING_TO_SEE = 1
REFUSED = 3
# A message is tried five times. On AWS it takes the queue's six minutes to come back each time.
COMES_BACK_SECONDS = 1
AS_IN_THE_TEMPLATE_SECONDS = 360
# The groups of the customers that the runs before have left, by their addresses.
GROUPS = {
    "first.buyer@example.com": ["Shopify New Customer"],
    "vip@example.com": ["Shopify New Customer"],
    "returning@example.com": ["Shopify Returning Customer"],
}


class Mishaps:
    def __init__(self, stack: Stack, simulators: Simulators, folder: Path):
        self.stack = stack
        self.simulators = simulators
        self.folder = folder

    def told(self, status: int, *arguments: str) -> dict:
        """What the operator's tool answers, which must end with this status."""
        return json.loads(self.stack.operate(*arguments, "--json", ends_with=status))

    def groups(self) -> dict[str, list[str]]:
        return {login: self.simulators.user(login)["groups"] for login in GROUPS}

    def poison(self):
        """Only what cannot be read becomes a dead letter; its neighbours in the queue are worked off."""
        self.stack.let_messages_come_back_after(COMES_BACK_SECONDS)
        good = json.loads((ROOT / "events/sync-customer/replayed.json").read_text())
        good = json.loads(good["Records"][0]["body"])
        entries = [item for item in self.stack.items("CustomersTableName") if item["sk"] == "state"]
        known = [entry["pk"].removeprefix("customer#") for entry in entries]
        must_be("customers in the queue beside it", len(known), 4)
        neighbours = [json.dumps({**good, "subject": {"customer": each}}) for each in known]
        self.stack.put_messages([*neighbours, POISON])

        def is_buried():
            return self.stack.messages("DeadLetterQueueUrl") == 1 and self.stack.is_quiet()

        wait_until("the dead letter", PATIENCE_SECONDS, is_buried)
        self.stack.let_messages_come_back_after(AS_IN_THE_TEMPLATE_SECONDS)
        must_be("groups", self.groups(), GROUPS)
        found = self.told(SOMETHING_TO_SEE, "dead-letters")
        must_be("letters", len(found["letters"]), 1)
        letter = found["letters"][0]
        must_be("is ours", (letter["customer_id"], letter["problem"] is None), (None, False))
        must_be("its body is repeated", "ann@example.com" in json.dumps(found), False)
        logged = [line for line in self.stack.logs() if "ann@example.com" in line]
        must_be("its body in the logs", logged, [])
        must_be("discarded", self.told(0, "dead-letters", "--discard")["discarded"], 1)
        must_be("dead letters", self.stack.messages("DeadLetterQueueUrl"), 0)

    def slip(self):
        """A book that would make everybody a VIP is refused, and says so wherever somebody looks."""
        former = (self.folder / "changed.toml").read_text()
        book = self.folder / "slip.toml"
        book.write_text(former.replace('spend_at_least = "750"', 'spend_at_least = "7.50"'))
        self.stack.set_settings({"guard_min_customers": 1})
        self.stack.apply_rule_book(book)
        self.simulators.take_calls()
        answer = self.told(REFUSED, "run", "--reason", "a slip")
        must_be("status", answer["status"], "refused")
        must_be("groups", self.groups(), GROUPS)
        must_be("messages", self.stack.messages("SyncQueueUrl"), 0)
        must_be("calls of Okta", self.simulators.take_calls()["okta"] <= 1, True)
        newest = self.told(0, "runs")["runs"][0]
        must_be("the newest run", (newest["reason"], newest["ended_as"]), ("a slip", "refused"))
        must_be("dispatched", newest["dispatched"], 0)
        status = self.told(SOMETHING_TO_SEE, "status")
        must_be("the last run", status["last_run"]["ended_as"], "refused")
        told = [line for line in status["attention"] if "refused" in line]
        must_be("is told of", len(told), 1)

    def mend(self):
        self.stack.apply_rule_book(self.folder / "changed.toml")
        must_be("status", self.stack.make_full_run("mended")["status"], "done")
        must_be("groups", self.groups(), GROUPS)

    def run(self):
        with step("a message that nobody can read"):
            self.poison()
        with step("a full run that is refused"):
            self.slip()
        with step("the book is mended"):
            self.mend()
