"""The fast path against pyarrow and against plain Python; odd lines; any cut of the input into ranges and pieces."""

import io
import re
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickstore.conversion.parse_task import ParseTask, parse_chunk
from tickstore.input.files import Chunk, Source
from tickstore.parse.blocks import BlockParser, Reject
from tickstore.parse.odd_lines import read_line
from tickstore.parse.plan import find_sources, line_rules
from tickstore.request import ConvertRequest, Limits
from tickstore.spill.segments import Spill
from tickstore.times.reject_error import RejectError

pytestmark = pytest.mark.reduced
NAMES = (
    "order_id",
    "time",
    "security",
    "price",
    "side",
    "quantity",
    "leaves",
    "matched",
    "participant",
    "note",
    "crossingkey",
)
HEADER = ",".join(NAMES) + "\n"
FIELDS = ("order_id", "timestamp", "security", "price", "side", "quantity", "leaves_quantity", "matched_quantity")
TIME = "1725494536001032398"
INT64 = 2**63


def source_of(folder: Path, text: bytes, price_format: str = "auto") -> Source:
    path = folder / "orders.csv"
    path.write_bytes(text)
    columns = (("crossing_key", "crossingkey"),) if b"crossingkey" in text else ()
    request = ConvertRequest(
        orders=(path,), store=folder / "store", columns=columns, price_format=price_format, order_ids="integer"
    )
    return find_sources(request)[0]


def parsed(source: Source, longest: int = 1000) -> tuple[dict[str, list[int]], list[Reject], int, int]:
    """Return columns, rejects, blanks and lines of a whole source."""
    parser = BlockParser(source, "Australia/Sydney", {}, longest)
    columns: dict[str, list[int]] = {name: [] for name in source.names}
    rejects, blank = [], 0
    data = np.fromfile(source.path, np.uint8)
    if len(data) > source.header.data_start:
        for block in parser.parse((data, source.header.data_start, len(data), source.header.data_start)):
            for name, values in block.columns.items():
                columns[name] += values.tolist()
            rejects += block.rejects
            blank += block.blank
    return columns, rejects, blank, parser.lines


plain = st.integers(0, 10**14).map(str)
ids = st.integers(0, INT64 - 1).map(str)


@st.composite
def plain_lines(draw: st.DrawFn) -> str:
    quantities = [draw(plain) for _ in range(3)]
    note = draw(st.sampled_from(["", "x", "Rest of Day", '"a,b"', "é"]))
    key = draw(st.one_of(st.just(""), ids))
    price = draw(plain)
    cells = [draw(ids), TIME, "5", price, draw(st.sampled_from("12")), *quantities, "69", note, key]
    return ",".join(cells) + draw(st.sampled_from(["\n", "\r\n"]))


