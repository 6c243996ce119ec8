"""Run one conversion in a process of its own, with logs on disk and several ranges, to be interrupted by tests.

Usage: python interrupted.py FOLDER WORKERS [kill at the n-th progress report | -] [point] [replace]
"""

import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

import tickstore.conversion.conversion
import tickstore.store.commit
import tickstore.store.paths
from tickstore.request import ConvertRequest, Limits

PAGE = 1 << 12


AT_ONCE = Limits(page_bytes=PAGE)  # a small input in memory, each file as one range


def small(range_bytes: int = 8 * PAGE) -> Limits:
    """Return limits by which a small input takes every path of a large one."""
    return Limits(
        in_memory_bytes=0, process_bytes=1, ranges=1 << 30, range_bytes=range_bytes, page_bytes=PAGE,
        piece_bytes=3 * PAGE,
    )  # fmt: skip


def request(folder: Path, workers: int = 1, **options: Any) -> ConvertRequest:
    return ConvertRequest(
        orders=(folder / "orders*.csv",), trades=(folder / "trades*.csv",), nbbo=(folder / "nbbo*.csv",),
        store=folder / "store", workers=workers, **options,
    )  # fmt: skip


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    folder, workers, when, point = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
    seen = 0

    def progress(_: object) -> None:
        nonlocal seen
        seen += 1
        if when != "-" and seen == int(when):
            die()

    if point == "built":  # die with every partition built, nothing decided
        setattr(tickstore.conversion.conversion, "commit", lambda *_: die())  # noqa: B010
    if point == "decided":  # die with the decision written, the files not yet synced
        setattr(tickstore.store.commit, "sync_files", lambda *_: die())  # noqa: B010
    if point == "renaming":  # die with one file moved and others not
        places = []
        find = tickstore.store.paths.day_path

        def day_path(*arguments: Any) -> Path:
            places.append(arguments)
            if len(places) == 2:
                die()
            return find(*arguments)

        setattr(tickstore.store.commit, "day_path", day_path)  # noqa: B010
    if point == "renamed":  # die with some files moved, the manifest not yet written
        setattr(tickstore.store.commit, "append_lines", lambda *_: die())  # noqa: B010
    if point == "noted":  # die with the manifest written, the catalog not
        setattr(tickstore.store.commit, "write_catalog", lambda *_: die())  # noqa: B010
    if point.startswith("limit="):  # files may not grow beyond so many bytes
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(point[6:]), int(point[6:])))
    given = request(folder, workers, replace="replace" in sys.argv[5:], limits=small())
    sys.stdout.write("begin\n")
    sys.stdout.flush()
    try:
        report = tickstore.conversion.conversion.convert(given, progress)
    except tickstore.UserError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
    sys.stdout.write("nothing\n" if report.nothing_to_do else "done\n")


if __name__ == "__main__":
    main()
