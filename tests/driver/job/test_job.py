"""A job from day file to folder: what it writes, that it writes the same again, and that blocks do not matter."""

import csv
import gzip
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from driver.job.job import run_job
from driver.plan.jobs import Job, Settings
from driver.sums.partial_file import read_partial
from driver.tables.aggregate import aggregate
from kernels.measure import measure as measuring
from kernels.measure.choices import Selection, Session
from kernels.measure.order_columns import ALL
from tests.builders import Row, build_day
from tickstore.day.reader import open_day
from tickstore.day.writer import write_day
from tickstore.errors import StoreError, UserError

pytestmark = pytest.mark.reduced
SECOND = 1_000_000_000
OPEN = 1_725_494_400 * SECOND  # 2024-09-05 10:00 in Sydney
CLOSE = OPEN + 6 * 3_600 * SECOND
MakeJob = Callable[..., Job]


def market(orders: int = 60, seed: int = 0) -> tuple[list[Row], list[Row], list[Row]]:
    """Return events, fills and quotes of orders that are entered, partly filled at most once, and cancelled or done."""
    rng = np.random.default_rng(seed)
    events: list[Row] = []
    fills: list[Row] = []
    for i in range(orders):
        start, quantity = OPEN + int(rng.integers(-600, 20_000)) * SECOND, 100 * int(rng.integers(1, 30))
        same = {"order_id": 2**61 + i, "participant": int(rng.choice([7, 12])), "side": int(rng.choice([1, -1]))}
        same |= {"order_type": 64, "price": int(rng.choice([3_380, 3_390, 3_400])), "quantity": quantity}
        events.append({**same, "timestamp": start, "leaves_quantity": quantity, "matched_quantity": 0})
        filled = int(rng.choice([0, quantity // 2, quantity]))
        if filled:
            traded = {"order_id": same["order_id"], "side": same["side"], "participant": same["participant"]}
            traded |= {"timestamp": start + 900 * SECOND, "price": 3_390, "quantity": filled}
            fills.append({**traded, "deal_source": int(rng.choice([1, 47, 20, 44])), "match_id": i})
        left = {"leaves_quantity": quantity - filled, "matched_quantity": filled}
        events.append({**same, **left, "timestamp": start + 900 * SECOND + (not filled) * 60 * SECOND})
    quotes = [
        {"timestamp": OPEN + 120 * SECOND * k, "bid": bid, "offer": bid + 10}
        for k, bid in enumerate(rng.choice([3_370, 3_380, 3_390], 180).tolist())
    ]
    return events, fills, quotes


TEXT = Settings(output_format="csv", order_columns=ALL)


@pytest.fixture
def make_job(tmp_path: Path) -> MakeJob:
    """Return a function that makes jobs on one day file."""
    day = build_day(*market())
    path = tmp_path / "day.h5"
    groups = {"events": day.events, "orders": day.orders, "fills": day.fills, "quotes": day.quotes}
    write_day(path, "101", "2024-09-05", groups, {"participants": {"Alpha": 7, "Beta": 12, "Gamma": 99}})

    def make(name: str, settings: Settings | None = None, index: int = 0) -> Job:
        settings = settings or TEXT
        folder = str(tmp_path / name)
        return Job(index, "101", "2024-09-05", str(path), folder, Session(OPEN, CLOSE, "file"), settings, 120, "print")

    return make


def content(job: Job) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path(job.folder).iterdir()}


def test_a_job_leaves_orders_metrics_and_a_partial(make_job: MakeJob) -> None:
    job = make_job("a")
    report = run_job(job)
    assert (report.index, report.events, report.orders) == (0, 120, 60)
    files = content(job)
    assert sorted(files) == ["metrics.csv", "orders.csv", "partial.arrow"]
    assert report.bytes_written == sum(map(len, files.values()))
    rows = list(csv.DictReader(files["orders.csv"].decode().splitlines()))
    assert [int(row["order_id"]) for row in rows] == [int(row["order_id"]) for row in sorted(rows, key=by_arrival)]
    partial = read_partial(Path(job.folder) / "partial.arrow")
    assert partial.participants == {"7": "Alpha", "12": "Beta"}  # those with orders
    assert partial.quality["orders_reconciled"] == 60


def by_arrival(row: dict[str, str]) -> int:
    return int(row["arrival_time"])


def test_metrics_have_every_group_then_all_by_scenario(make_job: MakeJob) -> None:
    job = make_job("a", Settings(selection=Selection(participants=(7,)), output_format="gzip"))
    run_job(job)
    rows = list(csv.DictReader(content(job)["metrics.csv"].decode().splitlines()))
    assert [(row["group"], row["scenario"]) for row in rows] == [
        (g, s) for g in "1230" for s in ("real", "A", "B", "C")
    ]
    for scenario in range(4):
        *groups, whole = (rows[4 * g + scenario] for g in range(4))
        for column in ("orders", "filled_quantity", "shortfall_cost", "booked_quantity"):
            if whole[column]:
                assert sum(int(row[column]) for row in groups) == int(whole[column])
        assert sum(float(row["notional"]) for row in groups) == pytest.approx(float(whole["notional"]), rel=1e-14)
    orders = list(csv.DictReader(gzip.decompress(content(job)["orders.csv.gz"]).decode().splitlines()))
    assert len(orders) == int(rows[12]["orders"])
    assert {row["participant_id"] for row in orders} == {"Alpha"}


def test_the_same_job_gives_the_same_bytes(make_job: MakeJob) -> None:
    run_job(make_job("a"))
    run_job(make_job("b"))
    assert content(make_job("a")) == content(make_job("b"))


def test_the_size_of_blocks_is_nothing(make_job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    run_job(make_job("a"))
    monkeypatch.setattr(measuring, "BLOCK_ORDERS", 7)
    run_job(make_job("b"))
    whole, split = content(make_job("a")), content(make_job("b"))
    assert whole["orders.csv"] == split["orders.csv"]
    a, b = (read_partial(Path(make_job(name).folder) / "partial.arrow").cells for name in "ab")
    for name in ("key", "sums", "histogram_start", "histogram_code", "histogram_count"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name))
    np.testing.assert_allclose(a.mean, b.mean, rtol=1e-12, atol=1e-12)


def test_an_order_file_of_another_format_does_not_stay(make_job: MakeJob) -> None:
    for output_format, name in (("csv", "orders.csv"), ("parquet", "orders.parquet"), ("gzip", "orders.csv.gz")):
        job = make_job("a", Settings(output_format=output_format))
        run_job(job)
        assert sorted(content(job)) == ["metrics.csv", name, "partial.arrow"]
    job = make_job("a", Settings(order_level=False))
    run_job(job)
    assert sorted(content(job)) == ["metrics.csv", "partial.arrow"]


def test_a_job_that_selects_nothing_is_complete_and_empty(make_job: MakeJob) -> None:
    job = make_job("a", Settings(selection=Selection(participants=(12345,)), output_format="csv"))
    assert run_job(job).orders == 0
    assert content(job)["orders.csv"].count(b"\n") == 1
    rows = list(csv.DictReader(content(job)["metrics.csv"].decode().splitlines()))
    assert len(rows) == 16
    assert {row["orders"] for row in rows} == {"0"}


def test_without_trades_no_cost_is_told(tmp_path: Path) -> None:
    """Trades happened and none is given: costs of the orders that did not trade would pass for those of all."""
    day = build_day(market()[0], [], market()[2])
    orders = {**day.orders, "decision_time": day.orders["arrival_time"] - SECOND}
    groups = {"events": day.events, "orders": orders, "fills": day.fills, "quotes": day.quotes}
    write_day(tmp_path / "day.h5", "101", "2024-09-05", groups, {})
    settings = replace(TEXT, simulation=replace(Settings().simulation, fees_bps=(1.0, 1.0, 1.0, 1.0)))
    place = (str(tmp_path / "day.h5"), str(tmp_path / "out"))
    job = Job(0, "101", "2024-09-05", *place, Session(OPEN, CLOSE, "file"), settings, 120, "print")
    run_job(job)
    rows = list(csv.DictReader(content(job)["orders.csv"].decode().splitlines()))
    costs = [name for name in rows[0] if re.search("shortfall|saving|execution_bps|opportunity|fees", name)]
    assert len(costs) > 25
    assert {row[name] for row in rows for name in costs} == {""}
    assert any(row["delay_bps"] for row in rows)  # what waiting did to the mid needs no price


def test_an_order_file_without_orders_has_the_columns_of_one_with_some(tmp_path: Path) -> None:
    """Those that only some inputs or settings give included: parent, decision and fees (decisions 18)."""
    day = build_day(*market())
    orders = {**day.orders, "parent_id": day.orders["order_id"], "decision_time": day.orders["arrival_time"]}
    groups = {"events": day.events, "orders": orders, "fills": day.fills, "quotes": day.quotes}
    write_day(tmp_path / "day.h5", "101", "2024-09-05", groups, {})
    settings = replace(TEXT, simulation=replace(Settings().simulation, fees_bps=(1.0, 1.0, 1.0, 1.0)))
    nobody = replace(settings, selection=Selection(participants=(12345,)))
    headers = []
    for name, chosen in (("some", settings), ("none", nobody)):
        place = (str(tmp_path / "day.h5"), str(tmp_path / name))
        job = Job(0, "101", "2024-09-05", *place, Session(OPEN, CLOSE, "file"), chosen, 120, "print")
        run_job(job)
        headers.append(content(job)["orders.csv"].splitlines()[0])
    assert b"parent_id" in headers[0]
    assert headers[0] == headers[1]


def test_scenarios_and_horizons_are_those_asked_for(make_job: MakeJob) -> None:
    simulation = replace(Settings().simulation, scenarios=("C", "A"), markout_seconds=(2.5,))
    job = make_job("a", replace(TEXT, simulation=simulation))
    run_job(job)
    header = content(job)["orders.csv"].decode().splitlines()[0].split(",")
    assert "A_price" in header
    assert "C_price" in header
    assert "B_price" not in header
    assert [name for name in header if name.startswith("markout")] == ["markout_2.5s_bps"]
    assert "markout_2.5s_bps" in content(job)["metrics.csv"].decode().splitlines()[0]


def test_fees_give_net_columns_beside_the_gross_ones(make_job: MakeJob) -> None:
    simulation = replace(Settings().simulation, fees_bps=(1.0, 0.5, 0.25, 0.0))
    jobs = make_job("gross"), make_job("net", replace(TEXT, simulation=simulation))
    for job in jobs:
        run_job(job)
    gross, net = (list(csv.DictReader(content(job)["metrics.csv"].decode().splitlines())) for job in jobs)
    assert "net_saving_bps" not in gross[0]
    for before, after in zip(gross, net, strict=True):
        assert {name: after[name] for name in before} == before
        if after["shortfall_bps"]:
            assert float(after["net_shortfall_bps"]) >= float(after["shortfall_bps"])
    orders = list(csv.DictReader(content(jobs[1])["orders.csv"].decode().splitlines()))
    priced = [row for row in orders if all(row[f"{s}shortfall_bps"] for s in ("", "A_", "B_", "C_"))]
    worth = {row["order_id"]: 2 * float(row["mid"]) * int(row["order_quantity"]) for row in priced}
    fees = sum(float(row["real_fees_bps"]) * worth[row["order_id"]] for row in priced) / 1e4
    whole = net[12]
    extra = (float(whole["net_shortfall_bps"]) - float(whole["shortfall_bps"])) * int(whole["benchmark_notional"]) / 1e4
    assert extra == pytest.approx(fees, rel=1e-6)
    assert fees > 0


def test_jobs_aggregate_under_the_names_of_participants(make_job: MakeJob, tmp_path: Path) -> None:
    jobs = [make_job("a")]
    run_job(jobs[0])
    aggregate(tmp_path, jobs, jobs[0].settings)
    for table in ("by_participant", "outliers"):
        with (tmp_path / f"{table}.csv").open() as file:
            assert {row["participant_id"] for row in csv.DictReader(file)} == {"Alpha", "Beta"}, table


def test_a_damaged_day_file_is_one_line_and_leaves_nothing(make_job: MakeJob) -> None:
    job = make_job("a")
    path = Path(job.day_file)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(StoreError, match=r"day\.h5"):
        run_job(job)
    assert content(job) == {}


def test_a_job_whose_place_is_gone_brings_nothing_back(make_job: MakeJob) -> None:
    job = make_job("a")
    gone = Path(job.folder) / "taken away" / "attempt"
    with pytest.raises(FileNotFoundError):
        run_job(replace(job, folder=str(gone), placed=True))
    assert not gone.parent.exists()


def test_a_day_file_of_another_zone_is_refused(make_job: MakeJob) -> None:
    job = make_job("a")
    day = build_day(*market(3))
    groups = {"events": day.events, "orders": day.orders, "fills": day.fills, "quotes": day.quotes}
    Path(job.day_file).unlink()
    write_day(Path(job.day_file), "101", "2024-09-05", groups, {"timezone": "Europe/Paris", "price_decimals": 3})
    with pytest.raises(UserError, match="converted with timezone Europe/Paris, the others with Australia/Sydney"):
        run_job(job)


def test_a_day_file_changed_since_the_plan_is_not_measured(make_job: MakeJob) -> None:
    job = make_job("a")
    with open_day(Path(job.day_file)) as day:
        digest = day.attributes["digest"]
    assert run_job(replace(job, content=digest)).orders > 0
    with pytest.raises(StoreError, match="changed since this run was planned; run again"):
        run_job(replace(job, content="0" * 32))


def test_a_job_whose_sums_cannot_be_fails_by_its_name(make_job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("driver.job.job.broken_rule", lambda *sums: "leaves_quantity is negative: -5")
    job = make_job("broken")
    with pytest.raises(RuntimeError, match="101/2024-09-05: leaves_quantity is negative: -5: a fault of this program"):
        run_job(job)
    assert not (Path(job.folder) / "metrics.csv").exists()
