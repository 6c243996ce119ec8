"""Compare what the code takes with the baseline; exit with 1 if a subject takes more than its tolerance allows.

    python -m perf.gate [--way=times]                              # judge: under a minute where valgrind is installed
    python -m perf.gate --update --reason='orders are sorted once' # a new baseline, of both ways
    python -m perf.gate --trial --readings=20                      # does it find 15 %, and is it silent otherwise?
    python -m perf.gate --trial --readings=150 --injected=0        # silence alone, in half the time

What exceeds its tolerance is read again before it is called slower; the least counts, as disturbances only add. In an
environment that is not the baseline's (other versions, another processor) the gate says so and judges loosely.
"""

import sys
from collections.abc import Mapping
from typing import Any, Final

import fire

from perf.gate.baseline import LOOSE, change, differences, environment, load, save
from perf.gate.meters import COUNTS, TIMES
from perf.gate.reading import Read, best_way, reader

AGAIN: Final = 2  # readings more of what seems slower
INJECTED: Final = 0.15


def judge(way: str, record: Mapping[str, Any], read: Read) -> bool:
    """Print a line a subject and return whether none is slower than the baseline."""
    loose = 0.0
    if different := differences(environment(way), record["environment"]):
        loose = LOOSE[way]
        print(f"WARNING: the baseline was written elsewhere, so that only {loose:.0%} more fails: {different}")
    known: dict[str, Any] = record["subjects"]
    allowed = {name: max(loose, subject["tolerance"]) for name, subject in known.items()}
    values = {name: found[0] for name, found in read().items()}
    if values.keys() != known.keys():
        sys.exit(f"the baseline knows other subjects: {', '.join(values.keys() ^ known.keys())}; --update writes one")
    for _ in range(AGAIN):
        if all(change(value, known[name]) <= allowed[name] for name, value in values.items()):
            break
        values = {name: min(values[name], found[0]) for name, found in read().items()}
    slower = []
    for name, value in values.items():
        share, tolerance = change(value, known[name]), allowed[name]
        words = "SLOWER" if share > tolerance else "faster: --update keeps it so" if share < -tolerance else "ok"
        print(f"{name:20} {value:12,.4g} {share:+7.1%} (tolerance {tolerance:.1%})  {words}")
        slower += [name] if share > tolerance else []
    return not slower


def try_out(record: Mapping[str, Any], read: Read, readings: int, share: float) -> bool:
    """Read again and again, each subject as it is and, unless the share is 0, made longer by it.

    Return whether the gate was right each time.
    """
    known: dict[str, Any] = record["subjects"]
    plain: dict[str, list[float]] = {name: [] for name in known}
    longer: dict[str, list[float]] = {name: [] for name in known}
    alarms = missed = 0
    for number in range(1, readings + 1):
        for name, (value, *injected) in read(share).items():
            plain[name].append(change(value, known[name]))
            longer[name] += [change(each, known[name]) for each in injected]
        print(f"{number} readings as it is" + (f", and made {share:.0%} longer" if share else ""), flush=True)
        alarms = missed = 0
        for name, subject in known.items():
            false = sum(each > subject["tolerance"] for each in plain[name])
            found = sum(each > subject["tolerance"] for each in longer[name])
            alarms, missed = alarms + false, missed + len(longer[name]) - found
            spread = f"{min(plain[name]):+.2%} to {max(plain[name]):+.2%}: {false} alarms"
            told = f"; {min(longer[name]):+.1%} and more: {found} found" if share else ""
            print(f"  {name:20} {spread}{told}", flush=True)
    return alarms == missed == 0


def main(
    *,
    way: str = "",
    update: bool = False,
    reason: str = "",
    trial: bool = False,
    readings: int = 3,
    injected: float = INJECTED,
) -> None:
    """Judge, write a new baseline, or try the gate out."""
    if way not in ("", COUNTS, TIMES):
        sys.exit(f"no such way of measuring: {way}; there are {COUNTS} and {TIMES}")
    if update and not reason:
        sys.exit("a new baseline needs a reason: --reason='what made the code slower, or faster'")
    if update:
        for each in (way,) if way else sorted({best_way(), TIMES}):
            with reader(each) as read:
                found = [read() for _ in range(readings)]
            try:
                save(each, found, reason)
            except ValueError as error:
                sys.exit(f"no baseline of {each} is written: {error}")
        return
    way = way or best_way()
    record = load().get(way)
    if record is None:
        sys.exit(f"the baseline has no {way}: --update --reason=... writes them")
    with reader(way) as read:
        fine = try_out(record, read, readings, injected) if trial else judge(way, record, read)
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    fire.Fire(main)
