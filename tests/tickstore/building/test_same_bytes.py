"""The same input gives the same bytes, however it is cut, packed, ordered, and by however many workers read."""

import gzip
import mmap
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

import tickstore
from tests.tickstore.conftest import market_rows, tree, write_market
from tests.tickstore.interrupted import AT_ONCE, PAGE, request, small
from tickstore import InputError, convert, open_day, read_catalog
from tickstore.day import writer


def days(store: Path) -> dict[str, str]:
    """Return the digests of the day files."""
    return {name: digest for name, digest in tree(store).items() if name.endswith(".h5")}


def contents(store: Path) -> dict[tuple[str, str], str]:
    """Return the content digests of the partitions: the columns, not the names of the sources."""
    return {(p.security, p.date): p.digest for p in read_catalog(store).partitions}


def test_ranges_workers_and_memory_do_not_matter(market: Path) -> None:
    stores = []
    for pages, workers in ((1, 1), (3, 2), (7, 3), (1000, 1)):
        convert(request(market, workers, limits=small(pages * PAGE)))
        stores.append(tree(market / "store"))
        shutil.rmtree(market / "store")
    convert(request(market, limits=AT_ONCE))
    stores.append(tree(market / "store"))
    assert all(store == stores[0] for store in stores)
    assert len(days_of(stores[0])) == 6


def days_of(files: dict[str, str]) -> list[str]:
    return [name for name in files if name.endswith(".h5")]


def test_what_the_memory_of_a_file_held_before_does_not_matter(market: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def used_before(size: int) -> mmap.mmap:
        buffer = mmap.mmap(-1, size + 999)
        buffer[:] = b"\xa5" * len(buffer)
        taken.append(size)
        return buffer

    taken: list[int] = []
    convert(request(market, limits=AT_ONCE))
    clean = tree(market / "store")
    shutil.rmtree(market / "store")
    monkeypatch.setattr(writer, "_take_buffer", used_before)
    convert(request(market, limits=AT_ONCE))
    assert tree(market / "store") == clean
    assert len(taken) == len(days_of(clean))


def test_the_order_of_files_does_not_matter(tmp_path: Path) -> None:
    lines = market_rows()
    lines["orders"] = [line.rsplit(",", 1)[0] + ",0" for line in lines["orders"]]  # ties are left to the files' rank
    folder = write_market(tmp_path, lines)
    text = (folder / "orders.csv").read_text().splitlines(keepends=True)
    (folder / "orders.csv").unlink()
    parts = [folder / f"part{n}.csv" for n in range(3)]
    for n, part in enumerate(parts):
        part.write_text("".join([text[0], *text[1 + n :: 3]]))
    stores = []
    for order in (parts, parts[::-1], [parts[1], parts[2], parts[0]]):
        given = request(folder)
        convert(type(given)(orders=tuple(order), trades=given.trades, nbbo=given.nbbo, store=folder / "store"))
        stores.append(days(folder / "store"))
        shutil.rmtree(folder / "store")
    assert stores[0] == stores[1] == stores[2]


def test_shuffled_rows_give_the_same_columns(market: Path, tmp_path: Path) -> None:
    convert(request(market))
    lines = {name: rows[::-1] for name, rows in market_rows().items()}
    lines["orders"] = lines["orders"][1000:] + lines["orders"][:1000]
    other = write_market(tmp_path / "other", lines)
    convert(request(other))
    assert contents(other / "store") == contents(market / "store")


@pytest.mark.parametrize(
    "form", ["gzip", "two gzip members", "zstd", "bz2", "parquet", "crlf", "bom", "semicolon", "quoted"]
)
def test_packed_and_dressed_files_give_the_same_columns(market: Path, tmp_path: Path, form: str) -> None:
    convert(request(market))
    other = tmp_path / "other"
    other.mkdir()
    for name in ("orders", "trades", "nbbo"):
        dress((market / f"{name}.csv").read_bytes(), other / f"{name}.csv", form)
    convert(request(other))
    assert contents(other / "store") == contents(market / "store")


def dress(text: bytes, path: Path, form: str) -> None:
    if form == "gzip":
        path.write_bytes(gzip.compress(text, mtime=0))
    elif form == "two gzip members":
        path.write_bytes(gzip.compress(text[:5000], mtime=0) + gzip.compress(text[5000:], mtime=0))
    elif form in ("zstd", "bz2"):
        with pa.output_stream(str(path), compression=form) as stream:
            stream.write(text)
    elif form == "parquet":
        pyarrow.parquet.write_table(pyarrow.csv.read_csv(pa.BufferReader(text)), path)
    elif form == "crlf":
        path.write_bytes(text.replace(b"\n", b"\r\n"))
    elif form == "bom":
        path.write_bytes(b"\xef\xbb\xbf" + text)
    elif form == "semicolon":
        path.write_bytes(text.replace(b",", b";"))
    else:
        rows = [b",".join(b'"' + cell + b'"' for cell in line.split(b",")) for line in text.splitlines()]
        path.write_bytes(b"\n".join(rows) + b"\n")


def test_a_truncated_gzip_is_one_clear_line(market: Path) -> None:
    packed = gzip.compress((market / "orders.csv").read_bytes())
    (market / "orders.csv").write_bytes(packed[: len(packed) // 2])
    with pytest.raises(InputError, match="the gzip data is truncated or damaged"):
        convert(request(market))
    assert not (market / "store").exists()


def test_parquet_times_and_names_are_understood(tmp_path: Path) -> None:
    stamp = 1_725_494_536_001_032_398
    table = pa.table(
        {
            "order_id": [7], "time": pa.array([stamp], pa.timestamp("ns", "UTC")), "security": ["ABC"], "price": [3.25],
            "side": ["Buy"], "quantity": [5], "leaves": [5], "matched": [0], "participant": ["LONG-NAME-OF-BROKER"],
        }
    )  # fmt: skip
    path = tmp_path / "o.parquet"
    pyarrow.parquet.write_table(table, path)
    convert(tickstore.ConvertRequest(orders=(path,), store=tmp_path / "store"))
    catalog = read_catalog(tmp_path / "store")
    assert catalog.participants == {"LONG-NAME-OF-BROKER": 0}
    day = open_day(catalog.partitions[0].path)
    assert (day.security, day.events["timestamp"].tolist(), day.events["price"].tolist()) == ("ABC", [stamp], [3250])
