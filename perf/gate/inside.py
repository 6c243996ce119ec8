"""What a process of the gate does: it prepares the pieces of work and reads the meter for each. `reading` starts it.

Arguments: a folder of its own, the way of measuring (none: only make ready), the share by which each piece is also
made longer (0: none), the names of the pieces, all for none. What it found is JSON in the folder's ``found.json``: the
name of a piece -> what it takes, and what it takes when it is longer.
"""

import gc
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa

from perf.gate.calibration import timed_ratio
from perf.gate.injection import longer
from perf.gate.valgrind import COUNTS, Counter
from perf.subjects import Pieces

EVENTS: Final = 6_000
MEMORY: Final = Path("/dev/shm")
FOUND: Final = "found.json"


def main(arguments: Sequence[str]) -> None:
    """Write what each piece of work takes."""
    folder, way, share, *only = arguments
    pa.set_cpu_count(1)
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as name:
        subjects = Pieces(Path(name), EVENTS).subjects()
        chosen = {name: subject for name, subject in subjects.items() if not only or name in only}
        for subject in chosen.values():
            assert subject.work() == subject.expected
        gc.freeze()
        gc.disable()  # a collection would fall on whatever is measured just then
        if not way:  # all is compiled now
            return
        count = Counter(Path(folder)).count if way == COUNTS else timed_ratio
        found = {}
        for subject_name, subject in chosen.items():
            found[subject_name] = [count(subject.work)]
            if float(share):
                found[subject_name].append(count(longer(subject.work, float(share), count)))
    (Path(folder) / FOUND).write_text(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1:])
