"""The simulated matches of a job, of every replayed scenario in turn: as they are, and as the exchange writes trades.

`job` calls it once the book has been replayed.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from driver.job.order_arrays import INSTANT, array_of, arrays, coded, partition_columns
from driver.job.order_ids import OrderIds
from driver.job.table_file import EXTENSIONS, TableFile, remove_other_formats
from driver.plan.jobs import Job
from driver.tables.csv_text import text
from kernels.base.columns import Array
from kernels.conventions import REPLAYED
from kernels.dark.records import RULE_BLOCK, RULE_DARK_LIMIT, RULE_MID
from kernels.measure.rules import Day
from kernels.replay.matches import DEAL_BLOCK, DEAL_BOOKED, DEAL_DARK, DEAL_PREFERRED, Matches, deal_sources
from tickstore.durable.files import atomic_file

NAME: Final = "matches"
RULES: Final = {RULE_MID: "mid", RULE_DARK_LIMIT: "dark_limit", RULE_BLOCK: "block"}
SIDES: Final = {1: 1, -1: 2, 0: 0}  # who was incoming, as files write sides; 0: both rested
DEAL_WORDS: Final = {
    DEAL_PREFERRED: "Centre Point Preferencing", DEAL_DARK: "Centre Point",
    DEAL_BOOKED: "Centre Point UCP", DEAL_BLOCK: "Centre Point Block",
}  # fmt: skip
EXTENDED: Final = 5_000  # of a half price unit: extended prices have four more decimals than prices
AGGRESSIVE, PASSIVE = 1, 0
EXCHANGE: Final = 3  # as on all rows of the exchange's files


def write_matches(job: Job, day: Day, texts: Mapping[int, str], matches: Mapping[str, Matches]) -> None:
    """Write what the scenarios matched, by name; without any, remove what an earlier run left.

    texts : code -> participant, where the store coded text ids
    """
    folder, chosen = Path(job.folder), job.settings.output_format
    as_trades = matches if job.settings.matches_as == "trades" else {}
    kept = {f"trades_{name}": chosen if name in as_trades else "" for name in REPLAYED}
    remove_other_formats(folder, kept | {NAME: chosen if matches else ""})
    if not matches:
        return
    ids = OrderIds(day.orders)
    tables = [match_table(job, scenario, found, ids) for scenario, found in matches.items()]
    quoted = not ids.as_stored or text(job.security) != job.security
    _write(folder / f"{NAME}{EXTENSIONS[chosen]}", tables, chosen, quoted)
    for scenario, found in as_trades.items():
        brokers = _participants(day, found, texts)
        quoted = not ids.as_stored or any(text(name) != name for name in (*texts.values(), job.security))
        table = trade_table(job, found, ids, brokers)
        _write(folder / f"trades_{scenario}{EXTENSIONS[chosen]}", [table], chosen, quoted)


def _write(path: Path, tables: list[pa.Table], output_format: str, quoted: bool) -> None:
    with atomic_file(path) as handle:
        file = TableFile(handle, output_format, quoted)
        try:
            for table in tables:
                file.write(table)
        finally:
            file.close()


def match_table(job: Job, scenario: str, found: Matches, ids: OrderIds) -> pa.Table:
    """Return the matches of a scenario; prices are whole units or end in .5."""
    n = len(found.time)
    return pa.table(
        arrays(partition_columns(job.security, job.date, n))
        | {
            "scenario": coded(np.zeros(n), pa.array([scenario])),
            "time": array_of(found.time, INSTANT),
            "buy_order_id": ids.shown_parents(found.buy_order_id),
            "sell_order_id": ids.shown_parents(found.sell_order_id),
            "quantity": pa.array(found.quantity),
            "price": pa.array(found.price2 / 2),
            "mid": pa.array(found.mid2 / 2),
            "aggressor_side": pa.array(np.where(found.aggressor_side < 0, 2, found.aggressor_side).astype(np.int8)),
            "rule": coded(np.asarray(found.rule) - RULE_MID, pa.array([RULES[code] for code in sorted(RULES)])),
            "booked": pa.array(found.booked),
            "preferenced": pa.array(found.preferenced),
        }
    )


def trade_table(job: Job, found: Matches, ids: OrderIds, brokers: tuple[list[str], list[str]]) -> pa.Table:
    """Return matches as the exchange's trade rows: the buyer's, then the seller's, of one match group.

    Prices are published as whole units, cut off (R7); the exact one is the extended price.
    """
    n = len(found.time)
    buys = np.arange(2 * n) % 2 == 0
    deal = _twice(deal_sources(found.booked, found.preferenced, found.rule).astype(np.int64))
    numbers = np.arange(1, 2 * n + 1)
    decimals = job.settings.quantity_decimals
    return pa.table(
        {
            "EXCHANGE": pa.array(np.full(2 * n, EXCHANGE)),
            "sequence": pa.array(numbers),
            "tradedate": pa.array([job.date] * (2 * n), pa.string()),
            "tradetime": pa.array(_twice(found.time)),
            "securitycode": pa.array([job.security] * (2 * n), pa.string()),
            "orderid": ids.shown_parents(_woven(found.buy_order_id, found.sell_order_id)),
            "dealsource": pa.array(deal),
            "dealsourcedecoded": pa.array([DEAL_WORDS[code] for code in deal.tolist()], pa.string()),
            "exchangeinfo": pa.array(["ON Market"] * (2 * n), pa.string()),
            "matchgroupid": pa.array((numbers + 1) // 2),
            "nationalbidpricesnapshot": pa.nulls(2 * n, pa.int64()),
            "nationalofferpricesnapshot": pa.nulls(2 * n, pa.int64()),
            "tradeprice": pa.array(_twice(found.price2 // 2)),
            "quantity": _quantities(_twice(found.quantity), decimals),
            "side": pa.array(np.where(buys, 1, 2)),
            "sidedecoded": pa.array(["Buy", "Sell"] * n, pa.string()),
            "participantid": pa.array([name for pair in zip(*brokers, strict=True) for name in pair], pa.string()),
            "passiveaggressive": pa.array(_aggressive(found, buys)),
            "row_num": pa.array(numbers),
            "extendedprice": pa.array(_twice(found.price2) * EXTENDED),
        }
    )


def _aggressive(found: Matches, buys: Array) -> Array:
    """Return who was incoming; where both rested both are passive, as the exchange writes it."""
    side = _twice(found.aggressor_side)
    return np.where((side != 0) & ((side > 0) == buys), AGGRESSIVE, PASSIVE)


def _twice(column: Array) -> Array:
    return np.repeat(column, 2)


def _woven(first: Array, second: Array) -> Array:
    return np.stack([first, second], axis=1).ravel()


def _quantities(shares: Array, decimals: int) -> pa.Array:
    """Return quantities as the input wrote them: whole, or with the decimals that the store counts in."""
    if not decimals:
        return pa.array(shares)
    scale = 10**decimals
    return pa.array([f"{n // scale}.{n % scale:0{decimals}d}" for n in shares.tolist()], pa.string())


def _participants(day: Day, found: Matches, texts: Mapping[int, str]) -> tuple[list[str], list[str]]:
    """Return the brokers of buyers and sellers; those of orders that the order file lacks are known from trades."""
    known, fills = np.asarray(day.orders["participant"]), day.fills
    absent = np.asarray(fills["order_index"]) < 0
    numbers = np.asarray(fills["order_id"])[absent].tolist()
    strays: dict[int, Any] = dict(zip(numbers, np.asarray(fills["participant"])[absent].tolist(), strict=True))

    def named(rows: Array, order_ids: Array) -> list[str]:
        pairs = zip(rows.tolist(), order_ids.tolist(), strict=True)
        codes = (int(known[row]) if row >= 0 else strays.get(number, -1) for row, number in pairs)
        return [texts.get(code, str(code)) for code in codes]

    return named(found.buy, found.buy_order_id), named(found.sell, found.sell_order_id)
