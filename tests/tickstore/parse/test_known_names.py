"""Names too long to pack: whatever the fast path knows of them, rows and numbers are those of the slow path alone."""

from collections import Counter
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tickstore.parse.known_names
from tests.tickstore.conftest import OPEN, tree
from tickstore import ConvertRequest, convert
from tickstore.input.files import Source
from tickstore.input.packed_names import LONG_NAME
from tickstore.parse.blocks import BlockParser
from tickstore.parse.known_names import KnownNames, add_name
from tickstore.parse.odd_lines import read_line
from tickstore.parse.plan import find_sources, line_rules
from tickstore.times.reject_error import RejectError

pytestmark = pytest.mark.reduced
HEADER: Final = b"order_id,time,security,price,side,quantity,leaves,matched,participant\n"
ISIN: Final = b"AU000000BHP4"
CELLS: Final = (
    *(ISIN[:length] for length in range(5, 13)), b"AU000000BHP3", b"BU000000BHP4", b"A" * 16, b"A" * 17, b"A" * 24,
    b"B" * 64, b"B" * 65, b"B" * 80, b"B" * 255, "é".encode(), "Söhne & Co".encode(), "漢".encode() * 20,
    "漢".encode() * 27, "漢".encode() * 40, "漢".encode() * 64, b"A B", b"A/B", b'"Smith, Jones"', b'"Smith, Jones',
    b'"BHP"', b'"' + ISIN + b'"', b' "' + ISIN + b'"', b'"' + ISIN + b'" ', b" " + ISIN, ISIN + b" ",
    b'" ' + ISIN + b'"', b'"say ""so"" now"', b'say "so" now', ISIN + b'"', b"cr\rin the name", b'"cr\rin the name"',
    ISIN + b"\r", "\u00a0padded name".encode(), b"\xff not a text", b"\xed\xa0\x80 half", b"NUL \x00 inside", b"007",
    b"5", b"-5", b"0", b"-ABCDEFGHIJ", b"0999999999999999999", b"1000000000000000000", b"9223372036854775808",
    b'1000000000000000000"', b"", b'""', b"-9223372036854775808", b"1.5 million shares", b"ordinary",
)  # fmt: skip


def source_of(folder: Path, text: bytes) -> Source:
    path = folder / "orders.csv"
    path.write_bytes(text)
    return find_sources(ConvertRequest(orders=(path,), store=folder / "store"))[0]


def line_of(number: int, security: bytes, participant: bytes, side: bytes = b"1", quantity: bytes = b"100") -> bytes:
    return b"%d,%d,%b,3340,%b,%b,100,0,%b" % (number, OPEN + number, security, side, quantity, participant)


Outcome = tuple[list[list[int]], list[tuple[int, str, str]], list[tuple[str, int]]]


def slowly(source: Source, lines: list[bytes]) -> Outcome:
    """Return rows, rejects and numbered names by the slow path alone."""
    rules, names = line_rules(source, "Australia/Sydney"), dict[str, int]()
    rows, rejects = [], []
    for number, line in enumerate(lines):
        try:
            row = read_line(line.removesuffix(b"\n"), rules, names)
        except RejectError as error:
            rejects.append((number, error.column, error.reason))
        else:
            assert row is not None
            rows.append(row)
    return rows, rejects, list(names.items())


def quickly(source: Source, cuts: list[int], longest: int) -> Outcome:
    """Return the same by one parser, piece by piece."""
    names = dict[str, int]()
    parser = BlockParser(source, "Australia/Sydney", names, longest)
    data = np.fromfile(source.path, np.uint8)
    rows: list[list[int]] = []
    rejects = []
    for start, stop in pairwise(cuts):
        for block in parser.parse((data, start, stop, start)):
            rows += map(list, zip(*(values.tolist() for values in block.columns.values()), strict=True))
            rejects += [(reject.line, reject.column, reject.reason) for reject in block.rejects]
    return rows, rejects, list(names.items())


cells = st.sampled_from(CELLS) | st.sampled_from(CELLS[:12])
a_line = st.tuples(
    cells, cells, st.sampled_from([b"1", b"1", b"1", b"bid", b"no"]), st.sampled_from([b"100", b"100", b"100", b"-1"])
)


