"""How the test tells what it does and what it found."""

import contextlib
import time

from emulation import Failure


@contextlib.contextmanager
def step(title: str):
    print(f"{title} ...", flush=True)
    began = time.monotonic()
    yield
    print(f"    {time.monotonic() - began:.1f} s", flush=True)


def must_be(what: str, found, wanted):
    if found != wanted:
        raise Failure(f"{what}: {found!r}, not {wanted!r}")
    print(f"    {what}: {found!r}", flush=True)
