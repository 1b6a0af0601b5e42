"""Breaks the code on purpose, one place at a time, and looks whether the tests notice:

    python3 tests/mutations/run.py [--only NAME ...] [--in FOLDER]
    python3 tests/mutations/run.py --quick     # a few, of crates that build fast
    python3 tests/mutations/run.py --check     # only whether each break still fits the code
    python3 tests/mutations/run.py --list
    SEEDS=0..200 python3 tests/mutations/run.py --by '--profile simulation -p e2e --test simulation'

The breaks are in mutations.toml. All work is done in a copy of the tree, which has the files that git tracks
or would track, as they are now. The tests that the breaks name have to pass first. Then each break is made,
its tests are built and run, and it is taken back. It is caught if it builds and a test fails; a break that
does not build, or whose tests hang, is not caught. Prints a table, and exits with 1 unless all are caught.
`--by` has other tests notice than those that the breaks name: the simulation, of which the table then says at
which seed and by what.

Needs a Rust toolchain, Python 3.11, about 8 GB under FOLDER (target/mutations), and a quarter of an hour once the
dependencies are built.
"""

import argparse
import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from dataclasses import dataclass, replace

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
# Longer than any of these tests takes on a busy machine: what is not done by then hangs.
LONGEST = 900
FAILED = re.compile(r"^test (\S+)(?: - should panic)? \.\.\. FAILED$", re.MULTILINE)
SEED = re.compile(r"^seed (\d+): ([^:{]+): ", re.MULTILINE)
RAN = re.compile(r"^test result: \S+ (\d+) passed; (\d+) failed;", re.MULTILINE)


@dataclass(frozen=True)
class Edit:
    """A text of a file, and what takes its place."""

    file: str
    find: str
    replace: str

    @property
    def place(self):
        return self.file.removesuffix(".rs")


@dataclass(frozen=True)
class Mutation:
    """One break, and the tests that have to notice."""

    name: str
    why: str
    tests: str
    only: tuple[str, ...]
    quick: bool
    edits: tuple[Edit, ...]


def mutations():
    text = (HERE / "mutations.toml").read_text(encoding="utf-8")
    made = []
    for entry in tomllib.loads(text)["mutation"]:
        edits = tuple(Edit(**edit) for edit in entry.pop("edit"))
        only, quick = tuple(entry.pop("only", ())), entry.pop("quick", False)
        made.append(Mutation(only=only, quick=quick, edits=edits, **entry))
    names = [mutation.name for mutation in made]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        sys.exit(f"named twice in mutations.toml: {', '.join(sorted(twice))}")
    return made


def misfits(mutation, tree):
    """Why the break cannot be made in this tree, if so."""
    for edit in mutation.edits:
        path = tree / edit.file
        found = path.read_text(encoding="utf-8").count(edit.find) if path.is_file() else 0
        if found != 1:
            yield f"{mutation.name}: its text is {found} times in {edit.file}, and has to be there once"
        if edit.find == edit.replace:
            yield f"{mutation.name}: changes nothing in {edit.file}"


