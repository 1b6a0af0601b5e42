"""What the figures of a page must be, found out by other ways than the page's own."""

import json
import os
import subprocess
from bisect import bisect_right
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

# What the tool asks for before it looks at a store. Nothing is called.
ENVIRONMENT = {
    "SHOPIFY_SHOP": "my-store.myshopify.com",
    "OKTA_ORG_URL": "https://my-org.okta.com",
}


class Store:
    """A local store with a scene in it, and the tool to ask about it."""

    def __init__(self, programs: Path, folder: Path, scene: str) -> None:
        self.tool = programs / "segments"
        self.folder = folder
        made = subprocess.run(
            [programs / "examples" / "report_store", scene, folder],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        # Everybody who ever had a segment.
        self.people = [json.loads(line, parse_float=Decimal) for line in made.stdout.splitlines()]

    def run(self, *arguments: str) -> str:
        done = subprocess.run(
            [self.tool, *arguments, "--store", self.folder],
            capture_output=True, text=True, cwd=self.folder, env=os.environ | ENVIRONMENT,
        )  # fmt: skip
        if done.returncode > 1:
            raise AssertionError(f"segments {' '.join(arguments)}: {done.stderr}")
        return done.stdout

    def asked(self, *arguments: str) -> Any:
        return json.loads(self.run(*arguments, "--json"), parse_float=Decimal)


def check(store: Store, page: dict[str, Any]) -> None:
    """Compares every figure of a page with what the tool and the shop say."""
    runs = [run for run in store.asked("runs")["runs"] if run["ended_as"] == "done"]
    segments_now(store, page)
    over_runs(runs, page)
    distribution(store, page)
    movements(store, runs, page)
    standing(store, page)


def equal(what: str, found: Any, wanted: Any) -> None:
    assert found == wanted, f"{what}: the page says {found}, and it is {wanted}"


def cell(row: dict[str, Any], number: int) -> Decimal:
    return Decimal(row["cells"][number]["value"])


def segments_now(store: Store, page: dict[str, Any]) -> None:
    everybody, revenue = 0, Decimal(0)
    for row in page["now"]:
        name = row["segment"]
        members = store.asked("members", name)["members"]
        spent = sum((Decimal(member["totals"]["spent"]["amount"]) for member in members), Decimal(0))
        equal(f"customers in {name}", cell(row, 0), len(members))
        equal(f"revenue of {name}", Decimal(row["cells"][-2]["value"]), spent)
        everybody, revenue = everybody + len(members), revenue + spent
    equal("everybody in a segment", Decimal(page["placed"]), everybody)
    equal("all revenue", Decimal(page["revenue"]), revenue)


def over_runs(runs: list[dict[str, Any]], page: dict[str, Any]) -> None:
    for what, of in (("customers", "customers"), ("revenue", "spent")):
        found = {
            (row["run"], one["segment"]): Decimal(one["value"])
            for row in page[f"runs_{what}"]
            for one in row["cells"]
        }
        wanted = {
            (run["run_id"], one["segment"]): Decimal(one["cohort"][of])
            for run in runs
            for one in run["segments"]
        }
        equal(f"{what} by run", found, wanted)


def distribution(store: Store, page: dict[str, Any]) -> None:
    """By the shop itself."""
    people = [(Decimal(person["spent"]), person["orders"]) for person in store.people]
    edges = [Decimal(row["from"]) for row in page["spend"]]
    counted = Counter(bisect_right(edges, spent) - 1 for spent, _ in people)
    found = {place: int(cell(row, 0)) for place, row in enumerate(page["spend"]) if cell(row, 0)}
    equal("customers by spend", found, dict(counted))
    revenue: dict[int, Decimal] = {}
    for spent, _ in people:
        place = bisect_right(edges, spent) - 1
        revenue[place] = revenue.get(place, Decimal(0)) + spent
    told = {place: cell(row, 2) for place, row in enumerate(page["spend"]) if cell(row, 0)}
    equal("revenue by spend", told, revenue)
    rows = sorted((int(row["from"]), row["cells"]) for row in page["plane"])
    orders = [least for least, _ in rows]
    counted = Counter(
        (bisect_right(orders, many) - 1, bisect_right(edges, spent) - 1) for spent, many in people
    )
    plane = {
        (place, column): int(one["value"])
        for place, (_, cells) in enumerate(rows)
        for column, one in enumerate(cells)
        if one["value"] != "0"
    }
    equal("customers by spend and orders", plane, dict(counted))


def movements(store: Store, runs: list[dict[str, Any]], page: dict[str, Any]) -> None:
    if not runs:
        equal("movements", page["movements"], [])
        return
    record = store.asked("runs", runs[0]["run_id"])
    name = {"outside": "(none)", "gone": "(gone)", "former_group": "(former group)"}

    def place(standing: Any) -> str:
        return name[standing] if isinstance(standing, str) else standing["segment"]

    wanted = {
        (place(one["from"]), place(one["to"])): one["customers"]
        for one in record["report"]["figures"]["movements"]
        if one["from"] != one["to"]
    }
    found = {
        (one["from"], one["to"]): int(one["value"])
        for row in page["movements"]
        for one in row["cells"]
        if one["value"]
    }
    equal("movements", found, wanted)


def standing(store: Store, page: dict[str, Any]) -> None:
    wanted = {one["outcome"]: one["count"] for one in store.asked("unmatched")["outcomes"]}
    found = {row["outcome"]: int(cell(row, 0)) for row in page["standing"]}
    equal("unmatched and skipped", found, wanted)