@given(lines=st.lists(plain_lines(), max_size=20), longest=st.integers(4, 30))
def test_plain_lines_equal_pyarrow(lines: list[str], longest: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    text = (HEADER + "".join(lines)).encode()
    columns, rejects, blank, count = parsed(source_of(tmp_path_factory.mktemp("p"), text), longest)
    wanted = [name for name in NAMES if name not in ("note", "side")]
    table = pyarrow.csv.read_csv(
        io.BytesIO(text),
        convert_options=pyarrow.csv.ConvertOptions(
            include_columns=wanted, column_types=dict.fromkeys(wanted, pa.int64())
        ),
    )
    assert (rejects, blank, count) == ([], 0, len(lines))
    ours = ["order_id", "timestamp", "security", "price", "quantity", "leaves_quantity", "matched_quantity"]
    for name, theirs in zip([*ours, "participant", "crossing_key"], wanted, strict=True):
        assert columns[name] == [value if value is not None else 0 for value in table[theirs].to_pylist()], name


odd_cells = st.sampled_from(
    ["", "-1", "1e3", "12.0", "+5", " 5", "5 ", '"7"', '"7', "7\"", "x", "9223372036854775807", "9223372036854775808",
     "-9223372036854775808", "99999999999999999999999999", "1_0", "٣", "0x1", "-", "007", "\x00", "1,1", "nan", "''"]
)  # fmt: skip


def naive_cell(text: str, required: bool, largest: int) -> int | None:
    """Return what an integer field of a quoted or plain cell holds, None where the row cannot be stored."""
    text = text.strip()
    if re.fullmatch(r"[0-9]{1,15}\.0" if required else r"[0-9]{1,15}\.0*", text):  # as tables with gaps write it
        text = text.partition(".")[0]
    if text in ("", "-9223372036854775808") or (text in ("nan", "-") and not required):
        return None if required else 0
    if not re.fullmatch(r"-?[0-9]+", text):
        return None
    return int(text) if 0 <= int(text) <= largest else None


@given(cells=st.lists(st.tuples(odd_cells, odd_cells), min_size=1, max_size=12), longest=st.integers(4, 30))
def test_odd_lines_are_stored_right_or_rejected(
    cells: list[tuple[str, str]], longest: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    lines = [f"{one},{TIME},5,10,1,1,1,0,69,n,{two}\n" for one, two in cells]
    columns, rejects, _, count = parsed(
        source_of(tmp_path_factory.mktemp("p"), (HEADER + "".join(lines)).encode()), longest
    )
    expected = []
    for line in lines:
        try:  # pyarrow decides what the cells are, one line at a time, as text
            table = pyarrow.csv.read_csv(
                io.BytesIO((HEADER + line).encode()),
                parse_options=pyarrow.csv.ParseOptions(newlines_in_values=False),
                convert_options=pyarrow.csv.ConvertOptions(
                    column_types=dict.fromkeys(NAMES, pa.string()), strings_can_be_null=False
                ),
            )
        except pa.ArrowInvalid:
            continue
        if table.num_rows != 1 or "\x00" in line:
            continue
        key = naive_cell(table["order_id"][0].as_py(), True, INT64 - 1)
        crossing = naive_cell(table["crossingkey"][0].as_py(), False, INT64 - 1)
        if key is not None and crossing is not None and line.count('"') % 2 == 0:
            expected.append((key, crossing))
    assert list(zip(columns["order_id"], columns["crossing_key"], strict=True)) == expected
    assert len(expected) + len(rejects) == count == len(lines)


@pytest.mark.parametrize(
    ("line", "reason", "column"),
    [
        (f"x,{TIME},5,10,1,1,1,0,69,n,0", "malformed number", "order_id"),
        (f"-4,{TIME},5,10,1,1,1,0,69,n,0", "out of range", "order_id"),
        (f"9223372036854775808,{TIME},5,10,1,1,1,0,69,n,0", "out of range", "order_id"),
        (f"18446744073709551616,{TIME},5,10,1,1,1,0,69,n,0", "out of range", "order_id"),
        (f"4,{TIME},5,10,3,1,1,0,69,n,0", "unknown side", "side"),
        (f"4,{TIME},5,10,1,-1,1,0,69,n,0", "negative value", "quantity"),
        (f"4,{TIME},5,-10,1,1,1,0,69,n,0", "negative value", "price"),
        (f"4,{TIME},5,10.5,1,1,1,0,69,n,0", "too many decimals", "price"),
        (f"4,{TIME},5,10,1,1,,0,69,n,0", "missing value", "leaves"),
        (f"4,{TIME},5,10,1,1,1,0,69,n", "missing fields", ""),
        (f"4,{TIME},5,10,1,1,1,0,69,n,0,9", "extra fields", ""),
        (f'4,{TIME},5,10,1,1,1,0,69,"n,0', "unclosed quote", ""),
        (f"4,{TIME},5,10,1,1,1,0,69,n,\x00", "NUL byte", "crossingkey"),
        ("4,yesterday,5,10,1,1,1,0,69,n,0", "malformed time", "time"),
        ("4,1,5,10,1,1,1,0,69,n,0", "time out of range", "time"),
    ],
)
def test_a_bad_line_is_rejected_for_its_reason(tmp_path: Path, line: str, reason: str, column: str) -> None:
    good = f"4,{TIME},5,10,1,1,1,0,69,n,0\n"
    columns, rejects, _, _ = parsed(source_of(tmp_path, (HEADER + good + line + "\n" + good).encode(), "units"))
    assert columns["order_id"] == [4, 4]
    (reject,) = rejects
    assert (reject.reason, reject.column, reject.line) == (reason, column, 1)
    assert reject.raw == line


@pytest.mark.parametrize(
    ("time", "ns"),
    [
        ("1725494536", 1725494536 * 10**9),
        ("1725494536001", 1725494536001 * 10**6),
        ("1725494536001032", 1725494536001032 * 10**3),
        ("1725494536.25", 1725494536250000000),
        ("2024-09-05T00:02:16.001032398Z", 1725494536001032398),
        ("2024-09-05T10:02:16.001032398+10:00", 1725494536001032398),
        ("2024-09-05 10:02:16.001032398", 1725494536001032398),
        ("2024-10-06 12:00:00", 1728176400 * 10**9),  # the day summer time begins
    ],
)
def test_times_are_read_in_every_usual_form(tmp_path: Path, time: str, ns: int) -> None:
    columns, rejects, _, _ = parsed(source_of(tmp_path, (HEADER + f"4,{time},5,10,1,1,1,0,69,n,0\n").encode()))
    assert rejects == []
    assert columns["timestamp"] == [ns]


def test_sides_are_read_in_every_usual_form(tmp_path: Path) -> None:
    sides = ["1", "2", "B", "s", "Buy", "SELL", '"1"', "bid", " ask", "-1"]
    text = HEADER + "".join(f"4,{TIME},5,10,{side},1,1,0,69,n,0\n" for side in sides)
    columns, rejects, _, _ = parsed(source_of(tmp_path, text.encode()))
    assert rejects == []
    assert columns["side"] == [1, -1, 1, -1, 1, -1, 1, 1, -1, -1]


@given(prices=st.lists(st.decimals(0, 10**6, places=3), min_size=1, max_size=10))
def test_decimal_prices_are_exact(prices: list[object], tmp_path_factory: pytest.TempPathFactory) -> None:
    shown = ["0.125", *(str(price) for price in prices)]
    text = HEADER + "".join(f"4,{TIME},5,{price},1,1,1,0,69,n,0\n" for price in shown)
    columns, rejects, _, _ = parsed(source_of(tmp_path_factory.mktemp("p"), text.encode()))
    assert rejects == []
    assert columns["price"] == [int(price.replace(".", "")) for price in shown]


pieces_of_text = st.lists(
    st.sampled_from(
        [
            "\n", "\r\n", "\n\n", " \n", '"', "\x00", "1,2",
            f"4,{TIME},5,10,1,1,1,0,69,n,0\n",
            f'4,{TIME},5,10,1,1,1,0,69,"a,b",0\r\n',
            f"4,{TIME},5,10,1,1,1,0,69,n\n",
            f'4,{TIME},5,10,1,1,1,0,69,"a\nb",0\n',
            f"5,{TIME},6,10,2,1,1,0,69,n,0",
        ]
    ),
    max_size=12,
)  # fmt: skip


@given(parts=pieces_of_text, bom=st.booleans(), data=st.data())
def test_any_cut_of_the_input_gives_the_same_rows(
    parts: list[str], bom: bool, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    text = (b"\xef\xbb\xbf" if bom else b"") + (HEADER + "".join(parts)).encode()
    source = source_of(tmp_path_factory.mktemp("p"), text)
    body = text[len(HEADER) + 3 * bom :]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=4)))
    piece = data.draw(st.integers(1, 200))
    whole = outcome(source, [0, len(text)], 1 << 20)
    assert outcome(source, [0, *cuts, len(text)], piece) == whole
    rows, rejects, blank, lines = whole
    assert lines == body.count(b"\n") + (not body.endswith(b"\n") and len(body) > 0)
    assert len(rows) + len(rejects) + blank == lines


