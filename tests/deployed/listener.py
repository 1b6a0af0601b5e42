"""Somebody downstream: a rule on the event bus that sends every change of segment to a queue of their own."""

import json
from pathlib import Path

import boto3
from jsonschema import Draft202012Validator

from checks import must_be

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "docs/schemas/segment-changed.schema.json"
BUS = "segments-test"
PATTERN = {"source": ["shopify-okta-segments"], "detail-type": ["segment.changed"]}


class Listener:
    def __init__(self):
        self.schema = Draft202012Validator(json.loads(SCHEMA.read_text()))
        self.heard: list[dict] = []
        sqs, events = boto3.resource("sqs"), boto3.client("events")
        events.create_event_bus(Name=BUS)
        self.queue = sqs.create_queue(QueueName=f"{BUS}-heard")
        arn = self.queue.attributes["QueueArn"]
        rule = events.put_rule(Name="heard", EventBusName=BUS, EventPattern=json.dumps(PATTERN))
        allowed = {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": rule["RuleArn"]}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        self.queue.set_attributes(Attributes={"Policy": policy})
        events.put_targets(Rule="heard", EventBusName=BUS, Targets=[{"Id": "queue", "Arn": arn}])

    def listen(self) -> list[dict]:
        """What every event so far says; each must be as the schema has it."""
        while messages := self.queue.receive_messages(MaxNumberOfMessages=10):
            for message in messages:
                event = json.loads(message.body)
                kind = {"source": [event["source"]], "detail-type": [event["detail-type"]]}
                must_be("an event", kind, PATTERN)
                wrong = [error.message for error in self.schema.iter_errors(event["detail"])]
                must_be("against the schema", wrong, [])
                self.heard.append(event["detail"])
                message.delete()
        return self.heard

    def must_follow(self):
        """Of each customer, nothing must be missing: copies apart, one event follows from the other."""
        chains: dict[str, dict[int, dict]] = {}
        for event in self.listen():
            chain = chains.setdefault(event["customer_id"], {})
            must_be("a copy", chain.setdefault(event["sequence"], event), event)
        for customer, chain in chains.items():
            order = sorted(chain)
            must_be(f"{customer}'s events", order, list(range(order[0], order[0] + len(order))))
            links = [(chain[one]["to"], chain[one + 1]["from"]) for one in order[:-1]]
            must_be("broken links", [link for link in links if link[0] != link[1]], [])
