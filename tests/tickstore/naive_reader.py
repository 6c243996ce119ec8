"""A second, slow reader of input files, in plain Python; it shares no code with the store.

It reads the three tables in the columns that the fuzz test writes, and says which lines are rows, and why others are
not.
"""

import csv
import io
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EVENING = 19
SIDES = {"1": 1, "2": -1, "b": 1, "s": -1, "buy": 1, "sell": -1}
NUMBERS = {"order_id", "quantity", "leaves_quantity", "matched_quantity", "sequence", "deal_source"}
OPTIONAL = {"sequence": 0, "deal_source": -1, "bid": -(2**63), "offer": -(2**63)}
LARGEST = {"order_id": 2**63 - 1, "sequence": 2**63 - 1, "deal_source": 2**15 - 1}


class BadLineError(Exception):
    """Why a line is no row."""


@dataclass
class ReadFile:
    """What a file holds: rows in its order, bad lines as (line number, reason, text), blank lines."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    bad: list[tuple[int, str, str]] = field(default_factory=list)
    blank: int = 0
    lines: int = 0


def read_file(content: bytes, columns: dict[str, str], zone: str, decimals: int | None) -> ReadFile:
    """Read a CSV. ``columns`` goes from header name to field; ``decimals`` of a price, None where it is in units."""
    result = ReadFile()
    head, *lines = content.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    names = next(csv.reader([head.decode().rstrip("\r")]))
    last_is_torn = lines != [] and lines[-1] != b""
    if not last_is_torn:
        lines = lines[:-1]
    stamp = next(place for place, name in enumerate(names) if columns.get(name) == "timestamp")
    shape = _shape(lines[0], len(names), stamp) if len(lines) > 1 else None
    for number, line in enumerate(lines, 2):
        result.lines += 1
        raw = line.removesuffix(b"\r").decode("utf-8", "surrogateescape")
        if raw.strip() == "":
            result.blank += 1
            continue
        try:
            row = _row(raw, names, columns, zone, decimals)
            if last_is_torn and number == len(lines) + 1 and shape not in (None, _shape(line, len(names), stamp)):
                raise BadLineError  # its time is of another form than the first: cut short
            result.rows.append(row)
        except BadLineError as error:
            torn = last_is_torn and number == len(lines) + 1
            result.bad.append((number, "truncated last line" if torn else str(error), raw))
    return result


def _row(raw: str, names: list[str], columns: dict[str, str], zone: str, decimals: int | None) -> dict[str, Any]:
    try:
        cells = next(csv.reader(io.StringIO(raw), strict=True))
    except csv.Error:
        raise BadLineError(_strange(raw) or "unclosed quote") from None
    if len(cells) != len(names):
        raise BadLineError(_strange(raw) or ("missing fields" if len(cells) < len(names) else "extra fields"))
    if any(_strange(cell) for name, cell in zip(names, cells, strict=True) if name in columns):
        raise BadLineError(_strange(raw))
    row: dict[str, Any] = dict.fromkeys(("sequence", "deal_source"), 0) | {"deal_source": -1}
    rank = {"order_id": 0, "timestamp": 1}  # what is said where several cells are bad: the first of the table's fields
    needed = [cell for name, cell in zip(names, cells, strict=True) if columns.get(name, "") not in ("", *OPTIONAL)]
    for name, cell in sorted(zip(names, cells, strict=True), key=lambda pair: rank.get(columns.get(pair[0], ""), 2)):
        if name in columns:
            try:
                row[columns[name]] = _value(columns[name], cell.strip(), zone, decimals)
            except BadLineError:
                if len(list(filter(str.strip, needed))) < len(needed) / 2:  # a title, or a line of totals
                    raise BadLineError("most cells are empty") from None
                raise
    if row.get("quantity") == 0 and "leaves_quantity" not in row:
        raise BadLineError("trade of no shares")  # said where nothing else is wrong
    row["date"] = trade_date(row["timestamp"], zone)
    return row


def _shape(line: bytes, columns: int, stamp: int) -> tuple[int, str] | None:
    """Return the digits of an epoch time, 0 for an ISO time, and its kind of offset; None for no time."""
    try:
        cells = next(csv.reader(io.StringIO(line.decode("utf-8", "surrogateescape"))), [])
    except csv.Error:
        return None
    text = cells[stamp].strip() if len(cells) == columns else ""
    if not text:
        return None
    if re.fullmatch("[0-9]+", text):
        return len(text), ""
    end = re.search("[A-Za-z]*$", text[11:])
    return 0, "+" if "+" in text else end[0] if end else ""


def _strange(text: str) -> str:
    return "NUL byte" if "\0" in text else "not UTF-8" if "\udcff" in text else ""


def _value(name: str, text: str, zone: str, decimals: int | None) -> Any:
    if text in ("", "-9223372036854775808"):
        if name not in OPTIONAL:
            raise BadLineError("missing value")
        return OPTIONAL[name]
    if name == "side":
        if text.lower() not in SIDES:
            raise BadLineError("unknown side")
        return SIDES[text.lower()]
    if name in ("security", "participant"):
        return text
    if name == "timestamp":
        ns = naive_time(text, zone)
        if (
            not datetime(1980, 1, 1, tzinfo=UTC)
            <= EPOCH + timedelta(seconds=ns // 10**9)
            < datetime(2190, 1, 1, tzinfo=UTC)
        ):
            raise BadLineError("time out of range")
        return ns
    if name == "order_id" and re.fullmatch(r"[0-9]{1,15}\.0", text):  # as tables with gaps write it
        text = text[:-2]
    if name not in ("order_id", "sequence", "deal_source"):
        text = text.removeprefix("+")
        if re.fullmatch(r"-?[0-9]{1,20}(\.[0-9]{0,20})?[eE][+-]?[0-9]{1,2}", text):
            text = f"{Decimal(text):f}"
    if name in NUMBERS:
        shares = name.endswith("quantity")  # those may be written with a point and zeros
        codes = r"-?[0-9]+" if name == "order_id" else r"-?([0-9]{1,15}\.0*|[0-9]+)"
        if not re.fullmatch(r"-?([0-9]+\.?[0-9]*|\.[0-9]+)" if shares else codes, text):
            raise BadLineError("malformed number")
        whole, _, rest = text.partition(".")
        if rest.strip("0"):
            raise BadLineError("too many decimals")
        number = int(whole or 0) if whole != "-" else 0
    else:
        if not re.fullmatch(r"-?([0-9]+\.?[0-9]*|\.[0-9]+)", text):
            raise BadLineError("malformed number")
        scaled = Fraction(text.removesuffix(".")) * (10**decimals if decimals is not None else 1)
        if scaled.denominator != 1:
            raise BadLineError("too many decimals")
        number = scaled.numerator
    least = -1 if name == "deal_source" else 0
    if number < least:
        raise BadLineError("out of range" if name == "order_id" else "negative value")
    if number > LARGEST.get(name, 2**63 - 1 if name not in NUMBERS else 10**15):
        raise BadLineError("out of range")
    return number


def naive_time(text: str, zone: str) -> int:
    """Return ns since 1970 of an ISO or epoch time."""
    if re.fullmatch("[0-9]+", text):
        value = int(text)
        for limit, unit in ((9 * 10**9, 10**9), (10**14, 10**6), (10**17, 10**3)):
            if value < limit:
                return value * unit
        return value
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?(Z|[+-]\d\d:\d\d)?", text)
    if not found:
        raise BadLineError("malformed time")
    day, clock, fraction, offset = found.groups()
    moment = datetime.strptime(f"{day} {clock}{offset or ''}", "%Y-%m-%d %H:%M:%S" + ("%z" if offset else ""))
    if not offset:
        moment = moment.replace(tzinfo=ZoneInfo(zone))
        first, second = moment.astimezone(UTC), moment.replace(fold=1).astimezone(UTC)
        if first != second:
            raise BadLineError(f"local time that its clock {'skips' if first > second else 'shows twice'}")
    return (moment - EPOCH) // timedelta(seconds=1) * 10**9 + int((fraction or "").ljust(9, "0"))


def trade_date(ns: int, zone: str) -> date:
    """Return the local date, or the next weekday's from 19:00."""
    local = (EPOCH + timedelta(seconds=ns // 10**9)).astimezone(ZoneInfo(zone))
    day = local.date()
    if local.hour >= EVENING:
        day += timedelta(days=1)
        while day.weekday() >= 5:
            day += timedelta(days=1)
    return day
