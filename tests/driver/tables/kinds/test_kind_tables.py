"""Tables by kind of order add up to the global one, and what contrasts and the sensitivity take of them is theirs."""

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from driver.inference.clusters import SecurityDays, variance_of
from driver.sums.orders.kinds import by_kind, sum_names
from driver.sums.partial import Partial
from driver.sums.partial_file import PARTIAL_NAME, read_partial
from driver.tables.aggregate import aggregate
from driver.tables.kinds.kind_tables import GUIDES
from driver.tables.kinds.meanings import DEAL_SOURCES, MID_TICKS, TYPE_BITS, type_words, venue_name
from kernels.conventions import VENUE_OF_DEAL
from tests.driver.job_folders import PARTITIONS, SETTINGS, make_jobs

Row = dict[str, str]
ADDED = "orders", "order_quantity", "priced_orders", "filled_quantity", "benchmark_notional", "shortfall_cost"
QUARTERS = ("1", "2", "3", "4")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results")
    aggregate(folder, make_jobs(folder), SETTINGS)
    return folder


@pytest.fixture(scope="module")
def partials(results: Path) -> list[Partial]:
    return [read_partial(results / f"sec{security}" / date / PARTIAL_NAME) for security, date in PARTITIONS]


def read(results: Path, name: str) -> list[Row]:
    with (results / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", GUIDES)
def test_each_table_adds_up_to_all_orders(results: Path, name: str) -> None:
    rows = read(results, name)
    assert list(rows[0]) == [column.name for column in GUIDES[name]]
    assert all(row["meaning"] for row in rows)
    for whole in read(results, "global_summary"):
        of = [row for row in rows if row["scenario"] == whole["scenario"]]
        assert len(of) > 2
        for column in ADDED:
            assert sum(int(row[column]) for row in of) == int(whole[column]), (name, column)
        engaged = int(whole["fully_filled"]) + int(whole["partially_filled"])
        assert sum(int(row["filled_orders"]) for row in of) == engaged
        means = [float(row["saving_mean_bps"]) * int(row["priced_orders"]) for row in of if row["saving_mean_bps"]]
        assert math.fsum(means) / int(whole["priced_orders"]) == pytest.approx(
            float(whole["saving_mean_bps"]), abs=1e-4
        )


def test_measures_are_quotients_of_the_sums(results: Path) -> None:
    for row in read(results, "by_order_type"):
        base, cost = int(row["benchmark_notional"]), int(row["shortfall_cost"])
        assert float(row["shortfall_bps"]) == pytest.approx(10_000 * cost / 65_536 / base, rel=1e-12)
        assert float(row["fill_ratio"]) == int(row["filled_quantity"]) / int(row["order_quantity"])


def test_few_orders_are_marked(results: Path) -> None:
    rows = [row for name in GUIDES for row in read(results, name)]
    for row in rows:
        few = "all" if int(row["orders"]) < 5 else "costs" if 0 < int(row["priced_orders"]) < 5 else ""
        assert row["few_orders"] == few


def saved(partial: Partial, quarter: str, k: int, by_value: bool) -> tuple[float, float]:
    """Return the saving of a quarter of a day's orders, in bps, and what it weighs."""
    sums = by_kind(zip(partial.kinds.key.tolist(), partial.kinds.sums.T.tolist(), strict=True))["size_quartile"][
        quarter
    ]
    of = dict(zip(sum_names(partial.cells.scenarios), sums, strict=True))
    name, what = partial.cells.scenarios[k], "cost" if by_value else "shortfall"
    weight, scale = (of["base"], 65_536 / 10_000) if by_value else (of["priced_orders"], 2.0**48)
    return (of[f"real.{what}"] - of[f"{name}.{what}"]) / scale / weight, float(weight)


@pytest.mark.parametrize("by_value", [True, False])
@pytest.mark.parametrize("value", [*(f"{quarter} of 4" for quarter in QUARTERS), "4 less 1"])
def test_quarters_have_intervals_by_whole_security_days(
    results: Path, partials: list[Partial], value: str, by_value: bool
) -> None:
    weighting = "notional" if by_value else "equal"
    found = [row for row in read(results, "contrasts") if (row["by"], row["value"]) == ("size_quartile", value)]
    rows = {row["scenario"]: row for row in found if row["weighting"] == weighting}
    scenarios = partials[0].cells.scenarios
    codes = [np.unique([one[part] for one in PARTITIONS], return_inverse=True)[1].astype(np.int64) for part in (0, 1)]
    for k, name in enumerate(scenarios[1:], 1):
        pairs = []
        for partial in partials:
            if value == "4 less 1":
                (small, some), (large, more) = (saved(partial, quarter, k, by_value) for quarter in ("1", "4"))
                pairs.append((large - small, some + more))
            else:
                pairs.append(saved(partial, value[0], k, by_value))
        saving, weight = np.array(pairs).T
        days = SecurityDays.of(saving * weight, weight, *codes)
        variance = variance_of(days)
        assert float(rows[name]["saving_bps"]) == pytest.approx(days.estimate, rel=1e-9)
        if isinstance(variance, str):
            assert rows[name]["standard_error"] == ""
        else:
            assert float(rows[name]["standard_error"]) == pytest.approx(math.sqrt(variance.value), rel=1e-9)


def test_fixed_sizes_are_in_contrasts_too(results: Path) -> None:
    sizes = {row["value"] for row in read(results, "contrasts") if row["by"] == "size_bucket"}
    assert sizes == {row["size_bucket"] for row in read(results, "by_order_size")}


def test_the_sensitivity_says_what_other_sets_of_orders_would_have_saved(results: Path) -> None:
    rows = [row for row in read(results, "sensitivity") if row["about"] == "eligible"]
    types = [row for row in read(results, "by_order_type") if row["scenario"] == "A"]
    real = {row["order_type"]: row for row in read(results, "by_order_type") if row["scenario"] == "real"}
    whole = int(next(row for row in read(results, "global_summary"))["benchmark_notional"])
    sets = {"sweeps alone": {"2048"}, "dark orders alone": {"64"}, "without dark orders": {"0", "2048"}}
    assert {row["order_type"] for row in types} == {"0", "64", "2048"}
    for variant, chosen in sets.items():
        mine = [row for row in types if row["order_type"] in chosen]
        base = sum(int(row["benchmark_notional"]) for row in mine)
        cost = sum(int(real[row["order_type"]]["shortfall_cost"]) - int(row["shortfall_cost"]) for row in mine)
        (row,) = (row for row in rows if (row["scenario"], row["variant"]) == ("A", variant))
        assert float(row["saving_bps"]) == pytest.approx(10_000 * cost / 65_536 / base, rel=1e-12)
        assert float(row["left_out"]) == pytest.approx(1 - base / whole, rel=1e-12)
    described = {row["variant"] for row in rows if row["variant"].endswith("descriptive")}
    assert len(described) == 3


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (0, "lit"), (64, "Centre Point"), (2050, "short sell, Centre Point sweep"), (-1, "not known"),
        (4096 | 2, "short sell, Centre Point block"), (8192 | 64, "Centre Point, bit 8192"),
    ],
)  # fmt: skip
def test_types_are_told_bit_by_bit(code: int, words: str) -> None:
    assert type_words(code) == words


def test_every_known_code_has_a_meaning() -> None:
    assert set(DEAL_SOURCES) == set(VENUE_OF_DEAL)
    assert [venue_name(code) for code in (1, 47, 20, 44, 5, -1, 999)] == [
        "lit", "dark", "auction", "booked", "report", "other", "other",
    ]  # fmt: skip
    assert set(MID_TICKS) == set(range(7))
    assert list(TYPE_BITS) == [1 << n for n in range(13)]
