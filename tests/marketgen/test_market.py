"""Generated markets hold the exchange's rules: an auditor rebuilds each partition's book from its files."""

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import numba
import pytest

from kernels.base.local_time import local_instant
from marketgen import MarketSpec, generate
from marketgen.partition import tick_of
from marketgen.sessions import previous_weekday
from tests.oracles.market_audit import NULL, Audit, audit, read

HOURS_19 = 19 * 3_600 * 10**9
config: Any = numba.config
SMALL = bool(config.DISABLE_JIT)  # plain Python is a hundred times slower


def audited(spec: MarketSpec, folder: Path) -> list[Audit]:
    """Generate and audit every partition; trade dates run from 19:00 to 19:00."""
    generate(spec, folder)
    audits = []
    for index, security in enumerate(spec.securities):
        for day in spec.dates():
            first = local_instant(spec.timezone, previous_weekday(day), 0) + HOURS_19
            log = folder / "truth" / str(security) / f"{day}.book.csv"
            times = first, local_instant(spec.timezone, day, 0) + HOURS_19
            audits.append(audit(folder, str(security), times, tick_of(spec.price_of(index)), log))
    return audits


@pytest.mark.parametrize("seed", [1, 2])
def test_every_rule_holds_in_every_partition(tmp_path: Path, seed: int) -> None:
    """Conservation, limits, priority, no trade through the book, the NBBO: four tick and spread regimes, two days."""
    orders = 150 if SMALL else 1_500
    spec = MarketSpec((101, 102, 103, 104), date_end="2024-01-02", orders=orders, truth="full", seed=seed)
    counts: Counter[str] = sum((one.counts for one in audited(spec, tmp_path)), Counter())
    assert counts["priority"] > orders / 10
    for kind in ("normal", "locked", "crossed", "one_sided", "deal_1", "deal_5", "deal_47", "mid"):
        assert counts[kind] > 0, kind
    if not SMALL:
        for kind in ("deal_20", "deal_44", "deal_46", "deal_48", "inside"):
            assert counts[kind] > 0, kind


def test_a_wide_spread_lets_dark_limits_trade_off_the_mid(tmp_path: Path) -> None:
    spec = MarketSpec((7,), date_end="2024-01-01", orders=200 if SMALL else 4_000, spread=4, price=50_000, truth="full")
    counts = audited(spec, tmp_path)[0].counts
    assert SMALL or counts["inside"] >= 5
    wide = [r for r in read(tmp_path / "nbbo.csv") if int(r["offerprice"]) - int(r["bidprice"]) >= 30]
    assert len([r for r in wide if int(r["bidprice"]) != NULL]) > 10


@pytest.mark.parametrize(
    "dials", [{"price": 25}, {"price": 1_990}, {"dark_share": 0.0}, {"dark_share": 0.9, "sweep_share": 0.1}]
)
def test_extreme_dials_hold_the_rules_too(tmp_path: Path, dials: dict[str, float]) -> None:
    orders = 100 if SMALL else 800
    spec = MarketSpec((5,), date_end="2024-01-01", orders=orders, truth="full", **dials)  # type: ignore[arg-type]
    assert len(audited(spec, tmp_path)) == 1


def test_multi_day_orders_come_back_the_evening_before(tmp_path: Path) -> None:
    """Reload rows are dated by the cutoff; the counters go on; purged orders are deleted (domain.md 3.7)."""
    spec = MarketSpec((101,), orders=300 if SMALL else 3_000, seed=3)
    generate(spec, tmp_path)
    rows = read(tmp_path / "orders.csv")
    first_day = rows[0]["order_id"][:7]
    evening = []
    for day in spec.dates()[1:]:
        start = local_instant(spec.timezone, previous_weekday(day), 0) + HOURS_19
        evening += [r for r in rows if start <= int(r["timestamp"]) < start + 5 * 3_600 * 10**9]
    reasons = Counter(r["changereason"] for r in evening)
    assert SMALL or (reasons["30"] >= 2 and reasons["9"] >= 1), reasons
    assert all(r["timevalidity"] in ("1536", "1288", "49408") for r in evening)
    assert first_day < rows[-1]["order_id"][:7]


def test_the_truth_agrees_with_the_files(tmp_path: Path) -> None:
    spec = MarketSpec((101, 102), date_end="2024-01-02", orders=150 if SMALL else 1_000)
    files = generate(spec, tmp_path)
    assert files.truth is not None
    filled: Counter[tuple[str, str]] = Counter()
    for row in read(files.trades):
        if row["dealsource"] != "5":
            filled[row["tradedate"], row["orderid"]] += int(row["quantity"])
    days = 0
    for path in files.truth.glob("*/*.orders.csv"):
        for row in read(path):
            days += 1
            total = int(row["filled_quantity"])
            venues = sum(int(row[f"{venue}_quantity"]) for venue in ("lit", "dark", "auction", "booked"))
            assert total == venues == filled[path.name[:10], row["order_id"]]
            matched, leaves = total > 0, int(row["leaves_quantity"])
            assert row["group"] == ("3" if not matched else "1" if leaves == 0 else "2")
            assert int(row["order_quantity"]) >= total + (leaves if row["group"] == "2" else 0)
    assert days >= 4 * spec.orders


