"""Ids that are text: the fast path numbers them by itself, and rows are those of the slow path alone."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tickstore.parse.blocks
from tests.tickstore.conftest import OPEN
from tickstore import ConvertRequest, convert, open_day
from tickstore.errors import InputError
from tickstore.input.files import Source
from tickstore.input.packed_names import name_text
from tickstore.parse.blocks import BlockParser
from tickstore.parse.known_names import KnownNames
from tickstore.parse.odd_lines import read_line
from tickstore.parse.plan import find_sources, line_rules
from tickstore.parse.text_ids import TextIds, text_number, words_text
from tickstore.times.reject_error import RejectError

HEADER = b"order_id,time,security,price,side,quantity,leaves,matched,participant,parent_id\n"
UUIDS = [f"{n:08x}-1f3a-4d5e-8c9b-{n * 7919:012x}".encode() for n in range(40)]
CELLS = (
    *UUIDS[:6], b"A" * 7, b"A" * 8, b"A" * 9, b"B" * 16, b"C" * 63, b"C" * 64, b"C" * 65, b"C" * 81, b"a/b", b"x y",
    b"has blank inside", "Søren-0001".encode(), b'"Q-00000001"', b' "Q-00000001"', b'say "so" now', b" padded-0001 ",
    b"18446744073709551617", b"9223372036854775807", b"1000000000000000000", b"9223372036854775808",
    b"18446744073709551615", b"7904794000124139737", b"0904794000124139737", b"-790479400012413973",
    b"9904794000124139737", b"-5", b"-", b"--", b"7", b"007", b"0",
    b"", b"-9223372036854775808", b"order_id", b"nul\0inside-it", b"\xff\xfe-not-utf8", b"5.5", b"1e400000000000",
    b"~~~~~~~~",
)  # fmt: skip


def source_of(folder: Path, text: bytes) -> Source:
    path = folder / "orders.csv"
    path.write_bytes(text)
    return find_sources(ConvertRequest(orders=(path,), store=folder / "store", order_ids="text"))[0]


def line_of(number: int, order: bytes, parent: bytes, side: bytes = b"1") -> bytes:
    return b"%b,%d,101,3340,%b,100,100,0,69,%b\n" % (order, OPEN + number, side, parent)


Outcome = tuple[list[tuple[Any, ...]], list[tuple[int, str, str]]]


def slowly(source: Source, lines: list[bytes]) -> Outcome:
    """Return the ids of rows as text, with their times, and the rejects, by the slow path alone."""
    rules, names = line_rules(source, "Australia/Sydney"), dict[str, int]()
    places = [source.names.index(name) for name in ("order_id", "parent_id", "timestamp")]
    rows, rejects = [], []
    for number, line in enumerate(lines):
        try:
            row = read_line(line.removesuffix(b"\n"), rules, names)
        except RejectError as error:
            rejects.append((number, error.column, error.reason))
        else:
            if row is not None:
                rows.append(tuple(row[place] for place in places))
    return texts_of(rows, names), rejects


def texts_of(rows: list[Any], names: dict[str, int]) -> list[tuple[Any, ...]]:
    texts = {number: text for text, number in names.items()}
    assert len(texts) == len(names)
    null = -(2**63)
    return [(*(v if v == null else name_text(v, texts) for v in ids), time) for *ids, time in rows]


def quickly(source: Source, cuts: list[int], longest: int) -> Outcome:
    """Return the same by one parser, piece by piece."""
    names = dict[str, int]()
    parser = BlockParser(source, "Australia/Sydney", names, longest)
    data = np.fromfile(source.path, np.uint8)
    rows: list[Any] = []
    rejects = []
    for start, stop in pairwise(cuts):
        for block in parser.parse((data, start, stop, start)):
            rows += zip(*(block.columns[n].tolist() for n in ("order_id", "parent_id", "timestamp")), strict=True)
            rejects += [(reject.line, reject.column, reject.reason) for reject in block.rejects]
    return texts_of(rows, names), rejects


cells = st.sampled_from(CELLS) | st.sampled_from(UUIDS)


@pytest.mark.reduced
@given(
    parts=st.lists(st.tuples(cells, cells, st.sampled_from([b"1", b"1", b"1", b"no"])), min_size=1, max_size=60),
    longest=st.integers(4, 60),
    slots=st.sampled_from([16, 32, 64, 1 << 10]),
    data=st.data(),
)
def test_ids_are_those_of_the_slow_path_whatever_the_fast_path_knows(
    parts: list[tuple[bytes, bytes, bytes]],
    longest: int,
    slots: int,
    data: st.DataObject,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    lines = [line_of(number, *part) for number, part in enumerate(parts)]
    source = source_of(tmp_path_factory.mktemp("p"), HEADER + b"".join(lines))
    places = np.cumsum([len(HEADER), *map(len, lines)]).tolist()
    cuts = data.draw(st.sets(st.sampled_from(places)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tickstore.parse.blocks, "MANY_SLOTS", slots)
        found = quickly(source, sorted({places[0], places[-1], *cuts}), longest)
    assert found == slowly(source, lines)


def test_new_ids_do_not_need_the_slow_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("the slow path")

    lines = [line_of(number, UUIDS[number % 40], UUIDS[number * 3 % 40]) for number in range(200)]
    source = source_of(tmp_path, HEADER + b"".join(lines))
    expected = slowly(source, lines)
    monkeypatch.setattr(tickstore.parse.blocks, "read_line", refuse)
    size = len(HEADER) + sum(map(len, lines))
    assert quickly(source, [len(HEADER), size], 1000) == expected


def test_a_constant_is_numbered_before_what_the_fast_path_finds(tmp_path: Path) -> None:
    """Numbers are places in one dictionary, whoever enters a name."""
    text = b"order_id,time,security,price,side,quantity,leaves,matched\n"
    lines = [b"%b,%d,101,3340,1,100,100,0\n" % (UUIDS[n % 5], OPEN + n) for n in range(20)]
    path = tmp_path / "orders.csv"
    path.write_bytes(text + b"".join(lines))
    (source,) = find_sources(
        ConvertRequest(orders=(path,), store=tmp_path / "s", columns=(("participant", "=A long name"),))
    )
    names = dict[str, int]()
    parser = BlockParser(source, "UTC", names)
    data = np.fromfile(path, np.uint8)
    (block,) = parser.parse((data, len(text), len(data), len(text)))
    assert list(names) == ["A long name", *(name.decode() for name in UUIDS[:5])]
    assert set(block.columns["participant"].tolist()) == {names["A long name"]}
    assert block.columns["order_id"].tolist() == [names[UUIDS[n % 5].decode()] for n in range(20)]


@pytest.mark.parametrize("size", range(1, 65))
def test_names_of_every_length_are_followed(size: int) -> None:
    """What the fast path enters is read back from the book's words: a last word of eight bytes laps over."""
    text = "".join(chr(65 + k % 26) for k in range(size))
    known = KnownNames(names := {text: -(2**62)})
    known.learn()
    other = KnownNames(found := dict[str, int]())
    other.book[:] = known.book
    other.follow(1, known.entry)
    assert found == names


