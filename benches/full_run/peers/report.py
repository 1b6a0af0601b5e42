"""What every peer written in Python reports: its findings, and how long it took without loading its
libraries."""

import json
import time


class Stopwatch:
    def __init__(self):
        self.wall, self.processor = time.perf_counter(), time.process_time()

    def seconds(self):
        return time.perf_counter() - self.wall, time.process_time() - self.processor


def write(out, differing, segments, stopwatch):
    wall, processor = stopwatch.seconds()
    segments = {
        name: {"customers": customers, "orders": int(orders or 0), "spend": float(spend or 0)}
        for name, (customers, orders, spend) in segments.items()
    }
    report = {"differing": differing, "segments": segments, "wall": wall, "processor": processor}
    with open(out, "w") as file:
        json.dump(report, file)
