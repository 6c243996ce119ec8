"""Intervals and tests by order size equal those made again from the order files, by loops, scipy and least squares."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from pathlib import Path
from random import Random

import numpy as np
import pytest
from scipy import optimize, stats

from driver.inference.contrasts import CONTRAST_COLUMNS
from driver.inference.rows import Row as Told
from driver.job.order_file import open_order_file
from driver.plan.jobs import Job
from driver.review.read_back import read_table
from driver.tables.aggregate import aggregate
from driver.tables.kinds.size_intervals import intervals_by, with_tests
from kernels.conventions import REPLAYED
from kernels.measure.result_rows import COST, scenario_offsets
from tests.driver.job_folders import make_job
from tests.driver.tables.from_orders import Labels, cut, one, read
from tests.driver.tables.others_from_orders import quarter_of
from tests.driver.tables.test_replayed_tables import SETTINGS, one_block
from tests.oracles import tables as oracle
from tests.oracles.raw_market import read_orders
from tests.oracles.tables import Day, Row

PARTITIONS = (  # crossed but for the last, a security of its own date
    ("1", "2024-09-02"), ("1", "2024-09-03"), ("1", "2024-09-04"), ("2", "2024-09-02"), ("2", "2024-09-03"),
    ("2", "2024-09-04"), ("3", "2024-09-03"), ("4", "2024-09-05"),
)  # fmt: skip
SEEDS = 0, 2, 3, 5, 13, 16, 21, 23  # of random days with quotes
TABLES: dict[str, tuple[str, Labels]] = {
    "by_order_size": ("size_bucket", one(lambda day, order: oracle.size(order))),
    "by_size_quartile": ("size_quartile", one(quarter_of)),
}
TOLD = ("A", "B", "C", "R", "D")  # bounds and the placebo are printed
Run = tuple[list[Day], Path]
Sums = Mapping[tuple[str, str], float]
SAVINGS = ("saving", "saving_mean")
SAID = ("standard_error", "ci_low", "ci_high", "df", "effective_clusters", "note")


def make_run(folder: Path, raw: Path, places: Sequence[int]) -> list[Day]:
    """Write order files and the tables of their partials, which are merged in the order of ``places``."""
    days, jobs = list[Day](), list[Job]()
    for place in places:
        security, date = PARTITIONS[place]
        block = one_block(SEEDS[place], REPLAYED, share=0.3 + 0.08 * place)
        for behind in scenario_offsets(block.scenarios, "floats"):  # costs in whole half units: by value exact, too
            np.rint(block.rows.floats[COST + behind], out=block.rows.floats[COST + behind])
        jobs.append(make_job(folder, len(jobs), security, date, block, SETTINGS))
        own = raw / str(place)
        if not own.exists():
            own.mkdir(parents=True)
            with open_order_file(own, SETTINGS, (security, date)) as file:
                file.write(block)
        orders = [order | {"security": security, "date": date} for order in read_orders(own / "orders.csv")]
        days.append(Day(security, date, orders))
    aggregate(folder, jobs, SETTINGS)
    return days


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    """Return the days of the run and its tables, for partials merged in two orders."""
    raw, rng = tmp_path_factory.mktemp("raw"), Random(3)
    every = list(range(len(PARTITIONS)))
    folders = [tmp_path_factory.mktemp("results") for _ in range(2)]
    return [
        (make_run(folder, raw, places), folder)
        for folder, places in zip(folders, (every, rng.sample(every, len(every))), strict=True)
    ]


def left_out(amount: Sums, weight: Sums, by: int) -> tuple[float, float]:
    """Return the jackknife's variance by securities, 0, or dates, 1, and how many equal clusters say as much."""
    keys = sorted({key[by] for key in amount})
    parts = {one: [(amount[key], weight[key]) for key in amount if key[by] == one] for one in keys}
    theta = quotient(pair for pairs in parts.values() for pair in pairs)
    without = [quotient(pair for other in keys if other != one for pair in parts[other]) for one in keys]
    sizes = [math.fsum(w for _, w in pairs) for pairs in parts.values()]
    variance = (len(keys) - 1) / len(keys) * math.fsum((x - theta) ** 2 for x in without)
    return variance, math.fsum(sizes) ** 2 / math.fsum(size**2 for size in sizes)


def quotient(pairs: Iterable[tuple[float, float]]) -> float:
    amounts, weights = zip(*pairs, strict=True)
    return math.fsum(amounts) / math.fsum(weights)