def copy_into(tree):
    """Makes the copy equal to the checkout. Files that are equal are left alone, so nothing is built twice."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, check=True, capture_output=True).stdout.decode()
    wanted = {name for name in listed.split("\0") if name and (ROOT / name).is_file()}
    for name in wanted:
        source, target = ROOT / name, tree / name
        if not target.is_file() or target.read_bytes() != source.read_bytes():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            shutil.copymode(source, target)
    for path in tree.rglob("*"):
        if path.is_file() and path.relative_to(tree).as_posix() not in wanted:
            path.unlink()


@contextlib.contextmanager
def broken(mutation, tree):
    """The copy with the break in it."""
    before = {edit.file: (tree / edit.file).read_text(encoding="utf-8") for edit in mutation.edits}
    try:
        for edit in mutation.edits:
            path = tree / edit.file
            text = path.read_text(encoding="utf-8").replace(edit.find, edit.replace)
            path.write_text(text, encoding="utf-8")
        yield
    finally:
        for name, text in before.items():
            (tree / name).write_text(text, encoding="utf-8")


class Cargo:
    """Builds and runs tests of the copy."""

    def __init__(self, tree, target):
        self.tree = tree
        # Nobody debugs a mutant.
        self.environment = dict(os.environ, CARGO_TARGET_DIR=str(target), CARGO_PROFILE_DEV_DEBUG="0",
                                CARGO_TERM_COLOR="never", RUST_BACKTRACE="0")

    def builds(self, tests):
        """Whether the tests build, and what was said about it."""
        code, said = self.call(["cargo", "test", "--locked", *tests.split(), "--no-run"])
        return code == 0, said

    def failures(self, tests, only):
        """The tests that fail, in order; none if they hang. Exits if no test is meant."""
        code, said = self.call(
            ["cargo", "test", "--locked", "--no-fail-fast", *tests.split(), "--", *only])
        if code is None:
            return None, said
        ran = sum(int(passed) + int(failed) for passed, failed in RAN.findall(said))
        if ran == 0 and code == 0:
            sys.exit(f"no test is run by: {tests} -- {' '.join(only)}")
        return FAILED.findall(said) or ([] if code == 0 else None), said

    def call(self, command):
        """The exit code, none if it took too long, and the output."""
        process = subprocess.Popen(
            command, cwd=self.tree, env=self.environment, stdin=subprocess.DEVNULL, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            said, _ = process.communicate(timeout=LONGEST)
            return process.returncode, said
        except subprocess.TimeoutExpired:
            return None, "it took too long"
        finally:
            # Ends what the tests may have left behind, and nothing else: the group is the command's own.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def check_unbroken(cargo, tests, group):
    """Exits unless the tests of these breaks pass while nothing is broken."""
    # One break that names no test wants all of them.
    filters = [mutation.only for mutation in group]
    only = sorted({name for names in filters for name in names}) if all(filters) else []
    say(f"unbroken: {tests}")
    good, said = cargo.builds(tests)
    failed, said = cargo.failures(tests, only) if good else (None, said)
    if failed is None or failed:
        sys.exit(f"{said[-4000:]}\nwithout any break, this has to pass: {tests}")


def judge(cargo, mutation, tree):
    """Whether the break is caught, and by which test; or what became of it instead."""
    with broken(mutation, tree):
        good, said = cargo.builds(mutation.tests)
        if not good:
            errors = [line for line in said.splitlines() if line.startswith("error")]
            return False, f"does not build: {errors[0] if errors else 'no error was told'}"
        failed, said = cargo.failures(mutation.tests, mutation.only)
    if failed is None:
        return False, f"ended without a failed test: {said.strip().splitlines()[-1]}"
    if not failed:
        return False, "SURVIVED"
    seeds = [(int(seed), kind) for seed, kind in SEED.findall(said)]
    if seeds:
        kinds = ", ".join(sorted({kind for _, kind in seeds}))
        return True, f"{len(seeds)} seeds, the first is {min(seeds)[0]}: {kinds}"
    more = f" and {len(failed) - 1} more" if len(failed) > 1 else ""
    return True, f"`{failed[0]}`{more}"


def is_caught(cargo, mutation, tree):
    """Judges a break and prints its line of the table."""
    began = time.monotonic()
    caught, by = judge(cargo, mutation, tree)
    seconds = round(time.monotonic() - began)
    print(f"| {mutation.name} | `{mutation.edits[0].place}` | {by} | {seconds} |", flush=True)
    return caught


def say(text):
    print(text, file=sys.stderr, flush=True)


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", metavar="NAME", help="this one; may be repeated")
    parser.add_argument("--by", metavar="TESTS", help="these tests, instead of those that the breaks name")
    parser.add_argument("--quick", action="store_true", help="those marked quick, in the checkout's target")
    parser.add_argument("--check", action="store_true", help="build nothing")
    parser.add_argument("--list", action="store_true", help="print names and reasons")
    parser.add_argument("--in", dest="folder", type=pathlib.Path, metavar="FOLDER",
                        default=ROOT / "target" / "mutations", help="where to work (target/mutations)")
    return parser.parse_args()


def chosen_of(every, options):
    unknown = set(options.only or ()) - {mutation.name for mutation in every}
    if unknown:
        sys.exit(f"no such mutation: {', '.join(sorted(unknown))}")
    if options.only:
        return [mutation for mutation in every if mutation.name in options.only]
    return [mutation for mutation in every if mutation.quick or not options.quick]


def main():
    # So that what was begun is ended and put back.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))
    options = arguments()
    chosen = chosen_of(mutations(), options)
    if options.by:
        chosen = [replace(mutation, tests=options.by, only=()) for mutation in chosen]
    if options.list:
        for mutation in chosen:
            print(f"{mutation.name}: {mutation.why}")
        return
    wrong = [why for mutation in chosen for why in misfits(mutation, ROOT)]
    if wrong:
        sys.exit("\n".join(wrong))
    if options.check:
        print(f"{len(chosen)} mutations fit the code")
        return
    tree = options.folder.resolve() / "tree"
    tree.mkdir(parents=True, exist_ok=True)
    copy_into(tree)
    # What the checkout has built of others' crates serves the copy too.
    target = ROOT / "target" if options.quick else options.folder.resolve() / "target"
    cargo = Cargo(tree, target)
    print("| break | place | caught by | seconds |\n|---|---|---|---|", flush=True)
    survivors = []
    try:
        for tests in dict.fromkeys(mutation.tests for mutation in chosen):
            group = [mutation for mutation in chosen if mutation.tests == tests]
            check_unbroken(cargo, tests, group)
            survivors += [mutation.name for mutation in group if not is_caught(cargo, mutation, tree)]
    finally:
        # Cargo takes what was built of the copy for the checkout's own, unless the checkout's files are newer.
        for mutation in chosen:
            for edit in mutation.edits:
                (ROOT / edit.file).touch()
    if survivors:
        sys.exit(f"{len(survivors)} of {len(chosen)} are not caught: {', '.join(survivors)}")
    say(f"all {len(chosen)} are caught")


if __name__ == "__main__":
    main()
