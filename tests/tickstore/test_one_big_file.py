"""Partitions that are whole inside a file still being read: built then, in little space, as if built at the end."""

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest

import tickstore.conversion
import tickstore.sources
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
    key_of,
    keys_of,
    largest_part,
    market,
    note_work,
    ranges_with,
    root_attribute,
    unnumbered,
    user_block,
    without,
)
from tests.tickstore.conftest import DAY_NS, ORDER_HEADER, tree, write_market
from tests.tickstore.interrupted import PAGE, make_small, request
from tests.tickstore.test_early_building import patiently
from tickstore import ConvertReport, ConvertRequest, convert, open_day, read_catalog, verify
from tickstore.disk_chores import DiskChores

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
LARGE = 16 * PAGE  # bytes of a range


@dataclass(frozen=True)
class Done:
    """One conversion: what it was given, what it left, what it did meanwhile."""

    keys: set[Key]
    largest_part: int  # bytes of a day of the file by time, of a security of the others
    sizes: dict[str, int]
    report: ConvertReport
    store: dict[str, str]
    watch: LogWatch
    work: list[list[object]]
    parsed: Counter[tuple[str, int, int]]
    built: Counter[Key]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str, int], Done]]:
    """Return a function that converts a layout with a number of workers, 0 for: everything built at the end."""

    @cache
    def folder_of(layout: str) -> Path:
        return write_market(tmp_path_factory.mktemp(layout), LAYOUTS[layout]())

    @cache
    def run(layout: str, workers: int) -> Done:
        folder = folder_of(layout)
        with pytest.MonkeyPatch.context() as patch:
            make_small(LARGE, patch.setattr)
            patch.setattr(DiskChores, "_add", lambda _, chore: chore())  # at once, so that one can see it
            if not workers:
                patiently(patch)
            work = note_work(tmp_path_factory.mktemp("work") / "notes", patch.setattr)
            watch = LogWatch(folder / "store" / ".convert" / "logs", work)
            report = convert(request(folder, max(1, workers)), watch)
        store = tree(folder / "store")
        shutil.rmtree(folder / "store")
        sizes = {path.name: path.stat().st_size for path in folder.glob("*.csv")}
        lines = LAYOUTS[layout]()
        part = largest_part(lines, int(layout == "time"))
        return Done(keys_of(lines), part, sizes, report, store, watch, work.steps(), work.parsed(), work.built())

    yield run
    run.cache_clear()


each = pytest.mark.parametrize(("layout", "workers"), [(layout, n) for layout in LAYOUTS for n in (1, 3)])


@each
def test_the_bytes_are_those_of_building_at_the_end(
    done: Callable[[str, int], Done], layout: str, workers: int
) -> None:
    assert done(layout, workers).store == done(layout, 0).store
    assert set(done(layout, workers).report.partitions) == done(layout, workers).keys


@each
def test_every_worker_has_one_log(done: Callable[[str, int], Done], layout: str, workers: int) -> None:
    assert 1 <= done(layout, workers).watch.most_files <= workers + 1


@each
def test_the_logs_take_the_space_of_partitions_in_flight(
    done: Callable[[str, int], Done], layout: str, workers: int
) -> None:
    """A part being read, another being built, ranges that reach out of them on both sides, and one in each worker."""
    ours = done(layout, workers)
    share = (2 * ours.largest_part + (2 * 3 + workers) * LARGE) / sum(ours.sizes.values())
    assert share < 0.4
    assert ours.watch.peak < share * done(layout, 0).watch.peak


@each
def test_partitions_are_built_while_the_file_is_read(
    done: Callable[[str, int], Done], layout: str, workers: int
) -> None:
    ours = done(layout, workers)
    kinds = [str(step[0]) for step in ours.work]
    before = [step for step in ours.work[: kinds.index("build")] if step[0] == "parse"]
    read = sum(int(str(stop)) - int(str(start)) for _, _, start, stop in before)
    assert read < sum(ours.sizes.values()) / 2
    early = kinds[: len(kinds) - kinds[::-1].index("parse")].count("build")
    assert early > len(ours.keys) / 2


@each
def test_nothing_is_done_twice(done: Callable[[str, int], Done], layout: str, workers: int) -> None:
    ours = done(layout, workers)
    assert ours.built == Counter(ours.keys)
    assert set(ours.parsed.values()) == {1}
    read: Counter[str] = Counter()
    for name, start, stop in ours.parsed:
        read[name] += stop - start
    assert read == ours.sizes


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Work:
    """Let a small input take every path of a large one, and write down what is done."""
    make_small(4 * PAGE, monkeypatch.setattr)
    return note_work(tmp_path / "notes", monkeypatch.setattr)


