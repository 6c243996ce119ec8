"""Which partitions can have an order that is selected, by what the catalog knows: `plan` opens no other.

The catalog lists each partition's participants and order types, and when its first and last order events were. That
an order matches is not known, only that none can. Partitions without any order are kept: that they lack them is said.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from driver.config.keys import Config
from kernels.conventions import LIT_ORDERS, POPULATION_RESTED, POPULATION_SWEEP, TYPE_NOT_LIT, TYPE_SWEEP
from kernels.measure.choices import Selection, hour_bounds
from tickstore.errors import UserError
from tickstore.store.catalog import Partition

SHOWN = 6  # names listed in a message
NS_PER_SECOND = 1_000_000_000
LAST_HOUR = 23


def matching(
    config: Config, chosen: Sequence[Partition], selection: Selection, dictionary: Mapping[str, int] | None
) -> list[Partition]:
    """Return the partitions of ``chosen`` that may have an order of the selection.

    UserError: one filter after the other, the first that leaves none is named, with what there is.
    """
    tests: list[tuple[Callable[[Partition], bool], Callable[[Sequence[Partition]], str]]] = [
        (lambda p: _has_participant(p, selection), lambda left: _no_participant(config, left, dictionary)),
        (lambda p: _has_type(p, selection), lambda left: _no_type(config, left)),
        (lambda p: _has_hours(p, selection, config.timezone), lambda left: _no_hours(config, left)),
    ]
    left = list(chosen)
    for passes, refusal in tests:
        found = [p for p in left if p.orders == 0 or passes(p)]
        if any(p.orders for p in left) and not any(p.orders for p in found):
            raise UserError(f"the selection is empty: {refusal([p for p in left if p.orders])}")
        left = found
    return left


def check_participants(
    flag: str, codes: Iterable[int], everywhere: Sequence[Partition], dictionary: Mapping[str, int] | None
) -> None:
    """Raise a UserError for a participant that no partition of the store has orders of, if all of them are known."""
    known = participants_of(everywhere)
    if known is None:
        return
    for code in codes:
        if code not in known:
            raise UserError(
                f"--{flag}={_name(code, dictionary)} has no orders in the data: {_whose(known, dictionary)}"
            )


def participants_of(partitions: Iterable[Partition]) -> frozenset[int] | None:
    """Return who has orders in partitions; None if that is not known of one."""
    lists = [p.participants for p in partitions if p.orders]
    return None if None in lists else frozenset(code for codes in lists for code in codes or ())


def some(names: Sequence[str]) -> str:
    """Return the first few names, and how many more there are."""
    rest = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + rest


def _has_participant(partition: Partition, selection: Selection) -> bool:
    wanted, there = selection.participants, partition.participants
    return not wanted or there is None or not set(wanted).isdisjoint(there)


def _has_type(partition: Partition, selection: Selection) -> bool:
    kinds = partition.order_types
    if kinds is None:
        return True
    if selection.population in (POPULATION_SWEEP, POPULATION_RESTED) and not any(kind & TYPE_SWEEP for kind in kinds):
        return False
    wanted = selection.order_types
    lit = LIT_ORDERS in wanted
    return not wanted or any(kind & bit for kind in kinds for bit in wanted) or (lit and _any_lit(kinds))


def _any_lit(kinds: Collection[int]) -> bool:
    return any(kind & TYPE_NOT_LIT == 0 for kind in kinds)


def _has_hours(partition: Partition, selection: Selection, zone: str) -> bool:
    first, last = partition.first_time, partition.last_time
    if first is None or last is None:
        return True
    start, end = hour_bounds(partition.date, selection, zone)
    return first < end and last >= start


def _no_participant(config: Config, left: Sequence[Partition], dictionary: Mapping[str, int] | None) -> str:
    known = participants_of(left) or frozenset()
    asked = ",".join(config.participant_ids)
    return f"no order on the security-days selected is of --participant_ids={asked}: {_whose(known, dictionary)}"


def _no_type(config: Config, left: Sequence[Partition]) -> str:
    flags = f"--order_types={','.join(map(str, config.order_types))}" if config.order_types else ""
    if config.population != "all":
        flags = f"{flags} with --population={config.population}".removeprefix(" with ")
    kinds = sorted({kind for p in left for kind in p.order_types or ()})
    return f"no order matches {flags}; there are orders of the types {some([*map(str, kinds)])}"


def _no_hours(config: Config, left: Sequence[Partition]) -> str:
    hours = [_hour(time, p.date, config.timezone) for p in left for time in (p.first_time, p.last_time) if time]
    asked = f"--hour_start={config.hour_start} to --hour_end={config.hour_end}"
    return f"no order event is in the hours of {asked}; there are events in hours {min(hours)} to {max(hours)}"


def _hour(time: int, date: str, zone: str) -> int:
    """Return the local hour of a trade date that an instant belongs to: 0 the evening before, 23 after its end."""
    local = datetime.fromtimestamp(time // NS_PER_SECOND, UTC).astimezone(ZoneInfo(zone))
    day = local.date().isoformat()
    return local.hour if day == date else 0 if day < date else LAST_HOUR


def _whose(known: frozenset[int], dictionary: Mapping[str, int] | None) -> str:
    return f"there are those of {some([_name(code, dictionary) for code in sorted(known)])}"


def _name(code: int, dictionary: Mapping[str, int] | None) -> str:
    """Return a participant as the input names it."""
    return str(code) if dictionary is None else next(name for name, number in dictionary.items() if number == code)
