"""Time the parser on the styles that files are written in: ns a row, and over the plainest style.

    python -m perf.bench_styles [--rows=200000] [--rounds=7] [--only=text]

One file in memory for each style, the same orders in all of them; the processor time of parsing its text into typed
blocks, one thread, nothing written. Styles take turns, so that a machine that gets slower does so for all of them; the
minimum of the rounds is the figure. ``slow`` is the share of rows that the fast path left to the slow one.
"""

import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import fire
import numpy as np

from kernels.base.columns import U8
from tickstore.input.files import Source
from tickstore.parse.blocks import BlockParser
from tickstore.parse.plan import find_sources
from tickstore.request import ConvertRequest

NAMES: Final = ("order_id", "timestamp", "security", "price", "side", "quantity", "leaves", "matched", "participant")
OPEN_S: Final = 1_725_494_400  # 2024-09-05 10:00:00 in Sydney
TIMEZONE: Final = "Australia/Sydney"
Cells = list[str]


def clock(ms: int) -> str:
    """Return a clock of some ms after ten."""
    return f"{10 + ms // 3_600_000}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d}.{ms % 1000:03d}"


def put(column: str, text: Callable[[int], str]) -> Callable[[int, Cells], Cells]:
    """Return what writes another text in a column, made of the number of the row."""
    place = NAMES.index(column)
    return lambda row, cells: [*cells[:place], text(row), *cells[place + 1 :]]


def order_of(row: int) -> int:
    """Return which order a row is of: each has two rows."""
    return row // 2


def text_id(row: int) -> str:
    """Return the id of an order as text of 36 letters."""
    return str(uuid.UUID(int=order_of(row) * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128))


def sides(buy: str, sell: str) -> Callable[[int, Cells], Cells]:
    """Return what writes sides in other words."""
    return put("side", lambda row: (buy, sell)[order_of(row) % 2])


@dataclass(frozen=True, slots=True)
class Style:
    """How the same rows are written, and what has to be said of it."""

    cells: Callable[[int, Cells], Cells] = lambda _, cells: cells
    joint: str = ","
    end: str = "\n"
    names: tuple[str, ...] = NAMES
    settings: dict[str, Any] = field(default_factory=dict)


STYLES: Final = {
    "plain: integer ns, sides 1 and 2": Style(),
    "blank after the comma": Style(joint=", "),
    "sides bid, ask": Style(sides("bid", "ask")),
    "sides B, S": Style(sides("B", "S")),
    "sides Buy, Sell": Style(sides("Buy", "Sell")),
    "sides 1, -1": Style(sides("1", "-1")),
    "sides of words that are mapped": Style(
        sides("purchase", "short sale"),
        settings={"columns": (("side", {"values": {"purchase": "B", "short sale": "S"}}),)},
    ),
    "times 20240905-10:00:00.123": Style(put("timestamp", lambda row: f"20240905-{clock(row)}")),
    "times 1725494400.123456789": Style(put("timestamp", lambda row: f"{OPEN_S + row // 1000}.{row % 1000:03d}456789")),
    "times 2024.09.05D10:00:00.123000000": Style(put("timestamp", lambda row: f"2024.09.05D{clock(row)}000000")),
    "times 2024-09-05T10:00:00.123": Style(put("timestamp", lambda row: f"2024-09-05T{clock(row)}")),
    "times 05/09/2024 10:00:00.123, stated": Style(
        put("timestamp", lambda row: f"05/09/2024 {clock(row)}"), settings={"time_format": "%d/%m/%Y %H:%M:%S.%f"}
    ),
    "date and clock in two columns": Style(
        lambda row, cells: ["2024-09-05", cells[0], clock(row), *cells[2:]], names=("date", *NAMES)
    ),
    "seconds since midnight": Style(
        put("timestamp", lambda row: f"{36_000 + row // 1000}.{row % 1000:03d}456789"),
        settings={"epoch": "midnight", "date": "2024-09-05"},
    ),
    "milliseconds": Style(put("timestamp", lambda row: str(OPEN_S * 1000 + row))),
    "every cell in quotes": Style(lambda _, cells: [f'"{cell}"' for cell in cells]),
    "CRLF": Style(end="\r\n"),
    "decimal prices": Style(put("price", lambda row: f"{33 + order_of(row) % 7}.{order_of(row) % 100:02d}")),
    "quantities with 5 decimals": Style(
        lambda row, cells: [*cells[:5], *(f"{cell}.{row % 1000:05d}" for cell in cells[5:8]), cells[8]],
        settings={"quantity_decimals": 5},
    ),
    "ids beyond 2^63": Style(put("order_id", lambda row: str(2**63 + 10**15 + order_of(row)))),
    "ids as text (UUID)": Style(put("order_id", text_id)),
    "names of 12 letters": Style(put("security", lambda row: f"LONG-NAME-{order_of(row) % 50:02d}")),
}


def plain_cells(row: int) -> Cells:
    """Return the cells of a row in the plainest style; the second row of an order has some of it matched."""
    order, matched = order_of(row), 40 * (row % 2)
    return [
        str(7_904_794_000_000_000_000 + order), str(OPEN_S * 10**9 + row * 10**6), "110621", str(3300 + order % 90),
        str(1 + order % 2), "1000", str(1000 - matched), str(matched), str(1 + order % 97),
    ]  # fmt: skip


def make_file(style: Style, rows: int, folder: Path) -> tuple[Source, U8]:
    """Write a style's file, and return it as a conversion takes it, with its bytes."""
    path = folder / "orders.csv"
    lines = [style.joint.join(style.cells(row, plain_cells(row))) for row in range(rows)]
    path.write_bytes(style.end.join([",".join(style.names), *lines, ""]).encode())
    (source,) = find_sources(ConvertRequest(orders=(path,), store=folder / "store", **style.settings))
    return source, np.fromfile(path, np.uint8)


def parse(source: Source, data: U8, rows: int) -> tuple[float, int]:
    """Return ns a row, and how many rows went the slow way."""
    parser = BlockParser(source, TIMEZONE, {})
    start, found = time.process_time_ns(), 0
    for block in parser.parse((data, source.header.data_start, len(data), source.header.data_start)):
        found += block.rows
    spent = (time.process_time_ns() - start) / rows
    if found != rows:
        raise ValueError(f"{found} of {rows} rows were read")
    return spent, sum(slow.rows for slow in parser.slow.values())


def main(rows: int = 200_000, rounds: int = 7, only: str = "") -> None:
    """Print a line for each style."""
    chosen = {name: style for number, (name, style) in enumerate(STYLES.items()) if number == 0 or only in name}
    with tempfile.TemporaryDirectory() as folder:
        files = {name: make_file(style, rows, Path(folder)) for name, style in chosen.items()}
        best: dict[str, tuple[float, int]] = {}
        for round_ in range(rounds + 1):  # the first one compiles
            for name, (source, data) in files.items():
                spent = parse(source, data, rows)
                best[name] = min(best[name], spent) if round_ > 1 else spent
    floor = next(iter(best.values()))[0]
    print(f"{rows:,} rows, minimum of {rounds} rounds\n{'style':40s} {'ns a row':>8s} {'ratio':>6s} {'slow':>6s}")
    for name, (least, slow) in best.items():
        print(f"{name:40s} {least:8.0f} {least / floor:6.2f} {slow / rows:6.1%}")


if __name__ == "__main__":
    fire.Fire(main)
