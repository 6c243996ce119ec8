"""The baseline: what each subject took in either way of measuring, where that was, and why it was written.

`baseline.json` has a record for each way. Its environment is all that a reading depends on beside our own code; where
another one is found the record still judges, but loosely, and the gate says what is different.
"""

import json
import platform
import statistics
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from perf.gate.meters import COUNTS, TIMES, TOOL
from perf.gate.reading import Found

PATH: Final = Path(__file__).with_name("baseline.json")
LIBRARIES: Final = ("numpy", "numba", "llvmlite", "pyarrow", "h5py", "scipy", "isal", "rich", "jinja2", "fire")
MARGIN: Final = 3.0  # tolerance: so many times the range of the readings that it is learnt from, but at least and most
LEAST: Final = {COUNTS: 0.03, TIMES: 1.0}  # a loaded machine moves minima of times by a quarter, now and then by more
MOST: Final = {COUNTS: 0.075, TIMES: 1.0}  # half of what has to be found where instructions are counted
LOOSE: Final = {COUNTS: 0.5, TIMES: 1.0}  # in another environment


def environment(way: str) -> dict[str, str]:
    """Return what a reading depends on beside our code."""
    found = {"machine": platform.machine(), "libc": platform.libc_ver()[1], "python": platform.python_version()}
    found |= {name: version(name) for name in LIBRARIES}
    if way == COUNTS:
        said = subprocess.run(["valgrind", "--version"], capture_output=True, text=True, check=True).stdout
        return found | {"valgrind": f"{said.strip()} {TOOL}"}
    lines = Path("/proc/cpuinfo").read_text().split("\n\n")[0].splitlines()
    names = ("model name", "cpu family", "model\t", "stepping")
    return found | {"processor": " ".join(line.split(":")[1].strip() for line in lines if line.startswith(names))}


def differences(found: Mapping[str, str], recorded: Mapping[str, str]) -> str:
    """Return in words what is another in the baseline's environment than in the one found."""
    return ", ".join(
        f"{name} {recorded.get(name, 'none')}, here {found.get(name, 'none')}"
        for name in sorted({*found, *recorded})
        if found.get(name) != recorded.get(name)
    )


def load() -> dict[str, Any]:
    """Return the record of each way."""
    records: dict[str, Any] = json.loads(PATH.read_text(encoding="utf-8")) if PATH.exists() else {}
    return records


def save(way: str, readings: Sequence[Found], reason: str) -> None:
    """Put a record in the place of the one of this way. The history keeps why, and what changed by more than it may."""
    records = load()
    old, subjects = records.get(way, {"subjects": {}, "history": []}), learn(way, readings)
    changed = {
        name: f"{change(subject['value'], old['subjects'][name]):+.1%}"
        for name, subject in subjects.items()
        if name in old["subjects"] and abs(change(subject["value"], old["subjects"][name])) > subject["tolerance"]
    }
    entry = {"date": datetime.now(UTC).date().isoformat(), "reason": reason, "changed": changed}
    records[way] = {
        "environment": environment(way),
        "readings": len(readings),
        "subjects": subjects,
        "history": [*old["history"], entry],
    }
    PATH.write_text(json.dumps(records, indent=1) + "\n", encoding="utf-8")


def learn(way: str, readings: Sequence[Found]) -> dict[str, dict[str, float]]:
    """Return each subject's value and tolerance, which repeated readings of unchanged code show.

    Raises
    ------
    ValueError
        readings of a subject are too far from each other for a change to be told from none
    """
    learnt = {}
    for name in readings[0]:
        values = [reading[name][0] for reading in readings]
        middle = statistics.median(values)
        tolerance = max(LEAST[way], MARGIN * (max(values) - min(values)) / middle)
        if tolerance > MOST[way]:
            raise ValueError(f"{name}: readings {min(values):.4g} to {max(values):.4g} are too far from each other")
        learnt[name] = {"value": float(f"{middle:.6g}"), "tolerance": round(tolerance, 3)}
    return learnt


def change(value: float, known: Mapping[str, float]) -> float:
    """Return by what share a value is above, or below, the baseline's."""
    return value / known["value"] - 1