def at_the_end(given: ConvertRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[ConvertReport, dict[str, str]]:
    """Convert with everything built at the end, and return the report and the store, which is removed."""
    with monkeypatch.context() as patch:
        patiently(patch)
        report = convert(replace(given, workers=1))
    store = tree(given.store)
    shutil.rmtree(given.store)
    return report, store


def days(files: dict[str, str]) -> dict[str, str]:
    """Return the day files among the files of a store: the others name the folder, the order of files and times."""
    return {name: digest for name, digest in files.items() if name.endswith(".h5")}


def pages(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """Cut ranges of so many pages."""
    cut = tickstore.sources.cut_chunks
    monkeypatch.setattr(tickstore.conversion, "cut_chunks", lambda sources, _: cut(sources, count * PAGE))


@pytest.mark.usefixtures("work")
@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("order", ["time", "security"])
def test_ranges_and_workers_do_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, order: str, ties: bool
) -> None:
    lines = market(6000, 6, NUMBERS[:3])
    lines = unnumbered(lines) if ties else lines
    folder = write_market(tmp_path / "m", by_security(lines, int) if order == "security" else lines)
    expected = at_the_end(request(folder), monkeypatch)[1]
    for count, workers in ((3, 1), (11, 2), (2, 3)):
        pages(monkeypatch, count)
        convert(request(folder, workers))
        assert tree(folder / "store") == expected
        shutil.rmtree(folder / "store")
    monkeypatch.setattr(tickstore.conversion, "_IN_MEMORY", 1 << 30)
    convert(request(folder))
    assert tree(folder / "store") == expected


@pytest.mark.usefixtures("work")
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
def test_nothing_is_lost_of_rows_in_disorder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, work: Work, disorder: str
) -> None:
    lines = DISORDER[disorder](market(6000, 6, FEW))
    folder = write_market(tmp_path / "m", lines)
    report, expected = at_the_end(request(folder), monkeypatch)
    copies = {table: int(disorder == "late copies") for table in lines}
    for workers in (1, 3):
        work.forget()
        again = convert(request(folder, workers))
        assert tree(folder / "store") == expected
        for table, rows in lines.items():
            count = again.tables[table]
            assert (count.read, count.stored, count.rejected) == (len(rows), len(rows) - copies[table], copies[table])
        assert replace(again, seconds=0) == replace(report, seconds=0)
        assert verify(folder / "store").problems == ()
        assert max(work.built().values()) <= 2
        assert max(work.parsed().values()) <= 2
        shutil.rmtree(folder / "store")


@pytest.mark.parametrize(("order", "workers"), [("time", 1), ("time", 3), ("security", 2)])
@pytest.mark.parametrize("disorder", ["late order", "late trade", "late quote", "late copies", "new at the end"])
def test_only_what_late_rows_need_is_done_again(
    tmp_path: Path, work: Work, disorder: str, order: str, workers: int
) -> None:
    lines = market(6000, 6, FEW)
    lines = DISORDER[disorder](by_security(lines, int) if order == "security" else lines)
    folder = write_market(tmp_path / "m", lines)
    convert(request(folder, workers), work.settle)
    late = {key_of(table, rows[-1]) for table, rows in lines.items()}
    needed = ranges_with(folder, late, set(work.parsed()))
    assert {key for key, times in work.built().items() if times > 1} <= late
    assert {place for place, times in work.parsed().items() if times > 1} <= needed
    early = [step for step in work.steps()[: len(work.parsed())] if step[0] == "build"]
    assert len(early) >= 6  # a third of them at least, without waiting for the last row


@pytest.mark.parametrize(("names", "workers"), [(("orders-a", "orders-b"), 1), (("orders-b", "orders-a"), 3)])
@pytest.mark.parametrize("case", ["time", "security", "late begin", "part"])
def test_the_digest_ranks_files_that_begin_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, work: Work, case: str, names: tuple[str, str], workers: int
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
    expected = days(at_the_end(request(folder), monkeypatch)[1])
    for orders in (paths, paths[::-1]):
        work.forget()
        convert(replace(request(folder, workers), orders=tuple(orders)))
        assert days(tree(folder / "store")) == expected
        assert max(work.built().values()) <= 2
        shutil.rmtree(folder / "store")