def own_part(amount: Sums, weight: Sums) -> tuple[float, int]:
    """Return what security-days have of their own: residuals of a weighted least-squares fit of dummies."""
    keys = list(amount)
    columns = [{label: n for n, label in enumerate(sorted({key[by] for key in keys}))} for by in (0, 1)]
    design = np.zeros((len(keys), sum(map(len, columns))))
    for row, (security, date) in enumerate(keys):
        design[row, columns[0][security]] = design[row, len(columns[0]) + columns[1][date]] = 1.0
    w = np.array([weight[key] for key in keys])
    y = np.array([amount[key] / weight[key] for key in keys])
    root = np.sqrt(w)
    fitted, _, rank, _ = np.linalg.lstsq(design * root[:, None], y * root, rcond=1e-12)
    df = len(keys) - int(rank)
    left = w * (y - design @ fitted)
    return (float((left**2).sum() / w.sum() ** 2 * len(keys) / df), df) if df else (0.0, 0)


def fewer(ways: Sequence[tuple[float, float]], own: tuple[float, int], variance: float, df: float) -> float:
    """Return the degrees of freedom of an interval as wide as what each way leaves open, in squares; at most df."""
    squared = math.fsum(float(stats.t.ppf(0.975, max(g - 1, 1.0))) ** 2 * v for v, g in ways)
    squared -= float(stats.t.ppf(0.975, own[1])) ** 2 * own[0] if own[1] else 0.0
    reach = math.sqrt(max(squared, 0.0) / variance)
    if reach <= stats.t.ppf(0.975, df):
        return df
    if reach >= stats.t.ppf(0.975, 1.0):
        return 1.0
    return float(optimize.brentq(lambda one: float(stats.t.ppf(0.975, one)) - reach, 1.0, df, xtol=1e-13, rtol=1e-13))


def expected(orders: Sequence[Row], scenario: str, by_value: bool) -> Told | None:
    """Return the saving of orders and what is said of it; None without priced ones."""
    amount, weight = defaultdict[tuple[str, str], float](float), defaultdict[tuple[str, str], float](float)
    for o in filter(oracle.priced, orders):
        day, w = (o["security"], o["date"]), float(oracle.value(o)) if by_value else 1.0
        amount[day] += w * (o["shortfall_bps"] - o[f"{scenario}_shortfall_bps"])
        weight[day] += w
    if not weight:
        return None
    found: Told = {"clusters": len(weight), "estimate": math.fsum(amount.values()) / math.fsum(weight.values())}
    counts = [len({key[by] for key in weight}) for by in (0, 1)]
    if max(counts) < 2:
        return found
    ways = [left_out(amount, weight, by) for by in (0, 1) if counts[by] > 1]
    (variance, effective), df = max(ways), 0.0
    df = max(effective - 1, 1.0)
    if len(ways) == 2:
        own, own_df = own_part(amount, weight)
        both = ways[0][0] + ways[1][0] - own
        if both > max(ways)[0]:
            parts = sum(v**2 / max(g - 1, 1.0) for v, g in ways) + (own**2 / own_df if own_df else 0.0)
            variance, df = both, max(both**2 / parts, 1.0)
        variance = max(variance, own)
        if min(g for _, g in ways) < 4.0 and variance > 0:
            df = fewer(ways, (own, own_df), variance, df)
    error = math.sqrt(variance)
    margin = float(stats.t.ppf(0.975, df)) * error
    estimate = float(found["estimate"] or 0.0)
    found |= {"standard_error": error, "ci_low": estimate - margin, "ci_high": estimate + margin, "df": df}
    found["effective_clusters"] = min(g for _, g in ways)
    return found | {"p_value": 2 * float(stats.t.sf(abs(estimate) / error, df)) if error > 0 else None}


def close(text: str, value: float) -> bool:
    return math.isclose(float(text), value, rel_tol=1e-9, abs_tol=1e-12)


