"""One big file a table, in any order of rows, by several workers: the same bytes as read at once."""

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.tickstore.big_files import (
    DISORDER,
    Key,
    Lines,
    LogWatch,
    Work,
    by_security,
    changed,
    date_text,
    day_of,
    keys_of,
    market,
    note_work,
    root_attribute,
    unnumbered,
    user_block,
    without,
)
from tests.tickstore.conftest import DAY_NS, ORDER_HEADER, tree, write_market
from tests.tickstore.interrupted import AT_ONCE, PAGE, small
from tests.tickstore.interrupted import request as any_request
from tickstore import ConvertReport, ConvertRequest, convert, open_day, read_catalog, verify

NUMBERS = ("7", "12", "30", "101", "250", "999", "1001", "2000", "2500", "30000", "500000")  # not as text
NAMES = ("AAC", "ANZ", "B", "BHP", "CBA", "CSL", "LONG-NAME-OF-A-SECURITY", "NAB", "RIO", "TLS", "ZIP")
FEW = ("101", "102", "103")


def lacking(lines: Lines, names: tuple[str, ...]) -> Lines:
    """Let one security have no trades, one no quotes, one neither, and two nothing but quotes."""
    lines = without(lines, "trades", names[1], names[4], names[6], names[-1])
    lines = without(lines, "nbbo", names[2], names[4])
    return without(lines, "orders", names[6], names[-1])


LAYOUTS: dict[str, Callable[[], Lines]] = {
    "time": lambda: market(60_000, 12, FEW),
    "number": lambda: by_security(lacking(market(60_000, 4, NUMBERS), NUMBERS), int),
    "text": lambda: by_security(lacking(market(60_000, 4, NUMBERS), NUMBERS), str),
    "names": lambda: by_security(lacking(market(60_000, 4, NAMES), NAMES), str),
}
RANGE = 16 * PAGE  # bytes


def request(folder: Path, workers: int = 1, **options: Any) -> ConvertRequest:
    """Return a request by which a small input takes every path of a large one."""
    return any_request(folder, workers, **{"limits": small(4 * PAGE)} | options)


@dataclass(frozen=True)
class Done:
    """One conversion: what it was given, what it left, what it did meanwhile."""

    keys: set[Key]
    sizes: dict[str, int]
    report: ConvertReport
    store: dict[str, str]
    watch: LogWatch
    work: list[list[object]]
    parsed: Counter[tuple[str, int, int]]
    built: Counter[Key]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str, int], Done]]:
    """Return a function that converts a layout with a number of workers, 0 for: in memory, each file at once."""

    @cache
    def folder_of(layout: str) -> Path:
        return write_market(tmp_path_factory.mktemp(layout), LAYOUTS[layout]())

    @cache
    def run(layout: str, workers: int) -> Done:
        folder = folder_of(layout)
        with pytest.MonkeyPatch.context() as patch:
            work = note_work(tmp_path_factory.mktemp("work") / "notes", patch.setattr)
            watch = LogWatch(folder / "store" / ".convert" / "logs", work)
            limits = small(RANGE) if workers else AT_ONCE
            report = convert(request(folder, max(1, workers), limits=limits), watch)
        store = tree(folder / "store")
        shutil.rmtree(folder / "store")
        sizes = {path.name: path.stat().st_size for path in folder.glob("*.csv")}
        lines = LAYOUTS[layout]()
        return Done(keys_of(lines), sizes, report, store, watch, work.steps(), work.parsed(), work.built())

    yield run
    run.cache_clear()


each = pytest.mark.parametrize(("layout", "workers"), [(layout, n) for layout in LAYOUTS for n in (1, 3)])


@each
def test_the_bytes_are_those_of_one_range_a_file(done: Callable[[str, int], Done], layout: str, workers: int) -> None:
    assert done(layout, workers).store == done(layout, 0).store
    assert set(done(layout, workers).report.partitions) == done(layout, workers).keys


@each
def test_every_worker_has_one_log(done: Callable[[str, int], Done], layout: str, workers: int) -> None:
    assert 1 <= done(layout, workers).watch.most_files <= workers


@each
def test_the_logs_take_a_third_of_the_text_at_most(done: Callable[[str, int], Done], layout: str, workers: int) -> None:
    """What is looked for on the disk before the start; beyond the rows, each range has a directory of its own."""
    ours = done(layout, workers)
    assert ours.watch.peak < sum(ours.sizes.values()) / 3 + RANGE


