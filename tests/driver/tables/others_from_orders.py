"""Tables with columns of their own against sums made again from order files, to 1e-9 (`tests.oracles.tables`)."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.driver.tables.from_orders import cut, one, read
from tests.oracles import tables as oracle
from tests.oracles.tables import Day, Expected, Row

PARTS: dict[str, Callable[[int, int], bool]] = {  # what a scenario fills, what reality did
    "fills": lambda mine, real: mine > 0,
    "refuses": lambda mine, real: mine <= 0 < real,
    "neither": lambda mine, real: mine <= 0 and real <= 0,
}
RUNS = "R", "R_optimistic", "R_conservative"
SAVINGS = {  # about and variant of sensitivity.csv -> the column of other tables
    ("headline", "by value, unfilled at the mid of the end"): "saving_bps",
    ("charge", "unfilled at the touch of the end"): "saving_touch_bps",
    ("charge", "unfilled charged nothing"): "saving_zero_bps",
    ("charge", "unfilled at the mid some time after the end (cleanup_s)"): "saving_cleanup_bps",
    ("charge", "with fees"): "net_saving_bps",
    ("weighting", "per order"): "saving_mean_bps",
    ("orders", "with those that never lived in continuous trading"): "saving_diluted_bps",
    ("orders", "engaged ones alone, descriptive"): "saving_engaged_bps",
}
OTHERS: dict[str, Callable[[Row], bool]] = {  # sets of orders that could have been asked
    "orders that lived in the session with a mid": lambda o: o["eligible"] == 1,
    "sweeps alone": lambda o: o["order_type"] & 2048 != 0,
    "dark orders alone": lambda o: o["order_type"] & (64 | 4096) != 0,
    "without dark orders": lambda o: o["order_type"] & (64 | 4096) == 0,
    "really filled in full alone, descriptive": lambda o: o["group"] == 1,
    "really filled in part alone, descriptive": lambda o: o["group"] == 2,
    "without a real fill alone, descriptive": lambda o: o["group"] == 3,
}


def quarter_of(day: Day, order: Row) -> int:
    """Return which quarter of its day's orders an order is in; equal sixteenths of an octave stay together."""
    steps = [step(other["order_quantity"]) for other in day.orders]
    mine = step(order["order_quantity"])
    below, equal = sum(other < mine for other in steps), steps.count(mine)
    return int(4 * (below + equal / 2) / len(steps)) + 1


def step(quantity: int) -> int:
    """Return the sixteenth of an octave that a quantity is in."""
    octave = quantity.bit_length() - 1
    return 16 * octave + int(16 * quantity / 2**octave) - 16


KINDS = {"by_order_type": one(lambda day, order: order["order_type"]), "by_size_quartile": one(quarter_of)}
OF_KIND = (
    "orders", "order_quantity", "priced_orders", "filled_quantity", "fill_ratio", "shortfall_bps", "saving_bps",
    "saving_value", "benchmark_notional", "shortfall_cost",
)  # fmt: skip


def wrong(where: str, row: dict[str, str], found: Expected) -> Iterator[str]:
    """Yield the columns of a row that are not what they should be."""
    for name, (value, slack) in found.items():
        if (row[name] == "") != (value is None):
            yield f"{where} {name}: {row[name]!r}, of the orders {value}"
        elif value is not None and abs(float(row[name]) - value) > slack + 1e-9 * abs(value):
            yield f"{where} {name}: {row[name]}, of the orders {value} within {slack}"


def other_differences(results: Path, days: Sequence[Day], style: Row) -> Iterator[str]:
    """Yield what these tables say that the orders do not."""
    every = [order for day in days for order in day.orders]
    yield from kind_differences(results, days, style)
    yield from split_differences(results, every, style)
    yield from sensitivity_differences(results, every, days, style)
    if "R" in style["scenarios"]:
        yield from bound_differences(results, days, style)


def kind_differences(results: Path, days: Sequence[Day], style: Row) -> Iterator[str]:
    """Yield where orders by type and by quarters of size are not their orders."""
    for name, labels in KINDS.items():
        groups, rows = cut(days, labels), read(results / f"{name}.csv")
        if {row[name.removeprefix("by_")] for row in rows} != {label for (label,) in groups}:
            yield f"{name} has other rows"
        for row in rows:
            scenario, orders = row["scenario"], groups[(row[name.removeprefix("by_")],)]
            found = oracle.expected(orders, scenario, style, days)
            mine = {column: found[column] for column in OF_KIND if column in found}
            if not oracle.not_known(orders, scenario):
                mine["filled_orders"] = oracle.exact(sum(o[filled_of(scenario)] > 0 for o in orders))
                mine |= oracle.means_of(list(filter(oracle.priced, orders)), scenario, oracle.FINEST)
            yield from wrong(f"{name} {row[name.removeprefix('by_')]} {scenario}", row, mine)


