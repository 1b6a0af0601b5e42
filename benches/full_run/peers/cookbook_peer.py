"""The comparison in the way of the cookbook's script: every line parsed whole, amounts as floats, a list
for each cohort; and a dict of what was known before."""

import json
import sys

from report import Stopwatch, write

source, previous, out = sys.argv[1:]
stopwatch = Stopwatch()
known = {}
with open(previous) as rows:
    next(rows)
    for row in rows:
        identity, segment, spend, orders = row.rstrip("\n").split("\t")
        known[identity] = (segment, float(spend), int(orders))
cohorts = {"new": [], "returning": [], "vip": [], "": []}
differing = 0
with open(source) as lines:
    for line in lines:
        customer = json.loads(line)
        orders, spend = int(customer["numberOfOrders"]), float(customer["amountSpent"]["amount"])
        if orders >= 6 or spend >= 500:
            segment = "vip"
        elif orders >= 2:
            segment = "returning"
        else:
            segment = "new" if orders == 1 else ""
        cohorts[segment].append((orders, spend))
        before = known.pop(customer["id"].rsplit("/", 1)[1], None)
        if before != (segment, spend, orders) and (before or segment):
            differing += 1
segments = {
    name: (len(members), sum(orders for orders, _ in members), sum(spend for _, spend in members))
    for name, members in cohorts.items()
}
write(out, differing + len(known), segments, stopwatch)