@each
def test_nothing_is_done_twice(done: Callable[[str, int], Done], layout: str, workers: int) -> None:
    ours = done(layout, workers)
    assert ours.built == Counter(ours.keys)
    assert set(ours.parsed.values()) == {1}
    read: Counter[str] = Counter()
    for name, start, stop in ours.parsed:
        read[name] += stop - start
    assert read == ours.sizes
    kinds = [str(step[0]) for step in ours.work]
    assert kinds == sorted(kinds, reverse=True)  # first everything is parsed, then everything is built


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Work:
    """Have what is done written down."""
    return note_work(tmp_path / "notes", monkeypatch.setattr)


def in_memory(given: ConvertRequest) -> tuple[ConvertReport, dict[str, str]]:
    """Convert without logs, each file as one range, and return the report and the store, which is removed."""
    report = convert(replace(given, workers=1, limits=AT_ONCE))
    store = tree(given.store)
    shutil.rmtree(given.store)
    return report, store


def days(files: dict[str, str]) -> dict[str, str]:
    """Return the day files among the files of a store: the others name the folder, the order of files and times."""
    return {name: digest for name, digest in files.items() if name.endswith(".h5")}


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("order", ["time", "security"])
def test_ranges_and_workers_do_not_matter(tmp_path: Path, order: str, ties: bool) -> None:
    lines = market(6000, 6, NUMBERS[:3])
    lines = unnumbered(lines) if ties else lines
    folder = write_market(tmp_path / "m", by_security(lines, int) if order == "security" else lines)
    expected = in_memory(request(folder))[1]
    for count, workers in ((3, 1), (11, 2), (2, 3)):
        convert(request(folder, workers, limits=small(count * PAGE)))
        assert tree(folder / "store") == expected
        shutil.rmtree(folder / "store")


def test_one_file_is_as_good_as_a_file_a_day(tmp_path: Path) -> None:
    lines = market(6000, 6, FEW)
    one = write_market(tmp_path / "one", lines)
    many = tmp_path / "many"
    for day in range(6):
        write_market(many, {table: [x for x in rows if day_of(table, x) == day] for table, rows in lines.items()})
        for table in lines:
            (many / f"{table}.csv").rename(many / f"{table}-{day}.csv")
    for folder in (one, many):
        convert(request(folder))
    ours, theirs = (read_catalog(folder / "store").partitions for folder in (one, many))
    assert [replace(p, path=Path()) for p in ours] == [
        replace(p, path=Path(), bytes=q.bytes) for p, q in zip(theirs, ours, strict=True)
    ]
    assert len(ours) == 18


@pytest.mark.parametrize("disorder", list(DISORDER))
def test_nothing_is_lost_of_rows_in_disorder(tmp_path: Path, work: Work, disorder: str) -> None:
    lines = DISORDER[disorder](market(6000, 6, FEW))
    folder = write_market(tmp_path / "m", lines)
    report, expected = in_memory(request(folder))
    copies = {table: int(disorder == "late copies" and table != "nbbo") for table in lines}  # a quote may repeat
    for workers in (1, 3):
        work.forget()
        again = convert(request(folder, workers))
        assert tree(folder / "store") == expected
        for table, rows in lines.items():
            count = again.tables[table]
            assert (count.read, count.stored, count.rejected) == (len(rows), len(rows) - copies[table], copies[table])
        assert replace(again, seconds=0) == replace(report, seconds=0)
        assert verify(folder / "store").problems == ()
        assert set((work.built() + work.parsed()).values()) == {1}
        shutil.rmtree(folder / "store")


@pytest.mark.parametrize(("names", "workers"), [(("orders-a", "orders-b"), 1), (("orders-b", "orders-a"), 3)])
@pytest.mark.parametrize("case", ["time", "security", "late begin", "part"])
def test_the_digest_ranks_files_that_begin_together(
    tmp_path: Path, work: Work, case: str, names: tuple[str, str], workers: int
) -> None:
    """Two files of orders with equal times and no sequence: the one of the smaller digest comes first."""
    lines = unnumbered(market(6000, 6, FEW))
    lines = by_security(lines, int) if case == "security" else lines
    rows = [lines["orders"][0], *lines["orders"]]
    others = [changed(x, 5, "200") for x in rows[1::2] if case != "part" or day_of("orders", x) >= 2]
    blank = 5 * PAGE * (case == "late begin")  # its first row is in another range than its first byte
    folder = write_market(tmp_path / "m", lines)
    (folder / "orders.csv").unlink()
    paths = [folder / f"{name}.csv" for name in names]
    paths[0].write_text("\n".join([ORDER_HEADER + "\n" * blank, *rows[::2]]) + "\n")
    paths[1].write_text("\n".join([ORDER_HEADER, *others]) + "\n")
    expected = days(in_memory(request(folder))[1])
    for orders in (paths, paths[::-1]):
        work.forget()
        convert(replace(request(folder, workers), orders=tuple(orders)))
        assert days(tree(folder / "store")) == expected
        assert set(work.built().values()) == {1}
        shutil.rmtree(folder / "store")


