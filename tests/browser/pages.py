"""Opens the pages of several shops on a phone and on a desk, by day and by night, and prints them."""

import argparse
import base64
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import figures
from chromium import Chromium, Page

HERE = Path(__file__).parent
SCENES = ("shop", "many", "start", "bare")
WIDTHS = (390, 1280)
SCHEMES = ("light", "dark")
# WCAG 2.2: 1.4.3 for text, 1.4.11 for what is drawn.
TEXT_CONTRAST = 4.5
MARK_CONTRAST = 3.0
# Larger than any page of these scenes, and small enough to be sent by mail.
MOST_BYTES = 400_000
TAB, ENTER = 9, 13


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("browser", help="the program of the browser")
    parser.add_argument("programs", type=Path, help="where cargo puts what it builds")
    parser.add_argument("--keep", type=Path, help="where to leave pages, pictures and prints")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, Chromium(options.browser) as browser:
        folder = options.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for scene in SCENES:
            store = figures.Store(options.programs.resolve(), Path(scratch, scene), scene)
            file = (folder / f"{scene}.html").resolve()
            file.unlink(missing_ok=True)
            print(store.run("report", "--out", str(file)).strip())
            assert file.stat().st_size < MOST_BYTES, f"{file} is too large to be sent"
            look(browser, store, scene, file, folder if options.keep else None)
    print("every page is as it must be")


def look(
    browser: Chromium, store: figures.Store, scene: str, file: Path, keep: Path | None
) -> None:
    for width in WIDTHS:
        for scheme in SCHEMES:
            with Page(browser, width, scheme) as page:
                page.open(file.as_uri())
                is_quiet(page, file)
                ask(page, "open()")
                is_well_made(page, width, scheme)
                if keep:
                    picture(page, keep / f"{scene}-{width}-{scheme}.png", width)
                is_quiet(page, file)
            print(f"    {scene}, {width} wide, {scheme}")
    with Page(browser, WIDTHS[0], SCHEMES[0]) as page:
        page.open(file.as_uri())
        figures.check(store, read(page))
        keys_reach_everything(page)
        print(f"    {scene}: the figures are right, and keys reach everything")
    with Page(browser, WIDTHS[1], "dark") as page:
        page.open(file.as_uri())
        can_be_printed(page, (keep or Path(store.folder)) / f"{scene}.pdf")
        print(f"    {scene}: can be printed")


def ask(page: Page, question: str) -> Any:
    return page.ask(f"({(HERE / 'in_page.js').read_text()}).{question}")


def is_quiet(page: Page, file: Path) -> None:
    """Nothing is complained of, nothing is fetched but the page itself, nothing runs."""
    for kind in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"):
        assert not page.told(kind), f"{file.name}: {page.told(kind)}"
    asked_for = {event["request"]["url"] for event in page.told("Network.requestWillBeSent")}
    assert asked_for == {file.as_uri()}, f"{file.name} asks for {asked_for}"
    assert not page.told("Network.loadingFailed"), page.told("Network.loadingFailed")
    assert ask(page, "scripts()") == 0, f"{file.name} has a script"


def is_well_made(page: Page, width: int, scheme: str) -> None:
    where = f"{width} wide, {scheme}"
    assert ask(page, "overflow()") <= 0, f"{where}: wider than the page by {ask(page, 'overflow()')}"
    for fault in ("mute()", "loose()", "badIds()", "cut()"):
        assert not ask(page, fault), f"{where}, {fault}: {ask(page, fault)}"
    is_dark = ask(page, "darkness()") > 0.5
    assert is_dark == (scheme == "dark"), f"{where}: the page is {'dark' if is_dark else 'light'}"
    for kind, least in (("textContrast()", TEXT_CONTRAST), ("markContrast()", MARK_CONTRAST)):
        faint = [(name, contrast) for name, contrast in ask(page, kind) if contrast < least]
        assert not faint, f"{where}, {kind}: {faint[:5]}"
    assert len(ask(page, "textContrast()")) > 20, f"{where}: hardly any text was found"


def read(page: Page) -> dict[str, Any]:
    """The figures of the page, as it shows them."""
    tables = {
        "now": "now-table",
        "runs_customers": "runs-customers",
        "runs_revenue": "runs-revenue",
        "spend": "spend-table",
        "plane": "plane-table",
        "movements": "movements-table",
        "standing": "standing-table",
    }
    found = {name: ask(page, f"table({json.dumps(id)})") for name, id in tables.items()}
    return found | {
        "placed": ask(page, 'value("placed")'),
        "revenue": ask(page, 'value("revenue")'),
    }


def keys_reach_everything(page: Page) -> None:
    """Tab goes through all there is to open, follow and move, in order; Enter opens."""
    wanted = ask(page, "focusable()")
    reached = []
    for _ in wanted:
        page.press("Tab", TAB)
        reached.append(ask(page, "focused()"))
    assert reached == wanted, f"Tab reaches {reached}, not {wanted}"
    if page.ask("document.querySelector('summary') === null"):
        return
    page.ask("document.querySelector('summary').focus()")
    page.press("Enter", ENTER, "\r")
    assert page.ask("document.querySelector('details').open"), "Enter opens nothing"


def can_be_printed(page: Page, file: Path) -> None:
    """On paper, too, there is every section, in dark letters whatever the screen is like."""
    page.call("Emulation.setEmulatedMedia", media="print")
    assert ask(page, "darkness()") < 0.1, "the paper is printed dark"
    headings = ask(page, "headings()")
    printed = page.call("Page.printToPDF", preferCSSPageSize=True, printBackground=False)
    file.write_bytes(base64.b64decode(printed["data"]))
    text = subprocess.run(
        ["pdftotext", "-layout", file, "-"], check=True, capture_output=True, text=True
    ).stdout
    text = re.sub(r"\s+", " ", text)
    missing = [heading for heading in headings if heading not in text]
    assert len(headings) == 7 and not missing, f"not on paper: {missing} of {headings}"


def picture(page: Page, file: Path, width: int) -> None:
    height = page.ask("document.documentElement.scrollHeight")
    clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
    shot = page.call("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
    file.write_bytes(base64.b64decode(shot["data"]))


if __name__ == "__main__":
    try:
        main()
    except AssertionError as fault:
        sys.exit(f"not as it must be: {fault}")