def filled_of(scenario: str) -> str:
    """Return the column of what orders fill under a scenario."""
    return oracle.column(scenario, "filled_quantity")


def split_differences(results: Path, every: Sequence[Row], style: Row) -> Iterator[str]:
    """Yield where the parts of savings are not those of the orders."""
    for row in read(results / "saving_split.csv"):
        scenario = row["scenario"]
        orders = [o for o in every if row["security_code"] in ("all", o["security"])]
        if oracle.not_known(orders, scenario):
            continue
        base = sum(oracle.value(o) for o in orders if oracle.priced(o))
        mine = [o for o in orders if PARTS[row["part"]](o[filled_of(scenario)], o["filled_quantity"])]
        priced = [o for o in mine if oracle.priced(o)]
        saved, worth = saved_units(priced, scenario), sum(map(oracle.value, priced))
        found = {
            "orders": oracle.exact(len(mine)), "priced_orders": oracle.exact(len(priced)),
            "benchmark_notional": oracle.exact(worth),
            "saving_part_bps": oracle.ratio(10_000 * saved, oracle.SCALE * base),
            "saving_bps": oracle.ratio(10_000 * saved, oracle.SCALE * worth),
            "saving_value": oracle.ratio(saved, 2 * oracle.SCALE * 10 ** style["decimals"] * (len(priced) > 0)),
        }  # fmt: skip
        yield from wrong(f"saving_split {row['security_code']} {scenario} {row['part']}", row, found)


def saved_units(orders: Iterable[Row], scenario: str) -> int:
    """Return what a scenario saves on priced orders, in 1/SCALE of half units x shares."""
    columns = "shortfall_bps", oracle.column(scenario, "shortfall_bps")
    return sum(oracle.cost_units(o, columns[0]) - oracle.cost_units(o, columns[1]) for o in orders if oracle.priced(o))


def sensitivity_differences(results: Path, every: Sequence[Row], days: Sequence[Day], style: Row) -> Iterator[str]:
    """Yield where a saving that depends on a choice is not that of the orders."""
    value: dict[Any, int] = {}
    for o in filter(oracle.priced, every):
        value[o["participant_id"]] = value.get(o["participant_id"], 0) + oracle.value(o)
    whole = sum(value.values())
    for row in read(results / "sensitivity.csv"):
        scenario, about, variant = row["scenario"], row["about"], row["variant"]
        if scenario == "all":
            continue
        if (about, variant) in SAVINGS:
            name = SAVINGS[about, variant]
            found = {"saving_bps": oracle.expected(every, scenario, style, days)[name]}
        else:
            left = [o for o in every if about != "participant" or variant != f"without {o['participant_id']}"]
            left = [o for o in left if about != "eligible" or OTHERS[variant](o)]
            base = sum(oracle.value(o) for o in left if oracle.priced(o))
            found = {
                "saving_bps": oracle.ratio(10_000 * saved_units(left, scenario), oracle.SCALE * base),
                "left_out": oracle.ratio(whole - base, whole),
            }
        yield from wrong(f"sensitivity {scenario} {about} {variant}", row, found)


def bound_differences(results: Path, days: Sequence[Day], style: Row) -> Iterator[str]:
    """Yield where R between its bounds is not what the orders say."""
    for row in read(results / "bounds.csv"):
        mine = [
            day for day in days
            if row["security_code"] in ("all", day.security) and row["date"] in ("all", day.date)
        ]  # fmt: skip
        orders = [order for day in mine for order in day.orders]
        of = {name: oracle.expected(orders, name, style, mine) for name in ("real", *RUNS)}
        found = {name: of["real"][name] for name in ("orders", "priced_orders", "order_quantity")}
        for name, told in of.items():
            found[f"{name}_fill_ratio"] = told["fill_ratio_in_session"]
            found[f"{name}_fill_ratio_diluted"] = told["fill_ratio"]
        for charge in ("saving_bps", "saving_touch_bps"):
            found |= {f"{run}_{charge}": of[run][charge] for run in RUNS}
            savings = [saving for run in RUNS if (saving := of[run][charge][0]) is not None]
            found |= {f"low_{charge}": (min(savings, default=None), 0.0)}
            found |= {f"high_{charge}": (max(savings, default=None), 0.0)}
        yield from wrong(f"bounds {row['security_code']} {row['date']}", row, found)
