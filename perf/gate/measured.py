"""What the measured process does: it loads what a worker has at its birth, then takes the measure of each subject.

    python -m perf.gate.measured FOLDER WAY SHARE

It leaves `found.json` in the folder: subject -> what it takes and, unless the share is 0, what it takes made longer.
"""

import contextlib
import gc
import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

START, RUN = "worker start", "small run"
EVENTS: Final = 6_000
ORDERS: Final = "orders.csv"
FOUND: Final = "found.json"
ARGUMENTS: Final = [
    "run", f"--orders={ORDERS}", "--quotes_from_orders", "--session=10:00-16:00", "--dark_pool_scenarios=A,B,C",
    "--mode=sequential", "--resume=false", "--quiet",
]  # fmt: skip


HIDDEN: Final = ("pandas", "cffi")  # pyarrow imports the one and Numba the other where they are installed


class Hiding:
    """Says that there are none, so that it does not count whether there are."""

    @staticmethod
    def find_spec(name: str, *_: object) -> None:
        """Refuse what is hidden."""
        if name in HIDDEN:
            raise ImportError(name)


def small_run(orders: Path) -> None:
    """Run on a small file of orders, as the command line does."""
    from driver.entry import enter

    with tempfile.TemporaryDirectory(dir=orders.parent) as folder, contextlib.chdir(folder):
        shutil.copy(orders, folder)
        if status := enter([*ARGUMENTS]):
            raise RuntimeError(f"the small run ended with {status}")


def main(folder: Path, way: str, share: float) -> None:
    """Write what each subject takes."""
    sys.meta_path.insert(0, Hiding)
    import driver.engines.preload  # what a worker has to have at its birth comes first, and nothing else before it

    if failure := driver.engines.preload.ensure_loaded():
        raise RuntimeError(failure)
    from perf.gate.meters import COUNTS, Instructions, Meter, Times, Work, longer, nothing

    meter: Meter = Instructions(folder) if way == COUNTS else Times(way)
    found: dict[str, list[float]] = {}

    def take(name: str, measure: Callable[[Work], float], work: Work) -> None:
        found[name] = [measure(work)]
        if share:
            found[name].append(measure(longer(work, share, found[name][0], meter)))

    take(START, meter.since_birth, nothing)
    run = partial(small_run, folder / ORDERS)
    if share:  # made longer it begins with as little as it does by itself, so that both are done in children
        take(RUN, meter.of, run)
        run()
    else:
        take(RUN, meter.here, run)
    from perf.subjects import Pieces

    subjects = Pieces(folder, EVENTS).subjects()
    for subject in subjects.values():
        assert subject.work() == subject.expected
    gc.freeze()
    gc.disable()  # a collection would fall on whatever is measured just then
    for name, subject in subjects.items():
        take(name, meter.of, subject.work)
    (folder / FOUND).write_text(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]))
