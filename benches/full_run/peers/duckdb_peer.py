"""The comparison in DuckDB, on one thread."""

import sys

import duckdb

from report import Stopwatch, write

QUERY = """
WITH now AS (
    SELECT substr(id, 24)::UBIGINT AS id, numberOfOrders::BIGINT AS orders,
           (amountSpent.amount)::DECIMAL(18, 4) AS spent
    FROM read_json($source, format = 'newline_delimited', columns = {
        id: 'VARCHAR', numberOfOrders: 'VARCHAR', amountSpent: 'STRUCT(amount VARCHAR, currencyCode VARCHAR)'})
    WHERE amountSpent.currencyCode = 'USD'
), decided AS (
    SELECT *, CASE WHEN orders >= 6 OR spent >= 500 THEN 'vip'
                   WHEN orders BETWEEN 2 AND 5 THEN 'returning'
                   WHEN orders = 1 THEN 'new' END AS segment
    FROM now
), previous AS (
    SELECT * FROM read_csv($previous, delim = '\t', header = true, columns = {
        id: 'UBIGINT', segment: 'VARCHAR', spend: 'DECIMAL(18, 4)', orders: 'BIGINT'})
)
SELECT coalesce(d.segment, ''), count(d.id), sum(d.orders), sum(d.spent), count(*) FILTER (
    CASE WHEN p.id IS NULL THEN d.segment IS NOT NULL
         WHEN d.id IS NULL THEN true
         ELSE d.segment IS DISTINCT FROM p.segment OR d.orders <> p.orders OR d.spent <> p.spend END)
FROM decided d FULL OUTER JOIN previous p ON d.id = p.id GROUP BY 1
"""

source, previous, out = sys.argv[1:]
stopwatch = Stopwatch()
connection = duckdb.connect(config={"threads": 1, "preserve_insertion_order": False})
rows = connection.execute(QUERY, {"source": source, "previous": previous}).fetchall()
segments = {name: (customers, orders, spend) for name, customers, orders, spend, _ in rows}
write(out, sum(row[4] for row in rows), segments, stopwatch)
