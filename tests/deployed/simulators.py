"""The simulated shop, Okta org and Mavera account, and what people do in them.

tests/simulators describes the calls.
"""

import base64
import collections
import json
import os
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from emulation import Failure, Program, free_port

SUBSCRIBE = """
mutation Subscribe($topic: WebhookSubscriptionTopic!, $uri: String!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: { uri: $uri }) {
    userErrors { message }
  }
}
"""


@dataclass
class Delivery:
    """A webhook as the shop sends it."""

    headers: dict[str, str]
    body: bytes


class Simulators:
    def __init__(self, root: Path, folder: Path, shop: str, options: Sequence[str]):
        port = free_port()
        command = [root / "target/debug/segments", "simulators"]
        command += ["--listen", f"127.0.0.1:{port}", "--shop", shop, *options]
        self.url = f"http://127.0.0.1:{port}"
        self.program = Program(
            [str(part) for part in command], dict(os.environ), folder / "simulators.log"
        )
        self.program.wait_for(f"{self.url}/control", 60)

    def call(self, method: str, path: str, content: dict | None = None):
        body = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(f"{self.url}/control{path}", body, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def access(self) -> dict:
        """What the product has to be given: secrets and names."""
        return self.call("GET", "")

    def add_group(self, name: str) -> str:
        return self.call("POST", "/groups", {"name": name})["group_id"]

    def add_customer(self, email: str, okta_user: bool = True) -> str:
        """Adds a customer, who has an Okta user unless said otherwise; returns the customer's id."""
        new = {"email": email, "okta_user": okta_user}
        return self.call("POST", "/customers", new)["customer_id"]

    def place_order(self, customer: str, amount: str) -> tuple[str, Delivery]:
        answer = self.call("POST", "/orders", {"customer_id": customer, "amount": amount})
        return answer["order_id"], delivery(answer)

    def update_order(self, order: str, amount: str) -> Delivery:
        return delivery(self.call("POST", f"/orders/{order}", {"amount": amount}))

    def user(self, login: str) -> dict:
        """The Okta user: its groups' names and its two attributes."""
        return self.call("GET", f"/users/{login}")

    def personas(self) -> dict[str, str]:
        """What Mavera's personas say, by their names."""
        return {each["name"]: each["description"] for each in self.call("GET", "/personas")}

    def take_calls(self) -> collections.Counter:
        """How often the product has called each service since the last time. Calls for tokens are left
        out: how many there are depends on how many processes there are.
        """
        calls = self.call("DELETE", "/calls")
        made = [each for each in calls if each["path"] != "/admin/oauth/access_token"]
        return collections.Counter(each["service"] for each in made)

    def subscribe(self, topic: str, address: str):
        """Has the shop send webhooks, through Shopify's own API."""
        access = self.access()
        query = {"query": SUBSCRIBE, "variables": {"topic": topic, "uri": address}}
        request = urllib.request.Request(
            f"{self.url}/shopify/admin/api/{access['api_version']}/graphql.json",
            json.dumps(query).encode(),
            headers={
                "Content-Type": "application/json",
                "X-Shopify-Access-Token": access["shopify"]["access_token"],
            },
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            made = json.load(answer)
        if "errors" in made or made["data"]["webhookSubscriptionCreate"]["userErrors"]:
            raise Failure(f"no subscription to {topic}: {made}")


def delivery(answer: dict) -> Delivery:
    webhook = answer["webhook"]
    return Delivery(webhook["headers"], base64.b64decode(webhook["body_base64"]))
