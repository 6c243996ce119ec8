"""Every worked book as files of the exchange, a security each, and the answers read from the matches files of runs.

One run by the rules as they stand, and one for each other reading of a rule that a book is of.
"""

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.command import darkreplay_here as darkreplay
from tests.kernels.replay.example_days import EXAMPLES, SECOND, START, ExampleDay, example_day
from tests.kernels.replay.rule_days import RULE_BOOKS, rule_day

DATE = "2024-09-05"  # START is 10:00 in Sydney
FIRST_CODE, ID_STEP = 1_001, 10**7
BOOKS = {FIRST_CODE + place: book for place, book in enumerate([*EXAMPLES, *RULE_BOOKS])}
ORDERS = {
    "timestamp": "timestamp", "sequence": "sequence", "price": "price", "change_reason": "changereason",
    "order_status": "orderstatus", "quantity": "quantity", "leaves_quantity": "leavesquantity",
    "matched_quantity": "totalmatchedquantity", "mid_tick": "midtick", "single_fill": "singlefillminimumquantity",
    "minimum_quantity": "minimumquantity", "preference_only": "preferenceonly",
    "participant_attribute": "participantorderattribute", "counter_attributes": "counterorderattributes",
}  # fmt: skip
OF_ORDER = {"participant": "participantid", "order_type": "exchangeordertype", "crossing_key": "crossingkey"}
TRADES = {
    "timestamp": "tradetime", "sequence": "sequence", "deal_source": "dealsource", "match_id": "matchgroupid",
    "price": "tradeprice", "quantity": "quantity", "participant": "participantid", "aggressor": "passiveaggressive",
}  # fmt: skip
QUOTES = {"timestamp": "timestamp", "sequence": "sequence", "bid": "bidprice", "offer": "offerprice"}
Row = dict[str, Any]


def day_of(book: dict[str, Any]) -> ExampleDay:
    return rule_day(book) if "rule" in book else example_day(book)


def side(value: int) -> int:
    return 1 if value == 1 else 2


def order_rows(code: int, made: ExampleDay) -> Iterable[Row]:
    events, orders = made.day.events, made.day.orders
    for row, order in enumerate(events["order_index"]):
        known = {name: events[column][row] if column in events else 0 for column, name in ORDERS.items()}
        known |= {name: orders[column][order] for column, name in OF_ORDER.items()}
        number = int(orders["order_id"][order]) + code * ID_STEP
        yield known | {"order_id": number, "security_code": code, "side": side(orders["side"][order])}


def trade_rows(code: int, made: ExampleDay) -> Iterable[Row]:
    """Who prefers its own orders shows it by a print of orders that nobody knows, both of which rested."""
    fills = made.day.fills
    for row in fills["by_time"]:
        known = {name: fills[column][row] for column, name in TRADES.items()}
        number = int(fills["order_id"][row]) + code * ID_STEP
        yield known | {"orderid": number, "securitycode": code, "side": side(fills["side"][row])}
    for place, broker in enumerate(made.preferring):
        known = {"tradetime": made.start, "dealsource": 46, "matchgroupid": 900 + place, "tradeprice": 3_385}
        known |= {"quantity": 1, "participantid": broker, "passiveaggressive": 0, "securitycode": code}
        for way in (1, 2):
            numbers = {"sequence": 900 + 2 * place + way, "orderid": code * ID_STEP + 900 + 2 * place + way}
            yield known | numbers | {"side": way}


def quote_rows(code: int, made: ExampleDay) -> Iterable[Row]:
    quotes = made.day.quotes
    for row in range(len(quotes["timestamp"])):
        yield {name: quotes[column][row] for column, name in QUOTES.items()} | {"orderbookid": code}


def write(path: Path, rows: Iterable[Row]) -> None:
    rows = list(rows)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


def session_rows(code: int, made: ExampleDay) -> Iterable[Row]:
    """The exchange's session changes: the open, halts and going on, the close."""
    changes = [(made.start, 1, "OPEN")]
    for begin, stop in made.halts:
        changes += [(begin, 3, "TRADING_HALT"), (stop, 1, "OPEN")]
    for place, (time, matching, name) in enumerate([*changes, (made.end, 4, "PRE_CSPA")]):
        row = {"Partition": 3, "Sequence": place, "TradeDate": DATE, "Id": 9, "Level": 2, "MatchingType": matching}
        row |= {"Name": name, "OrderBookId": code, "Timestamp": time, "Type": 1, "isEndOfTrading": 0}
        yield row


def flags_of(book: dict[str, Any]) -> tuple[str, ...]:
    """The other reading of a rule that a book is of, as flags of a run."""
    switches = ",".join(book.get("switches", ()))
    return ("--allow_locked",) * ("locked" in book) + (f"--rule_switches={switches}",) * (switches != "")


def slug(flags: tuple[str, ...]) -> str:
    return "results" + "".join(flags).replace("--", "-").replace("=", "-")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("books")
    days = {code: day_of(book) for code, book in BOOKS.items()}
    write(folder / "orders.csv", (row for code, made in days.items() for row in order_rows(code, made)))
    write(folder / "trades.csv", (row for code, made in days.items() for row in trade_rows(code, made)))
    write(folder / "nbbo.csv", (row for code, made in days.items() for row in quote_rows(code, made)))
    write(folder / "sessions.csv", (row for code, made in days.items() for row in session_rows(code, made)))
    steps = ((code, step) for code, made in days.items() for step in made.ticks)
    write(folder / "ticks.csv", ({"security": c, "from_price": price, "tick": tick} for c, (price, tick) in steps))
    files = [f"--{table}={table}.csv" for table in ("orders", "trades", "nbbo", "sessions")]
    done = darkreplay("convert", *files, "--store=store", folder=folder)
    assert done.returncode == 0, done.stderr
    usual = ("--tick_file=ticks.csv", "--block_tier=47", "--dark_pool_scenarios=P", "--format=csv", "--max_workers=1")
    for flags in {flags_of(book) for book in BOOKS.values()}:
        codes = ",".join(str(code) for code, book in BOOKS.items() if flags_of(book) == flags)
        told = ("--store=store", f"--security_codes={codes}", f"--results={slug(flags)}")
        done = darkreplay("run", *told, *usual, *flags, folder=folder)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize("code", BOOKS, ids=[book["name"] for book in BOOKS.values()])
def test_the_matches_file_of_a_book_gives_its_answer(results: Path, code: int) -> None:
    book = BOOKS[code]
    ids = {str(number + code * ID_STEP): name for number, name in day_of(book).ids.items()}
    with (results / slug(flags_of(book)) / f"sec{code}" / DATE / "matches.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    found = [
        [
            (int(row["time"]) - START) // SECOND,
            *(ids[row["buy_order_id"]], ids[row["sell_order_id"]], int(row["quantity"]), float(row["price"])),
            {"1": 1, "2": -1, "0": 0}[row["aggressor_side"]],
            row["rule"] + "+booked" * int(row["booked"]) + "+preferenced" * int(row["preferenced"]),
        ]
        for row in rows
    ]
    assert found == book["matches"], book.get("why")