def test_entries_are_counted_exactly(tmp_path: Path) -> None:
    spec = MarketSpec((1, 2, 3), date_end="2024-01-01", orders=200, concentration=1.0)
    generate(spec, tmp_path)
    entered = Counter(
        r["security_code"]
        for r in read(tmp_path / "orders.csv")
        if r["changereason"] == "6" and r["orderstatus"] == "2"
    )
    assert [entered[str(code)] for code in (1, 2, 3)] == [spec.orders_of(k) for k in range(3)]
    assert spec.orders_of(0) > 2 * spec.orders_of(2)


def test_daylight_saving_moves_the_sessions(tmp_path: Path) -> None:
    """10:00 in Sydney is 23:00 UTC the day before in January, 00:00 in July."""
    for day, utc_hour in (("2024-01-02", 23), ("2024-07-02", 0)):
        generate(MarketSpec((102,), day, day, orders=60), tmp_path / day)
        opens = MarketSpec((102,), day, day).dates()[0]
        assert local_instant("Australia/Sydney", opens, 0) // 10**9 // 3_600 % 24 == (utc_hour - 10) % 24
        rows = read(tmp_path / day / "orders.csv", exchangeordertype="4096")
        hours = {int(r["timestamp"]) // 10**9 // 3_600 % 24 for r in rows}
        assert hours <= {(utc_hour + k) % 24 for k in range(6)}


def test_previous_weekday_skips_the_weekend() -> None:
    monday = MarketSpec().dates()[0]
    assert previous_weekday(monday) == monday - timedelta(days=3)


@pytest.mark.skipif(SMALL, reason="rare kinds need a large market")
def test_every_kind_of_order_occurs(tmp_path: Path) -> None:
    """Order types with short-sell flags (domain.md 1.1), mid-tick flags, validities, minimums, single-fill flags."""
    files = generate(MarketSpec((101, 102), date_end="2024-01-01", orders=20_000), tmp_path)
    orders, trades = read(files.orders), read(files.trades)
    seen = {column: {r[column] for r in orders} for column in ("exchangeordertype", "midtick", "timevalidity")}
    assert seen["exchangeordertype"] == {"0", "64", "66", "2048", "2050", "4096", "4098"}
    assert seen["midtick"] == {"0", "1", "2", "3", "4", "5", "6"}
    assert seen["timevalidity"] >= {"0", "256", "1288", "1536", "16640"}
    assert {r["singlefillminimumquantity"] for r in orders} == {"0", "1", "2"}
    assert {r["preferenceonly"] for r in orders} == {"0", "2"}
    assert all(r["side"] == "2" for r in orders if int(r["exchangeordertype"]) & 2)
    assert {r["dealsource"] for r in trades} >= {"1", "5", "20", "44", "45", "46", "47", "48"}
    assert {r["exchangeinfo"] for r in trades if r["dealsource"] == "5"} == {"OFF Market"}
    assert all("" not in r.values() for r in orders[:5_000] + trades[:5_000])


def test_rows_come_in_pairs_at_entry_and_amendment(tmp_path: Path) -> None:
    """I4, I5; a cancelled order keeps its leaves (I7), a filled one has none (I6); R19: dark before lit."""
    files = generate(MarketSpec((101,), date_end="2024-01-01", orders=200 if SMALL else 3_000), tmp_path)
    lives: dict[str, list[dict[str, str]]] = {}
    for row in read(files.orders):
        lives.setdefault(row["order_id"], []).append(row)
    amended = 0
    for rows in lives.values():
        assert rows[0]["timestamp"] == rows[1]["timestamp"], "an entry has two rows"
        for before, row, after in zip(rows, rows[1:], rows[2:], strict=False):
            if row["changereason"] == "5" and before["changereason"] != "5":
                amended += 1
                assert row["quantity"] == row["leavesquantity"], "the quantity field becomes the open quantity"
                assert after["timestamp"] == row["timestamp"]
        last = rows[-1]
        assert (last["changereason"] == "3") == (last["leavesquantity"] == "0")
    assert amended > 10
    deals: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in read(files.trades):
        if row["passiveaggressive"] == "1" and int(lives[row["orderid"]][0]["exchangeordertype"]) & 2048:
            deals.setdefault((row["orderid"], row["tradetime"]), []).append(row)
    both = [found for found in deals.values() if {"1", "47"} <= {row["dealsource"] for row in found}]
    assert SMALL or len(both) > 5
    dark_first = [found for found in both if found[0]["dealsource"] != "1"]
    assert SMALL or len(dark_first) > 0.5 * len(both)
    for found in both:  # R19: dark before each lit level; again after it only where the level moved the mid
        mids = [int(r["nationalbidpricesnapshot"]) + int(r["nationalofferpricesnapshot"]) for r in found]
        for k in range(1, len(found)):
            if found[k]["dealsource"] == "47" and found[k - 1]["dealsource"] == "1":
                assert mids[k] != mids[k - 1] or found[k]["tradeprice"] != found[k - 1]["tradeprice"]
