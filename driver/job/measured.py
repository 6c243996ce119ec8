"""The blocks of a job's orders as they are summed and written: without costs where no price paid is known."""

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from kernels.base.memory import Buffers
from kernels.market.plausible import Plausible
from kernels.measure.choices import Choices, Session
from kernels.measure.measure import measure
from kernels.measure.result_rows import OrderBlock
from kernels.measure.rules import Day, Inputs
from kernels.measure.simulated import SimulatedFills

UNPRICED: Final = (
    "cost", "cost_touch", "cost_zero", "cost_cleanup", "opportunity_cost", "shortfall_ex_booking_bps",
    "decision_opportunity_cost", "decision_shortfall_bps", "fees", "net_shortfall_bps",
)  # fmt: skip


def measured(
    day: Day,
    choices: Choices,
    session: Session,
    buffers: Buffers,
    replayed: Mapping[str, SimulatedFills],
    plausible: Plausible | None = None,
    inputs: Inputs | None = None,
) -> Iterator[OrderBlock]:
    """Yield the blocks of ``measure``, which takes the same."""
    blocks = measure(day, choices, session, buffers, replayed, plausible, inputs)
    return map(without_costs, blocks) if _is_unpriced(day) else blocks


def _is_unpriced(day: Day) -> bool:
    """Return whether orders traded at prices that no trade tells."""
    return len(day.fills["quantity"]) == 0 and bool(np.any(day.orders["matched_quantity"]))


def without_costs(block: OrderBlock) -> OrderBlock:
    """Take all costs from a block: trades happened and none is given, so no price paid is known (decisions 15).

    Unexecuted orders lose theirs too: costs of them alone would pass for the costs of all.
    """
    for name in UNPRICED:
        block.stored(name)[:] = np.nan
    return block