def test_blocks_give_the_numbers_and_words_of_texts(tmp_path: Path) -> None:
    ids = [UUIDS[0], b"7", b"7904794000124139737", b"short", "Søren-0001".encode(), UUIDS[0]]
    lines = [line_of(number, order, b"") for number, order in enumerate(ids)]
    source = source_of(tmp_path, HEADER + b"".join(lines))
    names = dict[str, int]()
    texts = TextIds(source, names)
    data = np.fromfile(source.path, np.uint8)
    found: list[int] = []
    words: list[list[int]] = []
    for block in BlockParser(source, "UTC", names, 4).parse((data, len(HEADER), len(data), len(HEADER))):
        columns = texts.columns(block.columns)
        found += columns["order_id"].tolist()
        words += np.array([columns[f"order_text_{k}"] for k in range(8)]).T.tolist()
    shown = [text.decode() for text in ids]
    assert found == [text_number(text) for text in shown]
    kept = [b"" if text.isdigit() else text.encode() for text in shown]
    assert words == [np.frombuffer(text.ljust(64, b"\0"), ">i8").tolist() for text in kept]
    assert words_text(np.array(words)) == ["" if text.isdigit() else text for text in shown]


@given(number=st.integers(0, 2**64 - 1) | st.integers(10**18 - 2, 10**18 + 2) | st.integers(2**63 - 2, 2**63 + 2))
def test_digits_are_the_number_that_integer_ids_are(number: int) -> None:
    found = text_number(str(number))
    if number == 2**63:  # the bits of null, which no id is
        assert 2**62 <= found < 2**63
    else:
        assert found % 2**64 == number
    assert 2**62 <= text_number(f"0{number}") < 2**63


