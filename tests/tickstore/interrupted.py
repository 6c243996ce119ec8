"""Run one conversion in a process of its own, with logs on disk and several ranges, to be interrupted by tests.

Usage: python interrupted.py FOLDER WORKERS [kill at the n-th progress report | -] [point] [replace]
"""

import os
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tickstore.catalog
import tickstore.commit
import tickstore.conversion
import tickstore.parse_task
import tickstore.sources
import tickstore.text_input
from tickstore.request import ConvertRequest

PAGE = 1 << 12


def make_small(chunk_bytes: int = 8 * PAGE, put: Callable[..., None] = setattr) -> None:
    """Let a small input take every path of a large one."""
    put(tickstore.conversion, "_IN_MEMORY", 0)
    put(tickstore.conversion, "_WORTH_A_PROCESS", 1)
    put(tickstore.parse_task, "PAGE", PAGE)
    put(tickstore.text_input, "PIECE_BYTES", 3 * PAGE)
    cut = tickstore.sources.cut_chunks
    put(tickstore.conversion, "cut_chunks", lambda sources, _: cut(sources, chunk_bytes))


def request(folder: Path, workers: int = 1, **options: Any) -> ConvertRequest:
    return ConvertRequest(
        orders=(folder / "orders*.csv",), trades=(folder / "trades*.csv",), nbbo=(folder / "nbbo*.csv",),
        store=folder / "store", workers=workers, **options,
    )  # fmt: skip


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    folder, workers, when, point = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
    make_small()
    seen = 0

    def progress(_: object) -> None:
        nonlocal seen
        seen += 1
        if when != "-" and seen == int(when):
            die()

    if point == "built":  # die with every partition built, nothing decided
        setattr(tickstore.conversion, "commit", lambda *_: die())  # noqa: B010
    if point == "decided":  # die with the decision written, the files not yet synced
        setattr(tickstore.commit, "sync_files", lambda *_: die())  # noqa: B010
    if point == "renaming":  # die with one file moved and others not
        places = []
        find = tickstore.catalog.day_path

        def day_path(*arguments: Any) -> Path:
            places.append(arguments)
            if len(places) == 2:
                die()
            return find(*arguments)

        setattr(tickstore.commit, "day_path", day_path)  # noqa: B010
    if point == "renamed":  # die with some files moved, the manifest not yet written
        setattr(tickstore.commit, "append_lines", lambda *_: die())  # noqa: B010
    if point == "noted":  # die with the manifest written, the catalog not
        setattr(tickstore.commit, "catalog_bytes", lambda *_: die())  # noqa: B010
    if point.startswith("limit="):  # files may not grow beyond so many bytes
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(point[6:]), int(point[6:])))
    sys.stdout.write("begin\n")
    sys.stdout.flush()
    try:
        report = tickstore.conversion.convert(request(folder, workers, replace="replace" in sys.argv[5:]), progress)
    except tickstore.UserError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
    sys.stdout.write("nothing\n" if report.nothing_to_do else "done\n")


if __name__ == "__main__":
    main()
