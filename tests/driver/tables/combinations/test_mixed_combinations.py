"""Tables by keys of several sets together, and by volatility, against the orders themselves in plain Python."""

import math
from collections import Counter
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random

import numpy as np
import pytest

from driver.config.combinations import KEYS, PARTITION, Keys, combination_name, mixed_keys, needs_cell_sums
from driver.plan.jobs import Job, Settings
from driver.sums.conditions import CONDITIONS, Market
from driver.sums.partial_file import PARTIAL_NAME, read_partial, write_partial
from driver.sums.volatility import RANGES, UNKNOWN
from driver.tables.aggregate import aggregate
from driver.tables.grouping import natural, size_labels
from kernels.measure.result_rows import OrderBlock
from tests.driver.job_folders import MARKET, SETTINGS, make_job
from tests.driver.order_blocks import is_priced
from tests.driver.order_places import PLACES, block_with_quotes, range_of
from tests.driver.tables.from_orders import read
from tests.oracles.tables import terciles

DAYS = tuple((security, date) for security in ("9", "101") for date in ("2024-01-01", "2024-01-02", "2024-01-03"))
EMPTY = 4  # the day without orders
RNG = np.random.default_rng(4)
BLOCKS = tuple(block_with_quotes(0 if k == EMPTY else 40 + k, k, RNG, 2 + k % 3) for k in range(len(DAYS)))
RANGES_OF = tuple(RNG.integers(4 * k, (RANGES, 8 * k + 9)[k % 2], 60) for k in range(len(DAYS)))  # calm and wild days
VOLUMES = tuple(1_000_000 * 3**k for k in range(len(DAYS)))  # so that no two sets of days have the same
TEXTS = {"7": "Alpha", "12": 'Beta, "B"'}  # participants of security 101, as ``make_job`` has them
CHAIN = tuple(tuple(Random(7).sample(KEYS, len(KEYS))[:count]) for count in range(len(KEYS), 0, -1))
NAMED: tuple[Keys, ...] = (
    ("hour", "spread"), ("participant_id", "phase"), ("group", "marketability", "volatility"), ("volatility",),
    ("security_code", "volatility"), ("date", "volatility"), ("volatility", "date", "security_code"),
    ("date", "hour", "phase"), ("security_code", "volume_share", "participant_id"), ("marketability", "size_bucket"),
    ("spread", "marketability"), ("volatility", "phase", "security_code"), ("hour", "volatility"),
    ("date", "security_code", "group", "spread"), ("participant_id", "volatility"),
)  # fmt: skip
ANY = tuple(tuple(Random(seed).sample(KEYS, 2 + seed % 5)) for seed in range(12))
ORDERED = {frozenset(keys): keys for keys in (*ANY, *NAMED, *CHAIN)}  # in which order a table has its keys
COMBINATIONS = tuple(ORDERED.values())
INTEGERS = ("orders", "order_quantity", "filled_quantity", "priced_orders", "benchmark_notional", "shortfall_cost")
Table = list[dict[str, str]]


def settings_of(combinations: tuple[Keys, ...]) -> Settings:
    """Return the settings of jobs that are asked for these tables."""
    values = ["+".join(keys) for keys in combinations]
    return replace(SETTINGS, cell_sums=needs_cell_sums(values), mixed_keys=mixed_keys(values))


def make_tables(folder: Path, combinations: tuple[Keys, ...]) -> Path:
    """Write partials and tables, the jobs handed over in any order."""
    settings = settings_of(combinations)
    jobs: list[Job] = []
    for k, where in enumerate(DAYS):
        market = Market(MARKET.session, MARKET.ticks, MARKET.volume, RANGES_OF[k])
        jobs.append(make_job(folder, k, *where, BLOCKS[k], settings, market))
        path = Path(jobs[k].folder) / PARTIAL_NAME
        partial = read_partial(path)
        partial.volumes = VOLUMES[k], VOLUMES[k] // 10
        write_partial(partial, path)
    aggregate(folder, Random(1).sample(jobs, len(jobs)), settings, combinations=combinations)
    return folder


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tables(tmp_path_factory.mktemp("results"), COMBINATIONS)