def test_trades_whose_ids_are_text_meet_orders_whose_ids_are_numbers(tmp_path: Path) -> None:
    """Orders come first, all of them numbers; the trades that come later name other orders, by text."""
    ids = ["7904794000124139737", "9223372036854775807", "18446744073709551615", "12"]
    names = ["L-0", "L-1", "L-2", "L-3", "L-4"]
    orders, trades = tmp_path / "orders.csv", tmp_path / "trades.csv"
    orders.write_text(
        "order_id,time,security,price,side,quantity,leaves,matched,participant\n"
        + "".join(f"{order},{OPEN + n},101,3340,1,100,60,40,69\n" for n, order in enumerate(ids))
    )
    rows = [f"{order},{OPEN + n},101,3340,40,1\n" for n, order in enumerate([*ids, *names])]
    trades.write_text("order_id,time,security,price,quantity,side\n" + "".join(rows))
    convert(ConvertRequest(orders=(orders,), store=tmp_path / "store"))
    convert(ConvertRequest(orders=(), trades=(trades,), store=tmp_path / "store"))
    with open_day(next((tmp_path / "store").glob("*/*.h5"))) as day:
        assert day.orders["fill_count"].tolist() == [1, 1, 1, 1]


def converted(folder: Path, orders: list[str], trades: list[str], **settings: Any) -> list[int]:
    """Return how many fills each order has, from files with these ids."""
    for name, header, tail, ids in (
        (
            "orders",
            "order_id,time,security,price,side,quantity,leaves,matched,firm",
            ",{},101,3340,1,100,60,40,69",
            orders,
        ),
        ("trades", "order_id,time,security,price,quantity,side", ",{},101,3340,40,1", trades),
    ):
        lines = [header, *(text + tail.format(OPEN + n) for n, text in enumerate(ids))]
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
    paths = {name: (folder / f"{name}.csv",) for name in ("orders", "trades")}
    convert(ConvertRequest(**paths, store=folder / "store", **settings))  # type: ignore[arg-type]
    with open_day(next((folder / "store").glob("*/*.h5"))) as day:
        counts: list[int] = day.orders["fill_count"].tolist()
        return counts


@pytest.mark.parametrize(
    ("orders", "trades", "met"),
    [
        (["12.0", "13.0", "9007199254740992.0"], ["12", "9007199254740992", "15"], [1, 0, 1]),
        (["12", "13"], ["13.0", "12.0"], [1, 1]),
        (["12.0", "A-1", "A-2"], ["A-2", "12"], [1, 0, 1]),
        (["7", "007"], ["007"], [0, 1]),  # text: 7 is another order
        (["0007", "0012"], ["0012", "0012"], [0, 2]),
        (["0", "12"], ["12"], [0, 1]),
        ([str(2**64), str(2**64 + 1), "12"], ["12", str(2**64 + 1)], [0, 1, 1]),  # text: no number holds them
        (["9" * 30, "9" * 29], ["9" * 30, "9" * 30], [2, 0]),
    ],
)
def test_the_same_id_in_another_spelling(orders: list[str], trades: list[str], met: list[int], tmp_path: Path) -> None:
    assert converted(tmp_path, orders, trades) == met


def test_integers_lose_leading_zeros_where_one_says_that_they_are_integers(tmp_path: Path) -> None:
    assert converted(tmp_path, ["007", "12"], ["7"], order_ids="integer") == [1, 0]


@pytest.mark.parametrize("cell", ["7.904794000124e+18", "7.9E18", "1e+20", "7904794000124139520.0"])
@pytest.mark.parametrize("order_ids", ["auto", "integer"])
def test_ids_that_went_through_floats_are_refused(cell: str, order_ids: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"column 'order_id' has '.*': an id that was written as a floating-point"):
        converted(tmp_path, ["12", cell], ["12"], order_ids=order_ids)


def test_ids_that_look_like_floats_may_be_text(tmp_path: Path) -> None:
    assert converted(tmp_path, ["12e10", "4e12", "7a91"], ["4e12"]) == [0, 1, 0]
    (tmp_path / "b").mkdir()
    assert converted(tmp_path / "b", ["1.5e+3", "A"], ["1.5e+3"], order_ids="text") == [1, 0]
