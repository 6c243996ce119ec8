"""The baseline: what each subject took on a kind of machine, and how far repeated readings were from each other.

`baseline.json` has a record for each kind of machine: all that a reading depends on beside our own code. A machine
without a record is not judged, and the gate says so.
"""

import json
import platform
import statistics
import subprocess
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from perf.gate.reading import Found
from perf.gate.valgrind import COUNTS

PATH: Final = Path(__file__).with_name("baseline.json")
LIBRARIES: Final = ("numpy", "numba", "llvmlite", "pyarrow", "h5py", "scipy", "isal")
MARGIN: Final = 3.0  # tolerance: so many times the range of the readings that it is learnt from
LEAST: Final = 0.02
MOST: Final = 0.075  # half of what has to be found


def machine(way: str) -> str:
    """Return the kind of this machine: what a reading depends on beside our code."""
    libraries = [f"{name} {version(name)}" for name in LIBRARIES]
    what = [way, platform.machine(), f"libc {platform.libc_ver()[1]}", f"python {platform.python_version()}"]
    if way == COUNTS:  # the same on all processors that valgrind knows alike
        said = subprocess.run(["valgrind", "--version"], capture_output=True, text=True, check=True).stdout.strip()
        return ", ".join([*what, said, *libraries])
    lines = Path("/proc/cpuinfo").read_text().split("\n\n")[0].splitlines()
    wanted = ("model name", "cpu family", "model\t", "stepping")
    processor = [line.split(":")[1].strip() for line in lines if line.startswith(wanted)]
    return ", ".join([*what, " ".join(processor), *libraries])


def load(kind: str) -> dict[str, Any]:
    """Return the record of a kind of machine, empty if there is none."""
    records = json.loads(PATH.read_text(encoding="utf-8")) if PATH.exists() else {}
    found: dict[str, Any] = records.get(kind, {})
    return found


def save(kind: str, record: Mapping[str, Any]) -> None:
    """Put a record in the place of the one of its kind."""
    records = json.loads(PATH.read_text(encoding="utf-8")) if PATH.exists() else {}
    PATH.write_text(json.dumps(records | {kind: record}, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def learn(readings: Sequence[Found], reason: str) -> dict[str, Any]:
    """Return the record that repeated readings of unchanged code make.

    Raises
    ------
    ValueError
        a subject's readings are too far from each other for a change of 15 % to be told from none
    """
    learnt = {}
    for name in readings[0]:
        values = [reading[name][0] for reading in readings]
        middle = statistics.median(values)
        tolerance = max(LEAST, MARGIN * (max(values) - min(values)) / middle)
        if tolerance > MOST:
            raise ValueError(f"{name}: readings {min(values):.4g} to {max(values):.4g} are too far from each other")
        learnt[name] = {"value": middle, "tolerance": round(tolerance, 4)}
    return {"reason": reason, "readings": len(readings), "subjects": learnt}


def change(value: float, known: Mapping[str, float]) -> float:
    """Return by what share a value is above, or below, the baseline's."""
    return value / known["value"] - 1


def is_slower(value: float, known: Mapping[str, float]) -> bool:
    """Return whether a value is above the baseline by more than its tolerance."""
    return change(value, known) > known["tolerance"]