@cache
def terciles_of(security: str) -> dict[int, str]:
    """Return the tercile of each range of the mid, of all dates of a security, those without orders as well."""
    days = zip(DAYS, RANGES_OF, strict=True)
    return terciles([int(one) for day, ranges in days if day[0] == security for one in ranges])


@cache
def labels_of(k: int, i: int) -> dict[str, str]:
    """Return what tables call an order by each key."""
    security, date = DAYS[k]
    labels = {key: place(BLOCKS[k], i) for key, place in PLACES.items()}
    code = labels["participant_id"]
    bucket = range_of(BLOCKS[k], i, RANGES_OF[k])
    return labels | {
        "security_code": security,
        "date": date,
        "participant_id": TEXTS.get(code, code) if security == "101" else code,
        "volatility": "no valid quote" if bucket == UNKNOWN else terciles_of(security)[bucket],
    }


def grouped(keys: Keys) -> dict[tuple[str, ...], list[tuple[OrderBlock, int]]]:
    """Return the orders of each row."""
    found: dict[tuple[str, ...], list[tuple[OrderBlock, int]]] = {}
    for k, block in enumerate(BLOCKS):
        for i in range(len(block)):
            labels = labels_of(k, i)
            found.setdefault(tuple(labels[key] for key in keys), []).append((block, i))
    return found


def table(results: Path, keys: Keys) -> Table:
    return read(results / f"{combination_name(ORDERED[frozenset(keys)])}.csv")


def integers_of(orders: list[tuple[OrderBlock, int]], s: int) -> dict[str, int]:
    priced = [(block, i) for block, i in orders if is_priced(block, i)]
    return {
        "orders": len(orders),
        "order_quantity": sum(int(block.order_quantity[i]) for block, i in orders),
        "filled_quantity": sum(int(block.scenario_filled[s, i]) for block, i in orders),
        "priced_orders": len(priced),
        "benchmark_notional": sum(int(block.mid2[i]) * int(block.order_quantity[i]) for block, i in priced),
    }


@pytest.mark.parametrize("keys", COMBINATIONS, ids="+".join)
def test_every_row_is_what_its_orders_say(keys: Keys, results: Path) -> None:
    rows, expected = table(results, keys), grouped(keys)
    for s, scenario in enumerate(BLOCKS[0].scenarios):
        mine = {tuple(row[key] for key in keys): row for row in rows if row["scenario"] == scenario}
        assert mine.keys() == expected.keys(), "rows where there are orders, and no others"
        for label, orders in expected.items():
            sums = integers_of(orders, s)
            assert {name: int(mine[label][name]) for name in sums} == sums
    assert len(rows) == len(expected) * len(BLOCKS[0].scenarios)


@pytest.mark.parametrize("keys", COMBINATIONS, ids="+".join)
def test_the_market_of_a_row_is_that_of_the_days_it_has_orders_of(keys: Keys, results: Path) -> None:
    days: dict[tuple[str, ...], set[int]] = {}
    for k, block in enumerate(BLOCKS):
        for i in range(len(block)):
            days.setdefault(tuple(labels_of(k, i)[key] for key in keys), set()).add(k)
    for row in table(results, keys):
        met, filled = sum(VOLUMES[k] for k in days[tuple(row[key] for key in keys)]), int(row["filled_quantity"])
        assert float(row["of_market_volume"]) == pytest.approx(filled / met, rel=1e-12)


