"""Results folders of every kind of run that a report is made of: several jobs, one, a failed one, nothing known."""

import json
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from driver.review.read_back import Cells
from driver.tables.aggregate import aggregate
from driver.tables.csv_text import csv_bytes
from driver.tables.market_tables import market_row, participant_row
from driver.tables.table_list import row_keys
from driver.tables.table_style import TableStyle
from kernels.conventions import NULL
from kernels.measure.choices import Simulation
from tests.blocks import with_columns
from tests.driver.edited_tables import Table, edit_table
from tests.driver.job_folders import PARTITIONS, SETTINGS, make_job, make_jobs
from tests.driver.order_blocks import empty_block, random_block


def edit(results: Path, name: str, change: Callable[[Table], Table]) -> None:
    """Change a table of a results folder."""
    edit_table(results / f"{name}.csv", change)


def several(results: Path) -> None:
    aggregate(results, make_jobs(results), SETTINGS)


def one_job(results: Path) -> None:
    aggregate(results, make_jobs(results, PARTITIONS[:1]), SETTINGS)


def failed_job(results: Path) -> None:
    aggregate(results, make_jobs(results), SETTINGS, missing=[("102", "2024-01-01")])
    missing = {"note": "1 of 6 security-days is missing"}
    (results / "run.json").write_text(json.dumps({"missing": missing, "failed": {"102": "killed <9>"}}))


def no_orders(results: Path) -> None:
    aggregate(results, [make_job(results, 0, "5", "2024-01-01", empty_block(Simulation()))], SETTINGS)


def no_quotes(results: Path) -> None:
    block = random_block(40, 1)
    unquoted = with_columns(block, mid2=NULL, end_mid2=NULL)
    aggregate(results, [make_job(results, 0, "5", "2024-01-01", unquoted)], SETTINGS)
    edit(results, "data_quality", lambda rows: [*rows, {**rows[0], "kind": "quotes", "count": "0"}])


def no_fills(results: Path) -> None:
    block = random_block(40, 3)
    none = np.zeros_like(block.filled_quantity)
    columns: dict[str, Any] = dict.fromkeys(
        ("filled_quantity", "matched_quantity", "notional", "withdrawn_quantity"), none
    )
    nothing = np.zeros_like(block.scenario_filled)
    unfilled = with_columns(block, **columns, scenario_filled=nothing, leaves_quantity=block.order_quantity.copy(),
                            group=np.full(40, 3, np.int8), fills=none.astype(np.int32))  # fmt: skip
    aggregate(results, [make_job(results, 0, "5", "2024-01-01", unfilled)], SETTINGS)


def no_trades(results: Path) -> None:
    several(results)
    edit(results, "data_quality", lambda rows: [*rows, {**rows[0], "kind": "fills", "count": "0"}])
    edit(results, "global_summary", lambda rows: [_unpriced(row) for row in rows])


def _unpriced(row: dict[str, str]) -> dict[str, str]:
    costs = [name for name in row if name.endswith(("_bps", "_value")) or name in ("vwap", "notional", "eq_ratio")]
    return {**row, **dict.fromkeys(costs, ""), "priced_orders": "0"}


def nothing_known(results: Path) -> None:
    """Leave what scenarios do empty, as where trades and quotes lack."""
    no_trades(results)
    for path in results.glob("*.csv"):
        edit(results, path.stem, lambda rows: [_unknown(row) for row in rows])


def _unknown(row: dict[str, str]) -> dict[str, str]:
    if row.get("scenario", "real") == "real":
        return row
    kept = ("orders", "order_quantity", "test", "note", "kind")
    texts = ("scenario", "weighting", "status", "meaning", "measure", "unit", "about", "variant", "part", "until", "by")
    return {name: value if name in (*kept, *texts, *row_keys("", [*row])) else "" for name, value in row.items()}


def one_scenario(results: Path) -> None:
    several(results)
    for name in ("global_summary", "by_security", "by_date", "by_participant", "by_group", "by_time_of_day"):
        edit(results, name, lambda rows: [row for row in rows if row["scenario"] in ("real", "A")])
    for name in ("by_order_size", "by_condition", "by_marketability", "unexecuted"):
        edit(results, name, lambda rows: [row for row in rows if row["scenario"] in ("real", "A")])
    edit(results, "statistics", lambda rows: [row for row in rows if row["scenario"] == "A"])


def many_securities(results: Path) -> None:
    several(results)
    edit(
        results, "by_security", lambda rows: [{**row, "security_code": f"S{n}"} for n in range(500) for row in rows[:4]]
    )


def with_market(results: Path) -> None:
    several(results)
    sums: dict[str, int] = defaultdict(lambda: 3)
    keys = [("9", "2024-01-01"), ("101", "2024-01-01"), ("all", "all")]
    rows = [market_row(key, sums, TableStyle.of(SETTINGS)) for key in keys]
    (results / "market.csv").write_bytes(csv_bytes([*rows[0]], [[*row.values()] for row in rows]))
    traders: list[Cells] = [
        {"participant_id": str(n), **participant_row([n * k for k in range(1, 10)], 1_000, TableStyle.of(SETTINGS))}
        for n in range(1, 13)
    ]
    (results / "market_participants.csv").write_bytes(csv_bytes([*traders[0]], [[*row.values()] for row in traders]))


KINDS = (
    with_market,
    several,
    one_job,
    failed_job,
    no_orders,
    no_fills,
    no_quotes,
    no_trades,
    nothing_known,
    one_scenario,
    many_securities,
)
