"""The tick file: what it may say, which jobs it changes, and that limits and spreads go by it (decisions 11)."""

from pathlib import Path

import pytest

from driver.config.loading import load_config
from driver.config.tick_file import read_tick_file
from driver.plan.plan import plan_jobs
from driver.sums.conditions import SPREADS, Market, condition_dimensions
from driver.sums.volatility import RANGES
from kernels.measure.choices import Choices, Session, Simulation
from kernels.measure.measure import measure
from tests.builders import build_day
from tests.driver.job_folders import market_key
from tests.driver.plan.test_plan import RESULTS, partition
from tests.random_day import CLOSE, OPEN
from tickstore.errors import InputError

HEADER = "security,from_price,tick\n"


def written(folder: Path, text: str) -> str:
    path = folder / "ticks.csv"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_columns_in_any_order_bom_blank_lines_and_others_columns(tmp_path: Path) -> None:
    found = read_tick_file(
        written(tmp_path, "\ufeffTick, Security ,name,from_price\n1,101,a,0\n\n5, 101,b,100\n2,AB,c,0\n")
    )
    assert found is not None
    assert found.ticks == {"101": ((0, 1), (100, 5)), "AB": ((0, 2),)}
    assert (found.facts["name"], found.facts["securities"]) == ("ticks.csv", 2)
    assert read_tick_file("") is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("security,tick\n", "from_price is not in security, tick"),
        ("", "security is not in nothing"),
        (HEADER + "101,0\n", "line 2: 2 fields, where the header has 3"),
        (HEADER + "101,0,1\n101,x,5\n", "line 3: from_price is 'x', not a whole number"),
        (HEADER + "101,0,1.5\n", "line 2: tick is '1.5', not a whole number"),
        (HEADER + "101,0,-1\n", "line 2: tick is '-1'"),
        (HEADER + "101,0,0\n", "line 2: a tick of 0"),
        (HEADER + " ,0,1\n", "line 2: no security"),
        (HEADER + "101,100,5\n", "line 2: the first from_price of 101 is 100: start with 0"),
        (HEADER + "101,0,1\n7,0,1\n101,0,5\n", "line 4: from_price 0 of 101 is not above 0"),
    ],
)
def test_mistakes_name_the_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_tick_file(written(tmp_path, text))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"--tick_file: .*nothing\.csv does not exist"):
        read_tick_file(str(tmp_path / "nothing.csv"))


def test_only_the_jobs_of_its_securities_change(tmp_path: Path) -> None:
    store, config = [partition("101"), partition("102")], load_config({}).config
    ticks = read_tick_file(written(tmp_path, HEADER + "102,0,7\n999,0,1\n"))
    plain, given = (plan_jobs(config, store, None, RESULTS, tick_file=file) for file in (None, ticks))
    assert [job.settings.simulation.ticks for job in given.jobs] == [config.ticks, ((0, 7),)]
    same = [a.fingerprint == b.fingerprint for a, b in zip(plain.jobs, given.jobs, strict=True)]
    assert same == [True, False]
    assert given.notes == ("ticks.csv has no ticks of 101: theirs are those of --ticks",)
    assert plain.notes == ()


@pytest.mark.parametrize(("tick", "filled", "spread"), [(10, 100, "1 tick"), (5, 0, "2 ticks")])
def test_half_ticks_and_spreads_go_by_the_ticks_of_the_job(tick: int, filled: int, spread: str) -> None:
    """A buy limit at the bid, improved by half a tick, is at the mid if the spread is one tick, and below it else."""
    order = {"order_id": 1, "side": 1, "price": 3_380, "order_type": 64, "mid_tick": 1, "matched_quantity": 0}
    events = [{**order, "timestamp": OPEN + k, "leaves_quantity": 100} for k in (1, 2)]
    day = build_day(events, [], [{"timestamp": OPEN, "bid": 3_380, "offer": 3_390}])
    settings = Choices(simulation=Simulation(ticks=((0, tick),)))
    session = Session(OPEN, CLOSE, "test")
    (block,) = measure(day, settings, session)
    assert block.scenario_filled[1].tolist() == [filled]
    key = market_key(block, Market(session, settings.simulation.ticks, 0)) // RANGES
    assert SPREADS[condition_dimensions(key)["spread"][0]] == spread