@pytest.mark.parametrize("keys", [keys for keys in NAMED if len(keys) < 3], ids="+".join)
def test_means_and_their_spread_are_those_of_the_orders(keys: Keys, results: Path) -> None:
    expected = grouped(keys)
    for row in table(results, keys):
        s = BLOCKS[0].scenarios.index(row["scenario"])
        orders = [(b, i) for b, i in expected[tuple(row[key] for key in keys)] if is_priced(b, i)]
        if not orders:
            assert row["saving_mean_bps"] == row["saving_sd_bps"] == ""
            continue
        weight = [10_000 / (int(b.mid2[i]) * int(b.order_quantity[i])) for b, i in orders]
        cost, saved = ([float(b.cost[at, i]) * w for (b, i), w in zip(orders, weight, strict=True)] for at in (s, 0))
        gain = [mine - own for own, mine in zip(cost, saved, strict=True)]
        mean = math.fsum(gain) / len(gain)
        assert float(row["shortfall_mean_bps"]) == pytest.approx(math.fsum(cost) / len(cost), rel=1e-9, abs=1e-9)
        assert float(row["saving_mean_bps"]) == pytest.approx(mean, rel=1e-9, abs=1e-9)
        if len(gain) > 1:
            deviation = math.sqrt(math.fsum((one - mean) ** 2 for one in gain) / (len(gain) - 1))
            assert float(row["saving_sd_bps"]) == pytest.approx(deviation, rel=1e-9, abs=1e-6)


@pytest.mark.parametrize(("finer", "coarser"), [*pairwise(CHAIN)], ids=lambda keys: "+".join(keys))
def test_sums_over_a_key_are_the_table_without_it(finer: Keys, coarser: Keys, results: Path) -> None:
    by = (*coarser, "scenario")
    sums: dict[tuple[str, ...], Counter[str]] = {}
    for row in table(results, finer):
        into = sums.setdefault(tuple(row[key] for key in by), Counter())
        into.update({name: int(row[name]) for name in INTEGERS})
    whole = {}
    for row in table(results, coarser):
        whole[tuple(row[key] for key in by)] = {name: int(row[name]) for name in INTEGERS}
    assert whole == sums


@pytest.mark.parametrize("keys", COMBINATIONS, ids="+".join)
def test_rows_are_sorted_by_security_and_date_then_by_the_other_keys(keys: Keys, results: Path) -> None:
    places = {"size_bucket": size_labels()} | {name: list(labels) for name, labels in CONDITIONS.items()}
    by = [key for key in PARTITION if key in keys] + [key for key in keys if key not in PARTITION]

    def ranked(key: str, label: str) -> object:
        if key == "security_code":
            return [security for security, _ in DAYS].index(label)
        return places[key].index(label) if key in places else natural(label)

    labels = [[ranked(key, row[key]) for key in by] for row in table(results, keys)]
    assert labels == sorted(labels)


@pytest.mark.parametrize("asked", [(("hour", "spread"),), (("spread", "marketability"), ("date", "volatility"))])
def test_tables_do_not_depend_on_what_else_jobs_keep(asked: tuple[Keys, ...], results: Path, tmp_path: Path) -> None:
    make_tables(tmp_path, asked)
    for keys in asked:
        found, whole = table(tmp_path, keys), table(results, keys)
        assert len(found) == len(whole) > 0
        for row, other in zip(found, whole, strict=True):
            for column in other:
                if column not in keys and "." in other[column]:  # means are merged from other cells
                    assert float(row[column]) == pytest.approx(float(other[column]), rel=1e-12, abs=1e-12)
                else:
                    assert row[column] == other[column]


def test_volatility_alone_says_what_by_condition_says(results: Path) -> None:
    theirs = [row for row in read(results / "by_condition.csv") if row["condition"] == "volatility"]
    shown = ("scenario", *INTEGERS, "of_market_volume", "of_dark_volume", "saving_bps", "few_orders")
    assert [[row["volatility"], *(row[name] for name in shown)] for row in table(results, ("volatility",))] == [
        [row["value"], *(row[name] for name in shown)] for row in theirs
    ]
