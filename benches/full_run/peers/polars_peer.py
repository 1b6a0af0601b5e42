"""The comparison in polars, on one thread."""

import os
import sys

os.environ["POLARS_MAX_THREADS"] = "1"

import polars as pl

from report import Stopwatch, write

source, previous, out = sys.argv[1:]
stopwatch = Stopwatch()
schema = {
    "id": pl.String,
    "numberOfOrders": pl.String,
    "amountSpent": pl.Struct({"amount": pl.String, "currencyCode": pl.String}),
}
orders, spent = pl.col("orders"), pl.col("spent")
now = (
    pl.scan_ndjson(source, schema=schema)
    .filter(pl.col("amountSpent").struct.field("currencyCode") == "USD")
    .select(
        id=pl.col("id").str.slice(23).cast(pl.UInt64),
        orders=pl.col("numberOfOrders").cast(pl.Int64),
        spent=pl.col("amountSpent").struct.field("amount").cast(pl.Decimal(18, 4)),
    )
    .with_columns(
        segment=pl.when((orders >= 6) | (spent >= 500)).then(pl.lit("vip"))
        .when(orders.is_between(2, 5)).then(pl.lit("returning"))
        .when(orders == 1).then(pl.lit("new"))
        .otherwise(pl.lit(""))
    )
)
before = pl.scan_csv(
    previous, separator="\t",
    schema={"id": pl.UInt64, "segment": pl.String, "spend": pl.Decimal(18, 4), "orders": pl.Int64},
).with_columns(pl.col("segment").fill_null(""))
both = now.join(before, on="id", how="full", suffix="_before")
is_new, is_gone = pl.col("id_before").is_null(), pl.col("id").is_null()
is_changed = (
    (pl.col("segment") != pl.col("segment_before"))
    | (orders != pl.col("orders_before"))
    | (spent != pl.col("spend"))
)
differs = pl.when(is_new).then(pl.col("segment") != "").when(is_gone).then(True).otherwise(is_changed)
rows = (
    both.group_by("segment")
    .agg(customers=pl.col("id").count(), orders=orders.sum(), spent=spent.sum(), differing=differs.sum())
    .collect(engine="streaming")
    .rows()
)
segments = {name: tuple(sums) for name, *sums, _ in rows if name is not None}
write(out, sum(row[4] for row in rows), segments, stopwatch)
