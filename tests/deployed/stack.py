"""The stack: built, deployed, filled in and spoken to as an operator and as Shopify would."""

import http.client
import json
from pathlib import Path

import boto3
import yaml

from checks import must_be
from emulation import Failure, run

NAME = "segments-test"
PATH = "/webhooks/shopify"


def without_calculated_alarms(built: Path) -> Path:
    """A copy of the built template without the alarms that MiniStack refuses: those on calculated metrics."""
    template = yaml.safe_load(built.read_text())
    resources = template["Resources"]
    dashboard = resources["Dashboard"]["Properties"]["DashboardBody"]
    calculated = [name for name, each in resources.items() if "Metrics" in each["Properties"]]
    for name in calculated:
        del resources[name]
        dashboard["Fn::Sub"] = dashboard["Fn::Sub"].replace(f'"${{{name}.Arn}}",', "")
    copy = built.with_name("for-the-emulation.yaml")
    copy.write_text(yaml.safe_dump(template))
    return copy


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
        template = without_calculated_alarms(self.root / ".aws-sam/build/template.yaml")
        command = ["sam", "deploy", "--template-file", str(template), "--stack-name", NAME]
        # Otherwise it is looked for beside the template.
        command += ["--config-file", str(self.root / "samconfig.toml"), "--no-confirm-changeset"]
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
        """On AWS, who may send a message may send a batch of them; MiniStack has a right for each. And it
        knows neither source nor kind of an event that is put on a bus: a condition that asks for one never
        holds. One for all sources does, because it knows of none.
        """
        iam = boto3.client("iam")
        for role in [role["RoleName"] for role in iam.list_roles()["Roles"]]:
            for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
                policy = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
                for statement in policy["Statement"]:
                    actions = statement["Action"]
                    actions = [actions] if isinstance(actions, str) else actions
                    if "sqs:SendMessage" in actions:
                        statement["Action"] = [*actions, "sqs:SendMessageBatch"]
                    if "events:DescribeEventBus" in actions:
                        # It takes the name of a bus for a rule's.
                        statement["Resource"] = "*"
                    if "events:PutEvents" in actions:
                        for operator in ("StringEquals", "Null"):
                            del statement["Condition"][operator]
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

    def set_settings(self, settings: dict):
        """Changes some settings and leaves the others."""
        table = self.table("ConfigTableName")
        key = {"kind": "settings", "name": "settings"}
        table.put_item(Item={**table.get_item(Key=key)["Item"], **settings})

    def operate(self, *arguments: str, ends_with: int = 0) -> str:
        """Runs the operator's tool on the stack; returns what it prints."""
        command = [str(self.root / "target/debug/segments"), *arguments, "--stack", NAME]
        return run(command, self.root, ends_with)

    def apply_rule_book(self, book: Path):
        self.operate("rules", "apply", str(book))

    def make_full_run(self, reason: str) -> dict:
        """Makes a full run and watches it to its end; returns the last answer and the record."""
        told = self.operate("run", "--reason", reason, "--json")
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

    def put_messages(self, bodies: list[str]):
        """Puts any texts on the queue, as somebody with access to it could."""
        queue = boto3.resource("sqs").Queue(self.outputs["SyncQueueUrl"])
        entries = [{"Id": str(at), "MessageBody": body} for at, body in enumerate(bodies)]
        must_be("messages not taken", queue.send_messages(Entries=entries).get("Failed", []), [])

    def let_messages_come_back_after(self, seconds: int):
        """How long a message that failed stays out of sight."""
        queue = boto3.resource("sqs").Queue(self.outputs["SyncQueueUrl"])
        queue.set_attributes(Attributes={"VisibilityTimeout": str(seconds)})

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
