"""The stack: built, deployed, filled in and spoken to as an operator and as Shopify would."""

import http.client
import json
from pathlib import Path

import boto3

from emulation import Failure, run

NAME = "segments-test"
PATH = "/webhooks/shopify"


class Stack:
    """The deployed stack, through AWS's own interfaces."""

    def __init__(self, root: Path, port: int):
        self.root = root
        self.port = port
        self.endpoint = f"http://127.0.0.1:{port}"
        self.outputs: dict[str, str] = {}

    def table(self, output: str):
        return boto3.resource("dynamodb").Table(self.outputs[output])

    def deploy(self, parameters: dict[str, str]):
        command = ["sam", "deploy", "--stack-name", NAME, "--no-confirm-changeset"]
        # In quotes, because a schedule holds spaces.
        given = [f'{name}="{value}"' for name, value in parameters.items()]
        run([*command, "--parameter-overrides", *given], self.root)
        stacks = boto3.client("cloudformation").describe_stacks(StackName=NAME)["Stacks"]
        self.outputs = {each["OutputKey"]: each["OutputValue"] for each in stacks[0]["Outputs"]}
        self.fill_gaps_of_the_emulation()

    def fill_gaps_of_the_emulation(self):
        """Does by hand what MiniStack leaves out of a deployment or does otherwise than AWS."""
        self.route()
        self.count_concurrency()
        self.allow_batches()

    def route(self):
        """MiniStack ignores the routes of an API's inline OpenAPI body."""
        api = boto3.client("apigatewayv2")
        where = self.outputs["WebhookApiId"]
        integration = api.create_integration(
            ApiId=where,
            IntegrationType="AWS_PROXY",
            IntegrationUri=self.outputs["WebhookFunctionArn"],
            PayloadFormatVersion="2.0",
        )
        target = f"integrations/{integration['IntegrationId']}"
        api.create_route(ApiId=where, RouteKey=f"ANY {PATH}", Target=target)

    def count_concurrency(self):
        """MiniStack keeps a number that comes from a parameter as text, and then cannot compare it."""
        functions = boto3.client("lambda")
        for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
            concurrency = int(mapping["ScalingConfig"]["MaximumConcurrency"])
            functions.update_event_source_mapping(
                UUID=mapping["UUID"], ScalingConfig={"MaximumConcurrency": concurrency}
            )

    def allow_batches(self):
        """On AWS, who may send a message may send a batch of them; MiniStack has a right for each."""
        iam = boto3.client("iam")
        for role in [role["RoleName"] for role in iam.list_roles()["Roles"]]:
            for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
                policy = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
                for statement in policy["Statement"]:
                    actions = statement["Action"]
                    actions = [actions] if isinstance(actions, str) else actions
                    if "sqs:SendMessage" in actions:
                        statement["Action"] = [*actions, "sqs:SendMessageBatch"]
                iam.put_role_policy(
                    RoleName=role, PolicyName=name, PolicyDocument=json.dumps(policy)
                )

    def put_secret(self, output: str, content: dict):
        boto3.client("secretsmanager").put_secret_value(
            SecretId=self.outputs[output], SecretString=json.dumps(content)
        )

    def put_settings(self, settings: dict):
        """Writes settings as an operator would at the console."""
        self.table("ConfigTableName").put_item(
            Item={"kind": "settings", "name": "settings", **settings}
        )

    def operate(self, *arguments: str) -> str:
        """Runs the operator's tool; returns what it prints."""
        return run([str(self.root / "target/debug/segments"), *arguments], self.root)

    def apply_rule_book(self, book: Path):
        self.operate("rules", "apply", str(book), "--stack", NAME)

    def make_full_run(self, reason: str) -> dict:
        """Makes a full run and watches it to its end; returns the last answer and the record."""
        told = self.operate("run", "--stack", NAME, "--reason", reason, "--json")
        return json.loads(told)

    def segment(self, name: str) -> dict:
        key = {"kind": "segment", "name": name}
        return self.table("ConfigTableName").get_item(Key=key)["Item"]

    def invoke(self, output: str, event: dict) -> dict:
        """Calls the function that an output names, and waits for its answer."""
        answer = boto3.client("lambda").invoke(
            FunctionName=self.outputs[output], Payload=json.dumps(event).encode()
        )
        content = answer["Payload"].read().decode()
        if "FunctionError" in answer:
            raise Failure(f"{self.outputs[output]} failed: {content}")
        return json.loads(content)

    def refresh_groups(self) -> dict:
        return self.invoke("RefreshGroupsFunctionName", {})

    def resegment(self, event: dict) -> dict:
        return self.invoke("ResegmentFunctionName", event)

    def items(self, output: str) -> list[dict]:
        """Everything in the table that an output names."""
        return self.table(output).scan(ConsistentRead=True)["Items"]

    def all_items(self) -> list[dict]:
        tables = ["ConfigTableName", "CustomersTableName", "RunsTableName"]
        return [item for table in tables for item in self.items(table)]

    def of_run(self, pk: str, sk: str) -> dict | None:
        """An item of the table of runs."""
        return self.table("RunsTableName").get_item(Key={"pk": pk, "sk": sk}).get("Item")

    def schedules(self) -> list[tuple[str, str]]:
        """What runs by itself: when, and with which input. Sorted."""
        scheduler = boto3.client("scheduler")
        names = [each["Name"] for each in scheduler.list_schedules()["Schedules"]]
        found = [scheduler.get_schedule(Name=name) for name in names]
        return sorted((each["ScheduleExpression"], each["Target"]["Input"]) for each in found)

    def send(self, method: str, headers: dict[str, str], body: bytes) -> int:
        """Sends a request to the webhook's address; returns the status."""
        host = f"{self.outputs['WebhookApiId']}.execute-api.localhost:{self.port}"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, PATH, body, {"Host": host, **headers})
            answer = connection.getresponse()
            answer.read()
            return answer.status
        finally:
            connection.close()

    def messages(self, output: str) -> int:
        """How many messages a queue holds: waiting, delayed or being worked on."""
        names = [
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        ]
        found = boto3.client("sqs").get_queue_attributes(
            QueueUrl=self.outputs[output], AttributeNames=names
        )
        return sum(int(found["Attributes"][name]) for name in names)

    def is_quiet(self) -> bool:
        return self.messages("SyncQueueUrl") == 0

    def logs(self) -> list[str]:
        """What the functions logged, one function after another."""
        client = boto3.client("logs")
        lines = []
        for group in client.describe_log_groups(logGroupNamePrefix="/aws/lambda/")["logGroups"]:
            pages = client.get_paginator("filter_log_events").paginate(
                logGroupName=group["logGroupName"]
            )
            events = [event for page in pages for event in page["events"]]
            lines += [f"{group['logGroupName']}: {event['message'].rstrip()}" for event in events]
        return lines
