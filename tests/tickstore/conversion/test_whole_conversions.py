"""Whole conversions of random small files, against a reader in plain Python: stored columns, rejects, counts."""

import csv
import io
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from tests.tickstore.naive_day import naive_day, naive_turned
from tests.tickstore.naive_reader import EPOCH, ReadFile, read_file
from tickstore import ConvertRequest, InputError, convert, open_day, read_catalog, verify
from tickstore.request import Limits

ZONE = "Australia/Sydney"
DECIMALS = 3
COLUMNS = {
    "orders": {
        "order_id": "order_id", "timestamp": "timestamp", "security_code": "security", "price": "price",
        "side": "side", "quantity": "quantity", "leavesquantity": "leaves_quantity",
        "totalmatchedquantity": "matched_quantity", "participantid": "participant", "sequence": "sequence",
    },
    "trades": {
        "sequence": "sequence", "tradetime": "timestamp", "securitycode": "security", "orderid": "order_id",
        "dealsource": "deal_source", "tradeprice": "price", "quantity": "quantity", "side": "side",
    },
    "nbbo": {
        "bidprice": "bid", "offerprice": "offer", "orderbookid": "security", "timestamp": "timestamp",
        "sequence": "sequence",
    },
}  # fmt: skip
# A plain day, the days summer time begins and ends, and a Friday.
DAYS = ("2024-09-05", "2024-10-06", "2024-04-07", "2024-10-04")
SPECIAL_SECONDS = (0, 2 * 3600, 3 * 3600, 10 * 3600, 19 * 3600 - 1, 19 * 3600)
CLOCKS = st.one_of(st.integers(0, 86_399 * 10**9), st.sampled_from(SPECIAL_SECONDS).map(lambda s: s * 10**9))
SECURITIES = ("5", "5", "101", "ABC", "007", "long name", "é")
BAD = {
    "timestamp": ("soon", "1", "", "20240905"),
    "quantity": ("x", "", "-5", "1" + "0" * 15 + "1", "1.0"),
    "order_id": ("-4", "9223372036854775808", "1e3"),
    "side": ("3", "", "buyer"),
    "price": ("ten", "1.23456", "-1", "1e3"),
    "sequence": ("-7", "x"),
}


