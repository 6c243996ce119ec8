"""Rows that get lost on their way are missed: by counts that owe nothing to what lost them."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tickstore.conversion.conversion
import tickstore.conversion.range_text
import tickstore.input.files
import tickstore.input.text
from tests.tickstore.interrupted import PAGE, request, small
from tickstore import ConvertRequest, StoreError, convert
from tickstore.building.row_sources import SpilledTable
from tickstore.request import Limits


def test_a_byte_range_that_nobody_parses_is_missed(market: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = tickstore.input.text.plain_pieces

    def lossy(data: Any, start: int, *places: int) -> Iterator[tickstore.input.text.Piece]:
        if start != 2 * PAGE:
            yield from pieces(data, start, *places)

    monkeypatch.setattr(tickstore.conversion.range_text, "plain_pieces", lossy)
    with pytest.raises(StoreError, match=r"orders\.csv: 3000 lines in \d+ bytes, 2\d+ read from"):
        convert(request(market, limits=small(PAGE)))
    assert not (market / "store").exists()


def test_a_range_left_out_of_the_plan_is_missed(market: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cut = tickstore.input.files.cut_chunks
    monkeypatch.setattr(tickstore.conversion.conversion, "cut_chunks", lambda sources, _: cut(sources, 4 * PAGE)[1:])
    with pytest.raises(StoreError, match="read from"):
        convert(request(market))


def test_a_log_that_no_partition_reads_is_missed(market: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    init = SpilledTable.__init__

    def lossy(self: SpilledTable, table: str, key: Any, parts: Any) -> None:
        init(self, table, key, list(parts)[:-1])

    monkeypatch.setattr(SpilledTable, "__init__", lossy)
    with pytest.raises(StoreError, match=r"orders: 3000 rows were read and \d+ are in the day files"):
        convert(request(market, limits=small(PAGE)))
    assert not (market / "store").exists()


def test_lines_of_a_packed_file_are_counted_as_they_are_unpacked(tmp_path: Path, market: Path) -> None:
    for end in (b"\n", b""):
        text = (market / "orders.csv").read_bytes().rstrip(b"\n") + end
        packed = tmp_path / f"orders{len(end)}.csv.gz"
        packed.write_bytes(gzip.compress(text))
        report = convert(ConvertRequest(orders=(packed,), store=tmp_path / f"store{len(end)}"))
        assert report.tables["orders"].read == 3000


def test_a_piece_of_a_packed_file_that_is_lost_is_missed(
    tmp_path: Path, market: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = tmp_path / "orders.csv.gz"
    packed.write_bytes(gzip.compress((market / "orders.csv").read_bytes()))
    stream = tickstore.input.text.stream_pieces

    def lossy(*arguments: Any) -> Iterator[tickstore.input.text.Piece]:
        for number, piece in enumerate(stream(*arguments)):
            if number != 3:
                yield piece

    monkeypatch.setattr(tickstore.conversion.range_text, "stream_pieces", lossy)
    with pytest.raises(StoreError, match=r"orders\.csv\.gz: 3000 lines"):
        convert(ConvertRequest(orders=(packed,), store=tmp_path / "store", limits=Limits(piece_bytes=PAGE)))


@pytest.mark.parametrize("end", ["", "\n", "\n\n", "\r\n"])
def test_however_a_file_ends_its_lines_add_up(market: Path, end: str) -> None:
    path = market / "orders.csv"
    path.write_text(path.read_text().rstrip("\n") + end, newline="")
    assert convert(request(market)).tables["orders"].read == 3000 + (end == "\n\n")


def test_a_header_alone_has_no_lines() -> None:
    source = type("Source", (), {"size": 5, "header": type("Header", (), {"data_start": 5})})()
    data = np.frombuffer(b"a,b,c", np.uint8)
    assert tickstore.conversion.range_text._lines(data, 0, 5, source) == 0
