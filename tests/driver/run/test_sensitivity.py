"""--sensitivity: one run says what others with another mid or population say, digit for digit."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from driver.command_line.main import main
from driver.sums.partial_file import read_partial
from kernels.conventions import MID_KINDS, POPULATIONS
from tests.driver.conftest import Market
from tests.driver.tables.from_orders import read
from tests.driver.whole_runs import tables

pytestmark = pytest.mark.usefixtures("in_own_folder")
Row = dict[str, str]
ASKED = "--sensitivity"


def run(*flags: str, results: str = "out", scenarios: str = "A,B,C", store: str = "store") -> int:
    """Run a store, usually the market's, in this process."""
    usual = [f"--store={store}", f"--results={results}", f"--dark_pool_scenarios={scenarios}", "--order_level=false"]
    return main(["run", *usual, "--mode=sequential", "--json", *flags])


def rows_of(results: Path, about: str) -> dict[tuple[str, str], Row]:
    """Return the rows of sensitivity.csv about one choice, by variant and scenario."""
    rows: list[Any] = read(results / "sensitivity.csv")
    return {(row["variant"], row["scenario"]): row for row in rows if row["about"] == about}


def headlines(results: Path) -> dict[str, Row]:
    rows: list[Any] = read(results / "global_summary.csv")
    return {row["scenario"]: row for row in rows if row["scenario"] != "real"}


def agree(results: Path, other: Path, about: str, kind: str, scenarios: Sequence[str] = ()) -> list[str]:
    """Compare the rows with the headline of a run that is asked so; return the savings."""
    mine, theirs, found = headlines(results), headlines(other), rows_of(results, about)
    savings = []
    for scenario in scenarios or theirs:
        row = found[kind, scenario]
        assert row["saving_bps"] == theirs[scenario]["saving_bps"]
        assert row["command"] == ""
        base, whole = (int(of[scenario]["benchmark_notional"]) for of in (theirs, mine))
        assert row["left_out"] == ("" if base >= whole else f"{(whole - base) / whole!r}")
        savings.append(row["saving_bps"])
    return savings


def test_other_mids_and_populations_are_those_of_runs_of_their_own(tmp_path: Path) -> None:
    """Four jobs, whose sums are merged; R fills the same whichever mid A, B and C trade at."""
    assert run(ASKED, "--mid=arrival", scenarios="A,B,C,R") == 0
    out = tmp_path / "out"
    own, seen = headlines(out), set()
    for mid in MID_KINDS:
        if mid != "arrival":
            assert run(f"--mid={mid}", results=mid, scenarios="A,B,C,R") == 0
            seen.add(tuple(agree(out, tmp_path / mid, "mid", mid)))
            assert rows_of(out, "mid")[mid, "R"]["saving_bps"] == own["R"]["saving_bps"] != ""
    assert len(seen) == len(MID_KINDS) - 1, "each mid has a saving of its own"
    for population in POPULATIONS[1:]:
        assert run(f"--population={population}", "--mid=arrival", results=population) == 0
        assert all(agree(out, tmp_path / population, "population", population))
        replayed = rows_of(out, "population")[population, "R"]
        assert (replayed["saving_bps"], replayed["left_out"]) == ("", "")
        assert replayed["command"] == f"--population={population}"
    for about, kind in (("mid", "arrival"), ("population", "all")):
        for scenario, row in own.items():
            assert rows_of(out, about)[kind, scenario]["saving_bps"] == row["saving_bps"]


def test_days_without_an_order_of_the_selection_have_those_of_others(tmp_path: Path) -> None:
    """Participant 26 trades on the days of one security alone."""
    who = "--participant_ids=26"
    assert run(ASKED, who, "--population=traded") == 0
    partials = [read_partial(path) for path in (tmp_path / "out").glob("sec*/*/partial.arrow")]
    assert sorted(partial.is_empty for partial in partials) == [False, False, True, True]
    for population in ("all", "sweep"):
        assert run(who, f"--population={population}", results=population) == 0
        assert any(agree(tmp_path / "out", tmp_path / population, "population", population))
    left_out = {row["left_out"] for row in rows_of(tmp_path / "out", "population").values() if row["variant"] == "all"}
    assert left_out == {""}, "all orders are more than those that traded"


