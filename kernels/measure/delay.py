"""Shortfall against the mid at the decision, where the input says when the decision was taken (decisions 18).

``measure`` calls ``write_delay`` on each block of orders.

total = delay + execution + opportunity, exactly: s q (M0 - Md) + s q (P - M0) + s (Q - q)(m_T - Md). An
order without a decision time has none of them: taken as decided on arrival, it would be an order without delay.
"""

import numpy as np
from numpy.typing import NDArray

from kernels.base.columns import Array
from kernels.conventions import BPS, NULL
from kernels.market.quotes import prevailing_quote
from kernels.measure import result_rows as r
from kernels.measure.result_rows import Rows
from kernels.measure.rules import Inputs

FINE, AFTER_ARRIVAL, EARLIER_DATE = range(3)
DECISION_KINDS = ("decisions_after_arrival", "decisions_on_an_earlier_date")  # faults, as they are counted


def decision_faults(decision_time: Array, arrival_time: Array, day_start: int) -> NDArray[np.int8]:
    """Return FINE, AFTER_ARRIVAL or EARLIER_DATE for each decision.

    Neither has a mid among the day's quotes that the order could have been decided at.

    day_start : ns UTC, first instant of the trade date
    """
    fault = np.full(len(decision_time), FINE, np.int8)
    fault[decision_time > arrival_time] = AFTER_ARRIVAL
    fault[decision_time < day_start] = EARLIER_DATE
    return fault


def decision_mid2(
    decision_time: Array,
    quote_time: Array,
    mids: Array,
    session: tuple[int, int],
    stand_ins: tuple[int, int],
    fault: Array,
) -> NDArray[np.int64]:
    """Return the mid at each decision in half units, NULL without a valid quote.

    Up to the session's start the opening quote stands in, from its end on the closing one, as for arrivals.
    A decision with a ``fault`` has no mid.

    mids : (n,) int64 mids of the quotes; stand_ins : rows of the opening and closing quote, or -1
    """
    row = prevailing_quote(quote_time, decision_time).astype(np.int64)
    row[decision_time <= session[0]] = stand_ins[0]
    row[decision_time >= session[1]] = stand_ins[1]
    row[fault != FINE] = -1
    padded = np.append(mids, NULL)  # row -1 has no mid
    return np.asarray(padded[row], np.int64)


def write_delay(inputs: Inputs, decided: Array, date_start: int, rows: Rows) -> None:
    """Write the delay of each order and what it does to the shortfall.

    decided : (n,) int64 ns UTC, NULL where the input does not say
    """
    rules, ints, floats = inputs.rules, rows.ints, rows.floats
    arrival, mid2, end_mid2 = ints[r.ARRIVAL_TIME], ints[r.MID2], ints[r.END_MID2]
    quantity, filled = ints[r.ORDER_QUANTITY], ints[r.FILLED_QUANTITY]
    side = rows.flags[r.SIDE].astype(np.int64)
    unknown = decided == NULL
    time = np.where(unknown, arrival, decided)
    session, stand_ins = (rules.session_start, rules.session_end), (rules.opening_quote, rules.closing_quote)
    moment = time + rules.quotes_first * ((time > session[0]) & (time < session[1]))
    fault = decision_faults(time, arrival, date_start)
    found2 = decision_mid2(moment, inputs.quotes.timestamp, inputs.sums.marks[:-1, 1], session, stand_ins, fault)
    decision2 = np.where(unknown, NULL, np.where(time == arrival, mid2, found2))
    known = (mid2 != NULL) & (decision2 != NULL)
    unfilled = np.maximum(quantity - filled, 0)
    delay = np.full(len(side), np.nan)
    delay[known] = (side * filled * (mid2 - decision2))[known]
    opportunity = np.where(unfilled == 0, 0.0, np.nan)
    charged = known & (unfilled > 0) & (end_mid2 != NULL)
    opportunity[charged] = (side * unfilled * (end_mid2 - decision2))[charged]
    opportunity[~known] = np.nan
    base = np.where(known & (quantity > 0), quantity * decision2, 1).astype(np.float64)
    ints[r.DECISION_TIME], ints[r.DECISION_MID2] = decided, decision2
    floats[r.DELAY_COST], floats[r.DECISION_OPPORTUNITY_COST] = delay, opportunity
    whole = BPS * (delay + floats[r.EXECUTION_COST] + opportunity) / base
    floats[r.DECISION_SHORTFALL] = np.where(quantity > 0, whole, np.nan)