@st.composite
def times(draw: st.DrawFn) -> str:
    """Return a time in one of the usual forms."""
    start = datetime.fromisoformat(draw(st.sampled_from(DAYS))).replace(tzinfo=ZoneInfo(ZONE))
    ns = (start - EPOCH) // timedelta(seconds=1) * 10**9 + draw(CLOCKS)
    form = draw(st.sampled_from(["ns", "ns", "us", "ms", "s", "Z", "local", "offset"]))
    if form in ("us", "ms", "s"):
        return str(ns // {"us": 10**3, "ms": 10**6, "s": 10**9}[form])
    if form == "ns":
        return str(ns)
    zone = {"Z": ZoneInfo("UTC"), "local": ZoneInfo(ZONE), "offset": ZoneInfo("Asia/Kolkata")}[form]
    moment = (EPOCH + timedelta(seconds=ns // 10**9)).astimezone(zone)
    fraction = draw(st.sampled_from(["", f".{ns % 10**9:09}", f",{ns % 10**9 // 10**6:03}"]))
    end = {"Z": "Z", "local": "", "offset": "+05:30"}[form]
    return moment.strftime(draw(st.sampled_from(["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"]))) + fraction + end


@st.composite
def cells(draw: st.DrawFn, table: str, decimal: bool) -> dict[str, str]:
    """Return the cells of one good row by field."""
    small = st.integers(0, 9)
    price = st.integers(0, 99_999)
    if decimal:
        prices = price.map(
            lambda value: draw(st.sampled_from([f"{value / 1000:.3f}", f"{value // 1000}", f"{value // 10 / 100}"]))
        )
    else:
        prices = price.map(str)
    quotes = st.one_of(prices, st.sampled_from(["", "-9223372036854775808"]))
    sequence = draw(st.one_of(st.integers(0, 3), st.integers(1, 10**6)))
    return {
        "order_id": str(7_904_794_000_124_046_000 + draw(st.integers(0, 5))),
        "timestamp": draw(times()),
        "security": draw(st.sampled_from(SECURITIES)),
        "price": draw(prices),
        "side": draw(st.sampled_from(["1", "2", "B", "s", "Buy", "SELL"])),
        "quantity": str(draw(st.integers(0, 10**6))),
        "leaves_quantity": str(draw(small)),
        "matched_quantity": str(draw(small)),
        "participant": draw(st.sampled_from(["69", "7"])),
        "sequence": draw(st.sampled_from(["", str(sequence)])) if table == "nbbo" else str(sequence),
        "deal_source": draw(st.sampled_from(["1", "20", "47", "44", "5", ""])),
        "bid": draw(quotes),
        "offer": draw(quotes),
    }


@st.composite
def lines(draw: st.DrawFn, names: list[str], table: str, decimal: bool, before: list[dict[str, str]]) -> str:
    """Return a line: a row, dressed or spoilt in some way, or none."""
    fields = COLUMNS[table]
    row = draw(st.sampled_from(before)) if before and draw(st.integers(0, 5)) == 0 else draw(cells(table, decimal))
    before.append(row)
    values = {name: row[fields[name]] if name in fields else draw(st.sampled_from(["", "n", "a b"])) for name in names}
    harm = draw(
        st.sampled_from(
            [""] * 12 + ["cell", "cell", "extra", "short", "quote", "nul", "latin", "blank", "spaces", "newline"]
        )
    )
    if harm == "cell":
        name = draw(st.sampled_from([name for name in names if fields.get(name) in BAD]))
        values[name] = draw(st.sampled_from(BAD[fields[name]]))
    text = list(values.values())
    if harm == "extra":
        text.append("0")
    if harm == "short":
        text = text[:-1]
    dress = draw(st.integers(0, 3))
    if dress == 1:
        text = [f" {cell} " if cell else cell for cell in text]
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL if dress == 2 else csv.QUOTE_MINIMAL, lineterminator="").writerow(text)
    line = out.getvalue()
    if harm == "quote":
        line += '"' if dress == 2 else ',"'
    if harm in ("nul", "latin"):
        place = draw(st.integers(0, len(line)))
        line = line[:place] + {"nul": "\0", "latin": "\xff"}[harm] + line[place:]
    if harm == "newline":
        line = '"a\nb",' + line
    return {"blank": "", "spaces": "  "}.get(harm, line) + draw(st.sampled_from(["\n", "\n", "\r\n"]))


@st.composite
def files(draw: st.DrawFn, table: str, decimal: bool) -> bytes:
    """Return the content of a file."""
    names = draw(st.permutations([*COLUMNS[table], *draw(st.sampled_from([[], ["note"], ["note", "row_num"]]))]))
    if draw(st.booleans()):
        names.remove("sequence")
    before: list[dict[str, str]] = []
    body = "".join(draw(st.lists(lines(names, table, decimal, before), max_size=12)))
    if draw(st.integers(0, 3)) == 0:
        body = body.rstrip("\r\n")
        body = body[: len(body) - draw(st.sampled_from([0, 0, 1, 7]))]
    bom = b"\xef\xbb\xbf" if draw(st.integers(0, 3)) == 0 else b""
    return bom + (",".join(names) + draw(st.sampled_from(["\n", "\r\n"])) + body).encode().replace(
        "\xff".encode(), b"\xff"
    )


def expected(found: dict[str, list[ReadFile]]) -> dict[tuple[str, str], dict[str, list[Any]]]:
    """Return the columns of each partition."""
    rows: dict[tuple[str, str], dict[str, list[Any]]] = {}
    for table, read in found.items():
        ranked = sorted(read, key=lambda file: file.rows[0]["timestamp"] if file.rows else 0)
        for row in (row for rows in naive_turned([file.rows for file in ranked]) for row in rows):
            key = row["security"], row["date"].isoformat()
            plain = {name: value for name, value in row.items() if name not in ("security", "date")}
            if table == "orders":
                plain["participant"] = int(plain["participant"])
            rows.setdefault(key, {"orders": [], "trades": [], "nbbo": []})[table].append(plain)
    return {key: naive_day(**tables) for key, tables in rows.items()}


# To shrink whole conversions takes minutes; on a busy machine the drawing of inputs does not look healthy.
@settings(phases=[Phase.explicit, Phase.reuse, Phase.generate], suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), decimal=st.booleans(), logs=st.booleans())
def test_a_conversion_stores_what_a_plain_reader_reads(
    data: st.DataObject, decimal: bool, logs: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    paths: dict[str, list[Path]] = {}
    found: dict[str, list[ReadFile]] = {}
    for table in COLUMNS:
        contents = data.draw(st.lists(files(table, decimal), min_size=table == "orders", max_size=3), label=table)
        assume(len(set(contents)) == len(contents))
        paths[table] = [folder / f"{table}{n}.csv" for n in range(len(contents))]
        for path, content in zip(paths[table], contents, strict=True):
            path.write_bytes(content)
        found[table] = [read_file(content, COLUMNS[table], ZONE, DECIMALS if decimal else None) for content in contents]
        first = [file.rows[0]["timestamp"] for file in found[table] if file.rows]
        assume(len(set(first)) == len(first))  # equal ones are ranked by their content
    ranges = data.draw(st.sampled_from([64, 256, 1024, 1 << 20]), label="range")
    piece = data.draw(st.sampled_from([1, 100, 1 << 20]), label="piece")
    limits = Limits(
        in_memory_bytes=0 if logs else 1 << 20, ranges=1 << 30, range_bytes=ranges, page_bytes=64, piece_bytes=piece
    )
    request = ConvertRequest(
        store=folder / "store", max_rejects=10**6, price_decimals=DECIMALS, limits=limits, order_ids="integer",
        price_format="decimal" if decimal else "units", **{table: tuple(p) for table, p in paths.items()},  # type: ignore[arg-type]
    )  # fmt: skip
    if not any(file.rows for file in found["orders"]):  # a run could say nothing
        with pytest.raises(InputError, match=r"nothing was stored|is empty"):
            convert(request)
        return
    try:
        report = convert(request)
    except InputError as error:  # where there is none that could be true
        assert error.message.startswith("all orders contradict themselves"), error.message  # noqa: PT017
        return
    assume(not any("is left out" in told for told in report.warnings))  # a column of which most cells are refused
    days = {(p.security, p.date): open_day(p.path) for p in read_catalog(folder / "store").partitions}
    wanted = expected(found)
    assert set(days) == set(wanted)
    for key, columns in wanted.items():
        for column, values in columns.items():
            group, _, name = column.partition("/")
            assert days[key].group(group)[name].tolist() == values, (key, column)
    assert verify(folder / "store").problems == ()
    with (folder / "store" / "rejects.csv").open(newline="") as file:
        rejects = list(csv.DictReader(line.replace("\0", "") for line in file))
    ours = Counter((Path(r["file"]).name, int(r["line"]), r["reason"]) for r in rejects if r["reason"] != "duplicate")
    theirs = Counter(
        (paths[table][n].name, number, reason)
        for table, read in found.items()
        for n, one in enumerate(read)
        for number, reason, _ in one.bad
    )
    assert ours == theirs
    for table, read in found.items():
        if read:
            count = report.tables[table]
            assert (count.read, count.blank) == (sum(f.lines for f in read), sum(f.blank for f in read))
            repeated = sum(r["table"] == table and r["reason"] == "duplicate" for r in rejects)
            assert repeated == sum(len(f.rows) for f in read) - count.stored
