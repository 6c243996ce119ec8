"""Compare what the code takes with the baseline; exit with 1 if a subject takes more than its tolerance allows.

    python -m perf.gate [--only=kernels,sums] [--way=times] [--inject=0.15]
    python -m perf.gate --update --reason='orders are sorted once' [--readings=5]

What exceeds its tolerance is read again before it is called slower: the median of the readings counts. ``--inject``
makes every subject longer by such a share first, to see that the gate finds it. On a kind of machine that the
baseline does not know nothing is judged, and the gate says so: ``--update`` adds it.
"""

import statistics
import sys

import fire

from perf.gate.baseline import change, is_slower, learn, load, machine, save
from perf.gate.reading import INSIDE, WHOLE, Plan, best_way, make_ready, read

AGAIN = 4  # readings more of what seems slower


def judge(way: str, only: tuple[str, ...], inject: float) -> int:
    """Print a line a subject and return how many are slower than the baseline."""
    kind = machine(way)
    record = load(kind)
    if not record:
        print(f"NOT JUDGED: the baseline has no record of this machine ({kind}); --update --reason=... adds one")
        return 0
    known, which = record["subjects"], -1 if inject else 0
    values = {name: [found[which]] for name, found in read(Plan(way, inject, only)).items()}
    for _ in range(AGAIN):
        slow = [name for name, found in values.items() if is_slower(statistics.median(found), known[name])]
        if not slow:
            break
        for name, found in read(Plan(way, inject, slow)).items():
            values[name].append(found[which])
    slower = 0
    for name, found in values.items():
        value = statistics.median(found)
        slower += (failed := is_slower(value, known[name]))
        words = "SLOWER" if failed else "ok"
        share, tolerance = change(value, known[name]), known[name]["tolerance"]
        print(f"{name:20} {value:16,.4g} {share:+7.1%} (tolerance {tolerance:.1%}, {len(found)} readings)  {words}")
    return slower


def main(
    *,
    only: str | tuple[str, ...] = (*INSIDE, *WHOLE),
    way: str = "",
    inject: float = 0.0,
    update: bool = False,
    reason: str = "",
    readings: int = 5,
) -> None:
    """Judge, or write a new record of this machine."""
    way = way or best_way()
    names = (only,) if isinstance(only, str) else tuple(only)
    if unknown := set(names) - {*INSIDE, *WHOLE}:
        sys.exit(f"no such subjects: {sorted(unknown)}; there are {', '.join((*INSIDE, *WHOLE))}")
    if update and not reason:
        sys.exit("a new baseline needs a reason: --reason='what made the code slower, or faster'")
    if update or load(machine(way)):
        make_ready(way)
    if not update:
        sys.exit(1 if judge(way, names, inject) else 0)
    try:
        record = learn([read(Plan(way)) for _ in range(readings)], reason)
    except ValueError as error:
        sys.exit(f"no baseline is written: {error}")
    save(machine(way), record)
    print(f"{len(record['subjects'])} subjects of {machine(way)}")


if __name__ == "__main__":
    fire.Fire(main)
