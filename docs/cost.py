"""What the stack costs on AWS, from prices and counts: the tables of docs/cost.md.

    python3 docs/cost.py            # prints them
    python3 docs/cost.py --write    # puts them into docs/cost.md
    python3 docs/cost.py --check    # whether they are there as they must be
"""

import re
import sys
from decimal import Decimal as D
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs/cost.md"
BEGIN, END = "<!-- made by docs/cost.py -->\n", "<!-- end -->\n"
ORDERS = [1_000, 100_000, 1_000_000]
MILLION = D(1_000_000)
DAYS = D(30)
SECONDS = DAYS * 24 * 60 * 60
MINUTES = SECONDS / 60

# US dollars, US East (N. Virginia), without the free tier.
PRICES = {
    "HTTP API, a million requests": D("1.00"),
    "Lambda, a million requests": D("0.20"),
    "Lambda x86_64, a GB-second": D("0.0000166667"),
    "Lambda arm64, a GB-second": D("0.0000133334"),
    # 0.40, and 0.10 for messages with a group, which all of ours have (fair queues).
    "SQS with groups, a million requests": D("0.50"),
    "DynamoDB on demand, a million write units": D("0.625"),
    "DynamoDB on demand, a million read units": D("0.125"),
    "DynamoDB storage, a GB-month": D("0.25"),
    "DynamoDB point-in-time recovery, a GB-month": D("0.20"),
    "Secrets Manager, a secret": D("0.40"),
    "Secrets Manager, 10,000 calls": D("0.05"),
    "EventBridge, a million custom events": D("1.00"),
    "EventBridge Scheduler, a million calls": D("1.00"),
    "CloudWatch logs, a GB taken in": D("0.50"),
    "CloudWatch logs, a GB-month": D("0.03"),
    "CloudWatch, a custom metric": D("0.30"),
    "CloudWatch, an alarm's metric": D("0.10"),
    "CloudWatch, a dashboard": D("3.00"),
    "X-Ray, a million traces": D("5.00"),
    "Data out to the internet, a GB": D("0.09"),
}

# Each value of a dimension makes a metric of its own, which is paid for in every hour that it is written in.
CUSTOM_METRICS = {
    "Webhooks, in all and by outcome": 1 + 9,
    "Customers, in all and by outcome": 1 + 25,
    "EventToApplied": 1,
    "Movements, by the default book's segments and none": 3 + 1,
    # Shopify, Okta and EventBridge by sync-customer, Okta by refresh-groups, all but EventBridge by resegment.
    "ApiCalls, ApiThrottles and ApiFailures, by function and API": 3 * (3 + 1 + 3),
    "Runs, by outcome": 4,
    "UnmatchedShare": 1,
    "GroupProblems": 1,
}

# What an order leads to. Calls and items are counted, the rest is assumed.
MODEL = {
    "webhooks an order sends": D(5),
    "messages of a webhook": D(1),
    "calls of sync-customer for an order": D(3),
    "write units for an order": D(6),
    "read units for an order, without the rule book": D(3),
    "read units of reading rule book and settings": D(5),
    "changes of segment an order leads to": D("0.5"),
    "seconds of webhook for a request": D("0.02"),
    "seconds of sync-customer for an order": D("0.95"),
    "KB logged by webhook and the API for a request": D("2.5"),
    "KB logged by sync-customer for a call": D(3),
    "KB logged by a tick or a refresh": D("2.5"),
    "KB sent out for an order": D(20),
    "customers of the shop for each order a month": D(5),
    "KB of a customer's items": D(1),
    "share of the customers that a full run has looked at": D("0.0005"),
    "seconds of resegment a run and a million customers": D(160),
    "seconds of an idle tick": D("0.02"),
    "custom metrics": D(sum(CUSTOM_METRICS.values())),
    "secrets": D(4),
}
WORKER_GB = D("0.25")
RESEGMENT_GB = D(1)
# Lambda asks a queue by five connections, each of which waits up to 20 seconds for a message.
IDLE_POLLS = 5 * SECONDS / 20
# A secret is read again after five minutes, by each of about two processes that are in use.
MOST_SECRET_READS = 2 * MINUTES / 5


def alarm_metrics() -> D:
    """How many metrics the template's alarms watch: an alarm on a calculation is paid for each metric in it."""
    resources = re.split(r"\n  (?=\w+:\n)", (ROOT / "template.yaml").read_text())
    alarms = [each for each in resources if "Type: AWS::CloudWatch::Alarm\n" in each]
    return D(sum(max(1, each.count("MetricStat:")) for each in alarms))