def outcome(
    source: Source, cuts: list[int], piece: int
) -> tuple[list[tuple[int, ...]], list[tuple[int, str]], int, int]:
    """Return rows, rejects, blanks and lines of a source parsed range by range."""
    rows: list[tuple[int, ...]] = []
    rejects, blank, lines = [], 0, 0
    limits = Limits(piece_bytes=piece)
    for start, stop in pairwise(cuts):
        chunk = parse_chunk(
            ParseTask(0, source, Chunk(0, start, stop), "Australia/Sydney", "19:00", (), None, 10**6, limits)
        )
        spill = chunk.log
        assert isinstance(spill, Spill)
        for key, count in chunk.keys:
            out = np.empty(count, np.int64)
            spill.read(key, "order_id", out)
            rows += [(int(key[0]), value) for value in out.tolist()]
        rejects += [(reject.offset, reject.reason) for reject in chunk.rejects]
        blank += chunk.blank
        lines += chunk.lines
    return sorted(rows), rejects, blank, lines


ANY_CELL: Final = """0|1|2|3|01|02|00|007|1.0|-1|12.5|100|1000000000000000000|999999999999999999|0999999999999999999
|9223372036854775807|9223372036854775808|9999999999999999999|12345678901234567890|01717459200000000000|1717459200
|20240604100000|20240604100000123|9999999999|9000000000000|36000000000000
|1717459200000|1717459200000000|1717459200000000000|99999999999999999|100000000000000000|B|Sell|buy|BHP|007A|-A|"5"
|"01"|'5'|5"|2024-06-04|2024-06-04T10:00:00|| 5|5 """.replace("\n", "").split("|")


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("place", range(9))
def test_the_fast_path_says_what_the_slow_path_says(tmp_path: Path, place: int, last: bool) -> None:
    names = ["order_id", "time", "security", "price", "side", "quantity", "leaves", "matched", "participant"]
    cells = ["7", TIME, "5", "3000", "1", "10", "10", "0", "69"]
    order = [n for n in range(9) if n != place] + [place] if last else list(range(9))
    lines = [",".join((*cells[:place], text, *cells[place + 1 :])[n] for n in order) for text in ANY_CELL]
    header = ",".join(names[n] for n in order)
    source = source_of(tmp_path, "\n".join([header, *lines, ""]).encode())
    rules = line_rules(source, "Australia/Sydney")
    expected = []
    long_names: dict[str, int] = {}
    for line in lines:
        with suppress(RejectError):
            expected.append(read_line(line.encode(), rules, long_names))
    columns, rejects, blank, _ = parsed(source)
    assert list(map(list, zip(*columns.values(), strict=True))) == expected
    assert len(rejects) + blank == len(lines) - len(expected)