def test_of_sweeps_alone_security_days_without_any_are_missing(tmp_path: Path) -> None:
    assert run(ASKED, "--population=sweep") == 0
    assert run("--population=rested", results="rested") == 0
    out = tmp_path / "out"
    assert all(agree(out, tmp_path / "rested", "population", "rested"))
    rows = rows_of(out, "population")
    assert {kind: {row["command"] for (of, _), row in rows.items() if of == kind} for kind in POPULATIONS} == {
        "all": {"--population=all"}, "traded": {"--population=traded"}, "sweep": {""}, "rested": {""},
    }  # fmt: skip
    assert [scenario for kind, scenario in rows if kind == "traded"] == ["all"]


def test_of_a_replayed_scenario_alone_only_mids_are_told(tmp_path: Path) -> None:
    assert run(ASKED, scenarios="R") == 0
    out = tmp_path / "out"
    own = headlines(out)
    for mid in MID_KINDS:
        assert {name: rows_of(out, "mid")[mid, name]["saving_bps"] for name in own} == {
            name: row["saving_bps"] for name, row in own.items()
        }
    others = {kind: row["command"] for (kind, scenario), row in rows_of(out, "population").items() if scenario == "all"}
    assert others == {kind: f"--population={kind}" for kind in POPULATIONS[1:]}


@pytest.mark.parametrize("given", [("orders", "nbbo"), ("orders", "trades")])
def test_without_trades_or_quotes_the_rows_are_as_empty_as_the_headline(
    market: Market, tmp_path: Path, given: tuple[str, ...]
) -> None:
    files = [f"--{table}={market.raw / table}.csv" for table in given]
    assert run(ASKED, *files, scenarios="A,B", store="poor") == 0
    out = tmp_path / "out"
    assert {row["saving_bps"] for row in headlines(out).values()} == {""}
    assert run("--mid=arrival", results="arrival", scenarios="A,B", store="poor") == 0
    assert run("--population=traded", results="traded", scenarios="A,B", store="poor") == 0
    assert agree(out, tmp_path / "arrival", "mid", "arrival") == ["", ""]
    assert agree(out, tmp_path / "traded", "population", "traded") == ["", ""]


def test_without_the_setting_the_rows_name_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(scenarios="A") == 0
    out = tmp_path / "out"
    plain = tables(out)
    for about, kinds in (("mid", MID_KINDS), ("population", POPULATIONS)):
        rows = rows_of(out, about)
        assert list(rows) == [(kind, "all") for kind in kinds]
        assert {(row["saving_bps"], row["left_out"], row["command"]) for row in rows.values()} == {("", "", ASKED)}
    assert read_partial(next(out.glob("sec*/*/partial.arrow"))).sensitivity == {}
    capsys.readouterr()
    assert run(ASKED, scenarios="A") == 0
    assert json.loads(capsys.readouterr().out)["jobs"] == {"done": 4, "kept": 0, "failed": 0}
    whole = tables(out)
    changed = {name for name in whole if whole[name] != plain[name]}
    assert {Path(name).name for name in changed} == {"sensitivity.csv", "partial.arrow"}
    page = (out / "report.html").read_text().partition('<section id="sensitivity">')[2].partition("</section>")[0]
    assert all(f">{kind}</td>" in page for kind in (*MID_KINDS, *POPULATIONS))
    assert run(scenarios="A") == 0
    assert json.loads(capsys.readouterr().out)["jobs"] == {"done": 0, "kept": 4, "failed": 0}
    assert (out / "sensitivity.csv").read_bytes() == plain["sensitivity.csv"], "jobs kept more than is asked for"
    for shard in ("2/2", "1/2"):
        assert run(ASKED, f"--shard={shard}", results="shards", scenarios="A") == 0
    assert main(["aggregate", "shards"]) == 0
    assert (tmp_path / "shards" / "sensitivity.csv").read_bytes() == whole["sensitivity.csv"]