@pytest.mark.parametrize(("files", "workers"), [(2, 1), (2, 3), (104, 2)])
def test_files_of_one_name_and_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, work: Work, files: int, workers: int
) -> None:
    """A day file names at most 100 sources by name, size and digest, which here decides which and in what order."""
    lines = market(80 * files, 2, FEW)
    folder = write_market(tmp_path / "m", lines)
    paths = []
    for number in range(files):
        rows = [changed(changed(x, 6, "10"), 9, f"{i:06}") for i, x in enumerate(lines["orders"])][number::files]
        rows = [changed(x, 3, "3000") for x in rows]
        part = write_market(folder / f"{number}", {"orders": [changed(x, 8, "10") for x in rows]})
        paths.append(part / "orders.csv")
    assert len({path.stat().st_size for path in paths}) == 1
    given = replace(request(folder, workers), orders=tuple(paths))
    pages(monkeypatch, 1)
    expected = at_the_end(given, monkeypatch)[1]
    work.forget()
    convert(given)
    assert tree(folder / "store") == expected
    for partition in read_catalog(folder / "store").partitions:
        sources = open_day(partition.path).attributes["sources"]
        assert len(sources) == min(100, files + 2)
        assert len({digest for _, _, digest, _ in sources}) == len(sources)
    assert set(work.built().values()) == {1}


def test_every_day_file_names_its_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, work: Work) -> None:
    folder = write_market(tmp_path / "m", market(6000, 6, FEW))
    with monkeypatch.context() as patch:
        patiently(patch)
        convert(request(folder))
    (folder / "store").rename(folder / "patient")
    for workers in (1, 3):
        work.forget()
        convert(request(folder, workers))
        assert [step[0] for step in work.steps()].index("build") < len(work.parsed())
        for path in sorted((folder / "store").glob("*/*.h5")):
            there = folder / "patient" / path.relative_to(folder / "store")
            ours, theirs = user_block(path), user_block(there)
            assert ours == theirs
            names = [[name, size, table] for name, size, _, table in ours["attributes"]["sources"]]
            assert names == [
                [f"{t}.csv", (folder / f"{t}.csv").stat().st_size, t] for t in ("nbbo", "orders", "trades")
            ]
            assert root_attribute(path) == {name: value for name, value in ours.items() if name != "metadata"}
            assert root_attribute(path) == root_attribute(there)
        assert verify(folder / "store").problems == ()
        assert verify(folder / "store").problems == ()
        shutil.rmtree(folder / "store")


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("late", ["ZED", "AAA", "7"])
def test_codes_of_texts_depend_on_all_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, work: Work, late: str, workers: int
) -> None:
    """Names from the start on, or numbers until a name comes near the end of the file."""
    lines = market(6000, 6, FEW)
    named = [x if late == "ZED" else changed(x, 8, "LONG-NAME-OF-BROKER-" + x.split(",")[8]) for x in lines["orders"]]
    lines["orders"] = [*named[:-40], *(changed(x, 8, late) for x in named[-40:])]
    folder = write_market(tmp_path / "m", lines)
    expected = at_the_end(request(folder), monkeypatch)[1]
    work.forget()
    convert(request(folder, workers))
    assert tree(folder / "store") == expected
    assert max(work.built().values()) <= 2


@pytest.mark.parametrize("workers", [1, 3])
def test_a_big_file_adds_to_what_a_store_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, work: Work, workers: int
) -> None:
    lines = market(6000, 6, FEW)
    folder = write_market(tmp_path / "m", lines)
    part = {table: [x for x in rows if day_of(table, x) in (1, 2)] for table, rows in lines.items()}
    part["orders"] += [x for x in lines["orders"] if day_of("orders", x) == 4]
    begun = write_market(tmp_path / "begun", part)
    for table in part:
        (begun / f"{table}.csv").rename(begun / f"{table}-begun.csv")
    convert(request(begun))
    shutil.copytree(begun / "store", folder / "store")
    expected = at_the_end(request(folder), monkeypatch)[1]
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


@pytest.mark.usefixtures("work")
def test_another_conversion_of_the_same_rows_changes_nothing(tmp_path: Path) -> None:
    folder = write_market(tmp_path / "m", market(6000, 6, FEW))
    convert(request(folder))
    before = days(tree(folder / "store"))
    status = (folder / "orders.csv").stat()
    os.utime(folder / "orders.csv", ns=(status.st_atime_ns, status.st_mtime_ns + DAY_NS))
    report = convert(request(folder, 2))
    assert (len(report.unchanged), report.written) == (18, ())
    assert days(tree(folder / "store")) == before