@given(
    parts=st.lists(a_line, min_size=1, max_size=40),
    ends=st.sampled_from([b"\n", b"\r\n"]),
    longest=st.integers(4, 60),
    most=st.sampled_from([0, 2, 5, 1000]),
    data=st.data(),
)
def test_any_lines_are_read_and_their_names_numbered_as_by_the_slow_path(
    parts: list[tuple[bytes, bytes, bytes, bytes]],
    ends: bytes,
    longest: int,
    most: int,
    data: st.DataObject,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    lines = [line_of(number, *part) + ends for number, part in enumerate(parts)]
    source = source_of(tmp_path_factory.mktemp("p"), HEADER + b"".join(lines))
    places = np.cumsum([len(HEADER), *map(len, lines)]).tolist()
    cuts = data.draw(st.sets(st.sampled_from(places)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tickstore.parse.known_names, "MOST_NAMES", most)
        found = quickly(source, sorted({places[0], places[-1], *cuts}), longest)
    assert found == slowly(source, lines)


@pytest.mark.parametrize("place", ["security", "participant"])
def test_every_kind_of_name_is_read_again_as_at_first(place: str, tmp_path: Path) -> None:
    pairs = [(cell, b"ordinary") if place == "security" else (b"ordinary", cell) for cell in CELLS]
    lines = [line_of(number, *pair) + b"\n" for number, pair in enumerate(pairs * 3)]
    source = source_of(tmp_path, HEADER + b"".join(lines))
    size = len(HEADER) + sum(map(len, lines))
    assert quickly(source, [len(HEADER), size], 1000) == slowly(source, lines)


def test_a_known_name_no_longer_goes_the_slow_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [ISIN, b'"Smith, Jones"', "Söhne & Co".encode(), b"B" * 64, b"1000000000000000000", b"-ABCDEFGHIJ", b"A B"]
    lines = [line_of(number, names[number % 7], names[number // 7 % 7]) + b"\r\n" for number in range(200)]
    source = source_of(tmp_path, HEADER + b"".join(lines))
    slow: list[bytes] = []

    def counted(text: bytes, *rest: object) -> object:
        slow.append(text)
        return read_line(text, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr("tickstore.parse.blocks.read_line", counted)
    rows, _, found = quickly(source, [len(HEADER), Path(source.path).stat().st_size], 1000)
    assert len(rows) == 200
    assert [number for _, number in found] == [LONG_NAME - n for n in range(7)]
    assert len(slow) == 7


def same_slot(how_many: int) -> list[bytes]:
    """Return names of twelve letters that all begin to look for their place in one slot: the hash, done on columns."""
    rng = np.random.default_rng(0)
    found: list[bytes] = []
    letters = rng.integers(65, 91, (1 << 17, 12), dtype=np.uint8)
    prefixes = rng.integers(65, 91, (100, 4), dtype=np.uint8)
    wanted = -1
    for prefix in prefixes:
        letters[:, :4] = prefix
        first, last = (letters[:, k : k + 8].copy().view(">u8")[:, 0].astype(np.uint64) for k in (0, 4))
        with np.errstate(over="ignore"):
            mixed = (np.uint64(12) ^ first) * np.uint64(0x9E3779B97F4A7C15)
            mixed ^= mixed >> np.uint64(32)
            slots = ((mixed ^ last) * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(32)).astype(np.int64) & 0x1FFFF
        if wanted < 0:
            wanted = Counter(slots.tolist()).most_common(1)[0][0]
        found += [row.tobytes() for row in letters[slots == wanted]]
        if len(set(found)) >= how_many:
            break
    return sorted(set(found))[:how_many]


def test_names_of_one_hash_stay_apart_and_too_many_of_them_go_the_slow_way(tmp_path: Path) -> None:
    names = same_slot(66)
    known = KnownNames({name.decode(): LONG_NAME - number for number, name in enumerate(names[:64])})
    assert known.learn()
    full = known.book.copy()
    for name in names[64:]:  # there is no place for them
        with np.errstate(over="ignore"):
            assert add_name(np.frombuffer(name, np.uint8), 64, known.book, 1 << 18) == 1 << 18
    np.testing.assert_array_equal(known.book, full)
    lines = [line_of(n, name, names[-n % 66]) + b"\n" for n, name in enumerate(names * 2)]
    source = source_of(tmp_path, HEADER + b"".join(lines))
    assert quickly(source, [len(HEADER), len(HEADER) + sum(map(len, lines))], 1000) == slowly(source, lines)


def test_the_book_takes_names_until_it_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {f"a name that is numbered {n}": LONG_NAME - n for n in range(20)}
    monkeypatch.setattr(tickstore.parse.known_names, "MOST_NAMES", 10)
    known = KnownNames(names)
    assert known.learn()
    full = known.book.copy()
    names["one more name"] = LONG_NAME - 20
    assert not known.learn()
    np.testing.assert_array_equal(known.book, full)
    assert known.book.nbytes < 6 << 20


def test_the_store_is_the_one_that_the_slow_path_makes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    good = []
    for cell in CELLS:
        with suppress(RejectError):
            line = line_of(1, cell, cell)
            read_line(line, line_rules(source_of(tmp_path, HEADER), "Australia/Sydney"), {})
            good.append(cell)
    chosen = [good[k] for k in rng.integers(0, len(good), 600)]
    text = HEADER + b"".join(line_of(n, chosen[n], chosen[-n]) + b"\n" for n in range(300))
    (tmp_path / "orders.csv").write_bytes(text)
    stores = []
    for name in ("quick", "slow"):
        convert(ConvertRequest(orders=(tmp_path / "orders.csv",), store=tmp_path / name, workers=1))
        stores.append(tree(tmp_path / name))
        del stores[-1]["manifest.jsonl"]  # it says how many rows were read slowly
        monkeypatch.setattr(KnownNames, "learn", lambda _: False)
    assert stores[0] == stores[1]