@pytest.mark.parametrize(("files", "workers"), [(2, 1), (2, 3), (104, 2)])
def test_files_of_one_name_and_size(tmp_path: Path, work: Work, files: int, workers: int) -> None:
    """A day file names at most 100 sources by name, size and digest, which here decides which and in what order."""
    lines = market(80 * files, 2, FEW)
    folder = write_market(tmp_path / "m", lines)
    paths = []
    for number in range(files):
        rows = [changed(changed(x, 6, "10"), 9, f"{i:06}") for i, x in enumerate(lines["orders"])][number::files]
        rows = [changed(changed(x, 3, "3000"), 7, "0") for x in rows]
        part = write_market(folder / f"{number}", {"orders": [changed(x, 8, "10") for x in rows]})
        paths.append(part / "orders.csv")
    assert len({path.stat().st_size for path in paths}) == 1
    given = replace(request(folder, workers, limits=small(PAGE)), orders=tuple(paths))
    expected = in_memory(given)[1]
    work.forget()
    convert(given)
    assert tree(folder / "store") == expected
    for partition in read_catalog(folder / "store").partitions:
        sources = open_day(partition.path).attributes["sources"]
        assert len(sources) == min(100, files + 2)
        assert len({digest for _, _, digest, _ in sources}) == len(sources)
    assert set(work.built().values()) == {1}


@pytest.mark.parametrize("workers", [1, 3])
def test_every_day_file_names_its_sources(tmp_path: Path, workers: int) -> None:
    folder = write_market(tmp_path / "m", market(6000, 6, FEW))
    convert(request(folder, workers))
    for path in sorted((folder / "store").glob("*/*.h5")):
        index = user_block(path)
        names = [[name, size, table] for name, size, _, table in index["attributes"]["sources"]]
        assert names == [[f"{t}.csv", (folder / f"{t}.csv").stat().st_size, t] for t in ("nbbo", "orders", "trades")]
        assert root_attribute(path) == {name: value for name, value in index.items() if name != "metadata"}
    assert verify(folder / "store").problems == ()


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("late", ["ZED", "AAA", "7"])
def test_codes_of_texts_depend_on_all_of_them(tmp_path: Path, work: Work, late: str, workers: int) -> None:
    """Names from the start on, or numbers until a name comes near the end of the file."""
    lines = market(6000, 6, FEW)
    named = [x if late == "ZED" else changed(x, 8, "LONG-NAME-OF-BROKER-" + x.split(",")[8]) for x in lines["orders"]]
    lines["orders"] = [*named[:-40], *(changed(x, 8, late) for x in named[-40:])]
    folder = write_market(tmp_path / "m", lines)
    expected = in_memory(request(folder))[1]
    work.forget()
    convert(request(folder, workers))
    assert tree(folder / "store") == expected
    assert set(work.built().values()) == {1}


@pytest.mark.parametrize("workers", [1, 3])
def test_a_big_file_adds_to_what_a_store_has(tmp_path: Path, work: Work, workers: int) -> None:
    lines = market(6000, 6, FEW)
    folder = write_market(tmp_path / "m", lines)
    part = {table: [x for x in rows if day_of(table, x) in (1, 2)] for table, rows in lines.items()}
    part["orders"] += [x for x in lines["orders"] if day_of("orders", x) == 4]
    begun = write_market(tmp_path / "begun", part)
    for table in part:
        (begun / f"{table}.csv").rename(begun / f"{table}-begun.csv")
    convert(request(begun))
    shutil.copytree(begun / "store", folder / "store")
    expected = in_memory(request(folder))[1]
    shutil.copytree(begun / "store", folder / "store")
    work.forget()
    report = convert(request(folder, workers))
    assert tree(folder / "store") == expected
    dates = sorted({date for _, date in report.unchanged})
    assert dates == [date_text(1), date_text(2)]
    assert (len(report.unchanged), len(report.written)) == (6, 12)
    assert set(work.built().values()) == {1}
    assert set(work.parsed().values()) == {1}
    work.forget()
    again = convert(request(folder, workers))
    assert again.nothing_to_do
    assert (set(again.partitions), work.steps(), tree(folder / "store")) == (keys_of(lines), [], expected)


def test_another_conversion_of_the_same_rows_changes_nothing(tmp_path: Path) -> None:
    folder = write_market(tmp_path / "m", market(6000, 6, FEW))
    convert(request(folder))
    before = days(tree(folder / "store"))
    status = (folder / "orders.csv").stat()
    os.utime(folder / "orders.csv", ns=(status.st_atime_ns, status.st_mtime_ns + DAY_NS))
    report = convert(request(folder, 2))
    assert (len(report.unchanged), report.written) == (18, ())
    assert days(tree(folder / "store")) == before
