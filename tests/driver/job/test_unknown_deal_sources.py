"""A deal source that no list has fills its order, has a column of its own, is counted and warned about: never lit."""

import csv
from pathlib import Path

import pytest

from driver.job.job import run_job
from driver.plan.jobs import Job, Settings
from driver.sums.partial_file import PARTIAL_NAME, read_partial
from kernels.measure.choices import Session
from tests.builders import Row, build_day
from tests.random_day import CLOSE, NS, OPEN
from tickstore.day.writer import write_day

VENUE_COLUMNS = ("lit", "dark", "auction", "booked", "other")
pytestmark = pytest.mark.reduced


def run(folder: Path, deals: tuple[int, ...]) -> tuple[tuple[str, ...], Row, dict[str, str]]:
    """Return warnings, counts and the metrics of a real order that had a fill of 10 shares from each deal source."""
    n = len(deals)
    state = {"order_id": 5, "side": 1, "price": 3_400, "order_type": 64}
    events = [{**state, "timestamp": OPEN + NS, "leaves_quantity": 10 * n, "matched_quantity": 0}]
    events += [{**state, "timestamp": OPEN + 60 * NS, "leaves_quantity": 0, "matched_quantity": 10 * n}]
    fill = {"order_id": 5, "side": 1, "price": 3_390, "quantity": 10}
    fills = [{**fill, "timestamp": OPEN + (2 + k) * NS, "deal_source": deal} for k, deal in enumerate(deals)]
    day = build_day(events, fills, [{"timestamp": OPEN, "bid": 3_380, "offer": 3_390}])
    groups = {"events": day.events, "orders": day.orders, "fills": day.fills, "quotes": day.quotes}
    write_day(folder / "day.h5", "1", "2024-09-05", groups)
    session, settings = Session(OPEN, CLOSE, "file"), Settings(output_format="csv")
    job = Job(0, "1", "2024-09-05", str(folder / "day.h5"), str(folder / "job"), session, settings, 2, "print")
    report = run_job(job)
    with (folder / "job" / "metrics.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if (row["group"], row["scenario"]) == ("0", "real")]
    return report.warnings, read_partial(folder / "job" / PARTIAL_NAME).quality, rows[0]


def test_venues_add_up_to_what_was_filled(tmp_path: Path) -> None:
    warnings, quality, real = run(tmp_path, (1, 60, 47, 20, 60, 44, 99))
    assert [int(real[f"{venue}_quantity"]) for venue in VENUE_COLUMNS] == [10, 10, 10, 10, 30]
    assert sum(int(real[f"{venue}_notional"]) for venue in VENUE_COLUMNS) == int(real["notional"])
    assert int(real["filled_quantity"]) == 70
    assert quality["fills_unknown_deal_source"] == 3
    (warning,) = warnings
    assert "60 (2 fills), 99 (1 fills)" in warning


def test_the_order_is_measured_with_it_and_the_market_without(tmp_path: Path) -> None:
    """It was paid for, so the shortfall has it; what kind of trade it was, and so its spread, nobody knows."""
    _, _, real = run(tmp_path, (60,))
    assert float(real["shortfall_bps"]) == pytest.approx(1e4 * 5 / 3_385)
    assert float(real["shortfall_ex_booking_bps"]) == pytest.approx(1e4 * 5 / 3_385)
    assert (real["effective_spread_bps"], real["arrival_slippage_bps"], real["lit_quantity"]) == ("", "", "0")


@pytest.mark.parametrize("deal", [46, 47, 49, 50, 51, 52])
def test_every_dark_deal_source_is_dark(tmp_path: Path, deal: int) -> None:
    warnings, _, real = run(tmp_path, (deal,))
    assert (warnings, real["dark_quantity"]) == ((), "10")