def usage(orders: int) -> dict[str, dict[str, D]]:
    """How much of each priced thing a month takes, by service."""
    m, orders = MODEL, D(orders)
    customers = orders * m["customers of the shop for each order a month"]
    of_runs = customers * m["share of the customers that a full run has looked at"] * DAYS
    # What a full run has looked at costs no more than an order, in batches of ten.
    webhooks = orders * m["webhooks an order sends"]
    calls = orders * m["calls of sync-customer for an order"] + of_runs / 10
    looks = orders + of_runs
    hourly = DAYS * 24
    ticks = MINUTES
    resegment = ticks * m["seconds of an idle tick"]
    resegment += DAYS * customers / MILLION * m["seconds of resegment a run and a million customers"]
    worker = webhooks * m["seconds of webhook for a request"]
    worker += looks * m["seconds of sync-customer for an order"] + hourly
    lambda_calls = webhooks + calls + ticks + hourly + DAYS
    loads = min(calls, 2 * MINUTES) * m["read units of reading rule book and settings"]
    gigabytes = customers * m["KB of a customer's items"] / MILLION
    scans = DAYS * customers * m["KB of a customer's items"] / 4
    logged = webhooks * m["KB logged by webhook and the API for a request"]
    logged += calls * m["KB logged by sync-customer for a call"]
    logged += (ticks + hourly) * m["KB logged by a tick or a refresh"]
    secret_reads = min(webhooks, MOST_SECRET_READS) + 2 * min(calls, MOST_SECRET_READS) + hourly
    traces = min(lambda_calls, SECONDS + D("0.05") * max(0, lambda_calls - SECONDS))
    return {
        "HTTP API": {"HTTP API, a million requests": webhooks / MILLION},
        "Lambda": {
            "Lambda, a million requests": lambda_calls / MILLION,
            "Lambda x86_64, a GB-second": worker * WORKER_GB + resegment * RESEGMENT_GB,
        },
        "SQS": {
            "SQS with groups, a million requests": (
                webhooks * m["messages of a webhook"] + looks + of_runs / 10 + 2 * calls + IDLE_POLLS
            )
            / MILLION
        },
        "DynamoDB": {
            "DynamoDB on demand, a million write units": looks * m["write units for an order"] / MILLION,
            "DynamoDB on demand, a million read units": (
                looks * m["read units for an order, without the rule book"] + loads + scans + ticks
            )
            / MILLION,
            "DynamoDB storage, a GB-month": gigabytes,
            "DynamoDB point-in-time recovery, a GB-month": gigabytes,
        },
        "Secrets Manager": {
            "Secrets Manager, a secret": m["secrets"],
            "Secrets Manager, 10,000 calls": secret_reads / 10_000,
        },
        "EventBridge": {
            "EventBridge, a million custom events": looks
            * m["changes of segment an order leads to"]
            / MILLION,
            "EventBridge Scheduler, a million calls": (ticks + hourly + DAYS) / MILLION,
        },
        "CloudWatch logs": {
            "CloudWatch logs, a GB taken in": logged / MILLION,
            "CloudWatch logs, a GB-month": logged / MILLION,
        },
        "CloudWatch metrics, alarms, dashboard": {
            "CloudWatch, a custom metric": m["custom metrics"],
            "CloudWatch, an alarm's metric": alarm_metrics(),
            "CloudWatch, a dashboard": D(1),
        },
        "X-Ray": {"X-Ray, a million traces": traces / MILLION},
        "Data out": {
            "Data out to the internet, a GB": looks * m["KB sent out for an order"] / MILLION
        },
    }


def cost(used: dict[str, D], arm: bool = False) -> D:
    def price(name: str) -> D:
        return PRICES[name.replace("x86_64", "arm64") if arm else name]

    return sum((price(name) * amount for name, amount in used.items()), D(0))


def dollars(amount: D) -> str:
    return f"{amount.quantize(D('0.01')):,}"


def amount(value: D) -> str:
    return f"{value:,.3f}".rstrip("0").rstrip(".")


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def tables() -> str:
    months = [usage(orders) for orders in ORDERS]
    head = [f"{orders:,}" for orders in ORDERS]
    rows = [[service, *[dollars(cost(month[service])) for month in months]] for service in months[0]]
    totals = [[cost(used, arm) for used in month.values()] for arm in (False, True) for month in months]
    sums = [dollars(sum(each)) for each in totals]
    rows.append(["**All, x86_64**", *[f"**{each}**" for each in sums[: len(months)]]])
    rows.append(["All, arm64", *sums[len(months) :]])
    each = [dollars(sum(total) / orders * 1000) for total, orders in zip(totals, ORDERS)]
    rows.append(["A thousand orders, x86_64", *each])
    used = [
        [name, str(PRICES[name]), *[amount(month[service][name]) for month in months]]
        for service in months[0]
        for name in months[0][service]
    ]
    model = [[what, f"{value:f}"] for what, value in MODEL.items()]
    return "\n".join(
        [
            "US dollars a month, by orders a month:\n",
            table(["service", *head], rows),
            "How much of each thing is used, and its price:\n",
            table(["thing", "price", *head], used),
            "What that comes from:\n",
            table(["assumption", "value"], model),
        ]
    )


def main(arguments: list[str]):
    if arguments not in ([], ["--write"], ["--check"]):
        sys.exit(__doc__)
    if not arguments:
        print(tables())
        return
    text = DOCUMENT.read_text()
    before, rest = text.split(BEGIN)
    wanted = before + BEGIN + "\n" + tables() + "\n" + END + rest.split(END)[1]
    if arguments == ["--write"]:
        DOCUMENT.write_text(wanted)
    elif text != wanted:
        sys.exit("docs/cost.md does not hold these tables: python3 docs/cost.py --write")


if __name__ == "__main__":
    main(sys.argv[1:])