@pytest.mark.parametrize("name", TABLES)
def test_intervals_and_p_values_are_those_of_the_order_files(runs: list[Run], name: str) -> None:
    key, labels = TABLES[name]
    for days, results in runs:
        groups, checked = cut(days, labels), 0
        for row, prefix in product(read(results / f"{name}.csv"), SAVINGS):
            orders, scenario = groups.get((row[key],), []), row["scenario"]
            found = expected(orders, scenario, prefix == "saving") if scenario in TOLD else None
            if found is None:
                assert {row["clusters"], *(row[f"{prefix}_{what}"] for what in SAID)} == {""}
                continue
            p, estimate = found.pop("p_value", None), float(found.pop("estimate") or 0.0)
            assert int(row["clusters"]) == found.pop("clusters")
            assert close(row[f"{prefix}_bps"], estimate)
            for what, value in found.items():
                assert close(row[f"{prefix}_{what}"], float(value or 0.0)), (row[key], scenario, what)
            checked += bool(found)
            told = row.get(f"{prefix}_p_value", "")
            assert (told != "") == (name == "by_size_quartile" and scenario in ("R", "D") and p is not None)
            assert told == "" or close(told, float(p or 0.0))
        assert checked >= 2 * len(TOLD) * 4


def test_the_family_of_the_quarters_is_r_and_d_of_an_estimand(runs: list[Run]) -> None:
    for _, results in runs:
        rows = read(results / "by_size_quartile.csv")
        status = {"A": "algebra", "B": "algebra", "C": "algebra", "R": "exploratory", "D": "exploratory", "real": ""}
        assert all(row["status"] == status.get(row["scenario"], "printed") for row in rows)
        for prefix in SAVINGS:
            family = [row for row in rows if row[f"{prefix}_p_value"]]
            assert len(family) == 8
            left, before = len(family), 0.0
            for row in sorted(family, key=lambda row: float(row[f"{prefix}_p_value"])):  # Holm's steps, one by one
                before = max(before, min(1.0, left * float(row[f"{prefix}_p_value"])))
                assert float(row[f"{prefix}_p_holm"]) == pytest.approx(before, rel=1e-12)
                left -= 1
            assert not any(row[f"{prefix}_p_holm"] for row in rows if row not in family)


@pytest.mark.parametrize("name", TABLES)
def test_they_are_the_rows_of_contrasts(runs: list[Run], name: str) -> None:
    key, _ = TABLES[name]
    for _, results in runs:
        rows = {(row[key], row["scenario"]): row for row in read(results / f"{name}.csv")}
        told = [row for row in read(results / "contrasts.csv") if row["by"] == key and row["value"] != "4 less 1"]
        assert len(told) > 20
        for row in told:
            mine = rows[row["value"].removesuffix(" of 4"), row["scenario"]]
            prefix = "saving" if row["weighting"] == "notional" else "saving_mean"
            assert [mine[f"{prefix}_{what}"] for what in SAID] == [row[what] for what in SAID]
            assert mine["clusters"] == row["clusters"]


def test_one_security_day_has_a_note_and_no_interval(tmp_path: Path) -> None:
    aggregate(tmp_path, [make_job(tmp_path, 0, "1", "2024-09-02", one_block(3, REPLAYED), SETTINGS)], SETTINGS)
    for name in TABLES:
        rows = [row for row in read_table(tmp_path / f"{name}.csv") if row["scenario"] in TOLD and row["priced_orders"]]
        assert rows
        for row, prefix in ((row, prefix) for row in rows for prefix in SAVINGS):
            assert row[f"{prefix}_note"] == "one cluster: no interval"
            assert all(row[f"{prefix}_{what}"] is None for what in SAID[:-1])
            assert row.get(f"{prefix}_p_value") is None
            assert row["clusters"] == 1


def contrast(value: str, scenario: str, weighting: str, error: float | None) -> Told:
    row: Told = dict.fromkeys(CONTRAST_COLUMNS)
    row |= {"by": "size", "value": value, "scenario": scenario, "weighting": weighting, "clusters": 3}
    return row | {"saving_bps": 0.5, "standard_error": error, "df": 2.0}


def test_what_does_not_vary_has_no_p_and_is_not_in_the_family() -> None:
    rows = [contrast("x", "R", "equal", 0.0), contrast("y", "R", "equal", 0.25), contrast("y", "A", "equal", 0.25)]
    found = with_tests(
        intervals_by("size", [*rows, contrast("z", "R", "equal", None)]), {"1": "x", "2": "y"}, ("A", "R", "P")
    )
    p = 2 * float(stats.t.sf(2.0, 2))
    assert found["1", "R"]["saving_mean_p_value"] is None
    assert found["2", "R"]["saving_mean_p_holm"] == found["2", "R"]["saving_mean_p_value"] == pytest.approx(p)
    assert "saving_mean_p_value" not in found["2", "A"]
    assert found["2", "P"] == {"status": "printed"}
