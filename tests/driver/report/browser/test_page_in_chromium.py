"""Reports opened in a browser, wide, narrow and on paper: quiet, whole, legible, for every reader and kind of run.

A file named by DARKREPLAY_AXE, axe-core's axe.min.js, judges the same pages too; the checks here ask for as much.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from driver.report.page import write_report
from tests.driver.conftest import Market
from tests.driver.report.browser.chromium import Chromium, Tab
from tests.driver.report.browser.pdf_pages import texts_of_pages
from tests.driver.report.kinds_of_runs import KINDS, failed_job, no_fills
from tests.driver.whole_runs import darkreplay

CHECKS = (Path(__file__).parent / "page_checks.js").read_text()
LAPTOP, PHONE = 1280, 390
PAPER = 703  # pixels between the margins of A4: 186 mm at 96 to the inch
FEWEST = 3  # pieces of text on a page: a heading and a line
VIOLATIONS = """axe.run().then((told) => told.violations.map((one) =>
  `axe: ${one.id} (${one.impact}), ${one.nodes.length} times, first ${one.nodes[0].html}`))"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    with Chromium(tmp_path_factory.mktemp("browser")) as started:
        yield started


def faults(browser: Chromium, page: Path) -> list[str]:
    """Return what is wrong with a page, wherever it is read."""
    axe = os.environ.get("DARKREPLAY_AXE", "")
    found = []
    with Tab(browser, page) as tab:
        if axe:
            tab.run(f"{Path(axe).read_text(encoding='utf-8')}; null")
        for width in (LAPTOP, PHONE):
            tab.resize(width)
            found += [f"{width} px: {one}" for one in tab.run(CHECKS) + (tab.run(VIOLATIONS) if axe else [])]
        tab.run("document.querySelectorAll('details').forEach((one) => { one.open = true })")
        found += [f"{PHONE} px, all unfolded: {one}" for one in tab.run(CHECKS)]
        tab.run("document.querySelectorAll('details').forEach((one) => { one.open = false })")
        tab.resize(PAPER)
        tab.as_printed(True)
        found += [f"printed: {one}" for one in tab.run(CHECKS)]
        tab.as_printed(False)
        texts = texts_of_pages(tab.pdf())
        found += [f"page {n} of {len(texts)} is empty" for n, count in enumerate(texts, 1) if count < FEWEST]
        return found + tab.complaints()


def test_the_report_of_a_run_is_read_as_it_is_meant(browser: Chromium, market: Market) -> None:
    assert faults(browser, market.folder / "clean" / "report.html") == []


@pytest.mark.parametrize("kind", [failed_job, no_fills], ids=lambda kind: str(kind.__name__))
def test_a_report_of_what_went_wrong_is_read_too(
    browser: Chromium, tmp_path: Path, kind: Callable[[Path], None]
) -> None:
    kind(tmp_path)
    assert write_report(tmp_path) == ""
    assert faults(browser, tmp_path / "report.html") == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.__name__))
def test_a_report_of_every_kind_of_run_is_read(browser: Chromium, tmp_path: Path, kind: Callable[[Path], None]) -> None:
    kind(tmp_path)
    assert write_report(tmp_path) == ""
    assert faults(browser, tmp_path / "report.html") == []


@pytest.mark.slow
def test_the_report_of_a_real_day_with_all_scenarios_is_read(browser: Chromium, tmp_path: Path, real_day: Path) -> None:
    files = [f"--{table}={real_day / table}.csv" for table in ("orders", "trades", "nbbo")]
    scenarios = ("--dark_pool_scenarios=A,B,C,R,P,D", "--dark_seconds=30,300")
    done = darkreplay("run", *files, *scenarios, "--results=results", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert faults(browser, tmp_path / "results" / "report.html") == []


SOUND = (
    """<!doctype html><html lang="en"><head><title>x</title></head><body><main><h1>One</h1>{}</main></body></html>"""
)
FIGURE = '<svg role="img" width="100" height="50" viewBox="0 0 100 50"><title>x</title>{}</svg>'
WRONG = {
    "the page is": '<div style="width: 5000px">wide</div>',
    "beyond the window": '<p style="width: 2000px">wide</p>',
    "cut off": '<div style="width: 50px; overflow: hidden"><div style="width: 90px">cut</div></div>',
    "only a mouse": '<div style="width: 50px; overflow: auto"><div style="width: 90px">moved</div></div>',
    "wider than its box": '<p style="width: 20px">unbreakableword</p>',
    "of another length": "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>",
    "in a box of": '<div class="scroll" style="width: 50px"><table><tr><td>unbreakableword</td></tr></table></div>',
    "leaves its figure": FIGURE.format('<text x="80" y="20">rather long a text</text>'),
    'over "one"': FIGURE.format('<text x="5" y="20">two</text><text x="8" y="22">one</text>'),
    "of text": '<p style="color: #999">faint</p>',
    "of what is drawn": FIGURE.format('<rect width="9" height="9" fill="#ddd"/>'),
    "of a figure's text": FIGURE.format('<rect width="90" height="40" fill="#555"/><text x="5" y="20">dark</text>'),
    "outside every landmark": "</main><p>out</p><main>",
    "is there twice": '<p id="a">x</p><p id="a">y</p>',
    "after <H1>": "<h3>deep</h3>",
    "not one <h1>": "<h1>Two</h1>",
    "empty heading": "<h2></h2>",
    "without role or title": "<svg></svg>",
    "without scope": "<table><tr><th>x</th></tr></table>",
    "link without text": '<a href="#a"></a><p id="a">x</p>',
    "link to nowhere": '<a href="#b">x</a>',
    "order of the keyboard": '<p tabindex="3">x</p>',
    "list of other things": "<ul><p>x</p></ul>",
    "without a name": "<section>x</section>",
    "empty section": '<section id="s"><h2>x</h2></section>',
}


def test_the_checker_finds_what_is_wrong(browser: Chromium, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(SOUND.format("<p>fine</p>"))
    assert [one for one in faults(browser, page) if "is empty" not in one] == []
    for said, body in WRONG.items():
        page.write_text(SOUND.format(body))
        with Tab(browser, page) as tab:
            assert any(said in one for one in tab.run(CHECKS)), said


def test_what_a_page_asks_for_and_complains_of_is_heard(browser: Chromium, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(SOUND.format('<img src="gone.png" alt="x"><script>console.error("lost"); nothing()</script>'))
    with Tab(browser, page) as tab:
        heard = " ".join(tab.complaints())
    for said in ("asks for file:", "gone.png", "lost", "nothing is not defined"):
        assert said in heard
