"""From the result matrices of a block to named columns, with those that only some inputs or settings give."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kernels.conventions import NULL, SCENARIOS
from kernels.measure import order_columns as r
from kernels.measure.choices import Settings
from kernels.measure.delay import Delay, decision_faults, decision_mid2, delay_costs
from kernels.measure.fees import scenario_fees
from kernels.measure.order_block import OrderBlock
from kernels.measure.order_columns import FILLED_WITHIN, Rows
from kernels.measure.rules import Day, Inputs, date_start

EXTRA_INTS: Final = {"report_quantity": r.REPORT_QUANTITY, "market_volume": r.MARKET_VOLUME}
EVERY_SCENARIO: Final = tuple(range(len(SCENARIOS)))
EXTRA_FLOATS: Final = {
    "shortfall_ex_booking_bps": r.EX_BOOKING,
    "quoted_spread_bps": r.QUOTED_SPREAD,
    "fill_quoted_spread_bps": r.FILL_QUOTED_SPREAD,
    "arrival_improvement_bps": r.ARRIVAL_IMPROVEMENT,
    "vwap_slippage_ex_own_bps": r.VWAP_EX_OWN,
    "close_slippage_bps": r.CLOSE_SLIPPAGE,
    "execution_time_all": r.EXECUTION_TIME_ALL,
}


def optional_columns(
    day: Day, inputs: Inputs, rows: Rows, settings: Settings, scenarios: tuple[str, ...]
) -> dict[str, NDArray[Any]]:
    """Return fill rates, and the columns that only some inputs or settings give: parent, delay, fees (decisions 18)."""
    orders = day.orders
    place = rows.codes[r.ORDER_INDEX]
    extra: dict[str, NDArray[Any]] = fill_columns(inputs, rows, settings.simulation.fill_seconds)
    if "parent_id" in orders:
        extra["parent_id"] = np.asarray(orders["parent_id"])[place]
    if "decision_time" in orders:
        decided = np.asarray(orders["decision_time"])[place]
        decided = np.where(decided == NULL, rows.ints[r.ARRIVAL_TIME], decided)
        extra["decision_time"] = decided
        extra |= delay_columns(inputs, rows, decided, date_start(day.date, settings.timezone))._asdict()
    if any(settings.simulation.fees_bps):
        extra |= fee_columns(inputs, rows, place, scenarios)
    return extra


def fill_columns(inputs: Inputs, rows: Rows, seconds: tuple[float, ...]) -> dict[str, NDArray[Any]]:
    """Return the shares filled within each of ``seconds`` of arrival; NULL where only the state tells of a fill."""
    if inputs.rules.states_only:
        rows.within[:, rows.ints[r.FILLED_QUANTITY] > 0] = NULL
    return {filled_name(s): rows.within[h] for h, s in enumerate(seconds)}


def filled_name(seconds: float) -> str:
    """Return the name of the column of shares filled within ``seconds`` of arrival."""
    return f"{FILLED_WITHIN}{seconds:g}s"


def delay_columns(inputs: Inputs, rows: Rows, decided: NDArray[Any], day_start: int) -> Delay:
    """Return the delay columns of a block whose decisions were taken at ``decided``."""
    rules, ints, floats = inputs.rules, rows.ints, rows.floats
    session = (rules.session_start, rules.session_end)
    stand_ins = (rules.opening_quote, rules.closing_quote)
    moment = decided + rules.quotes_first * ((decided > session[0]) & (decided < session[1]))
    fault = decision_faults(decided, ints[r.ARRIVAL_TIME], day_start)
    mids = decision_mid2(moment, inputs.quotes.timestamp, inputs.sums.marks[:-1, 1], session, stand_ins, fault)
    return delay_costs(
        rows.flags[r.SIDE].astype(np.int64),
        ints[r.MID2],
        ints[r.END_MID2],
        np.where(decided == ints[r.ARRIVAL_TIME], ints[r.MID2], mids),
        ints[r.ORDER_QUANTITY],
        ints[r.FILLED_QUANTITY],
        floats[r.EXECUTION_COST],
    )


def fee_columns(inputs: Inputs, rows: Rows, place: NDArray[Any], scenarios: tuple[str, ...]) -> dict[str, NDArray[Any]]:
    """Return each scenario's fees in half price units x shares, and its shortfall with them."""
    ints, floats, rules = rows.ints, rows.floats, inputs.rules
    filled = ints[r.SCENARIO_FILLED : r.SCENARIO_FILLED + r.SCENARIO_COUNT]
    notional2 = floats[r.SCENARIO_NOTIONAL2 : r.SCENARIO_NOTIONAL2 + r.SCENARIO_COUNT]
    fees = scenario_fees(
        inputs.fills,
        inputs.sums.price2,
        (inputs.orders.first_fill[place], inputs.orders.fill_count[place]),
        rules.hours_end,
        rules.fees,
        ints[r.ORDER_QUANTITY],
        rules.dark_share_ppm,
        (rows.flags[r.ELIGIBLE], filled, notional2),
    )
    priced = (ints[r.MID2] != NULL) & (ints[r.ORDER_QUANTITY] > 0)
    base = np.where(priced, ints[r.MID2] * ints[r.ORDER_QUANTITY], 1)
    extra: dict[str, NDArray[Any]] = {}
    for name in scenarios:
        k = SCENARIOS.index(name)
        extra[f"{name}_fees"] = fees[k]
        extra[f"{name}_net_shortfall_bps"] = np.where(priced, 10_000.0 * (floats[r.COST + k] + fees[k]) / base, np.nan)
    return extra


def scenario_rows(matrix: NDArray[Any], first: int, places: tuple[int, ...]) -> NDArray[Any]:
    """Return the rows of the scenarios at ``places``, a view where they are all asked for."""
    if places == EVERY_SCENARIO:
        return matrix[first : first + len(SCENARIOS)]
    return np.ascontiguousarray(matrix[[first + place for place in places]])


def extra_columns(rows: Rows, horizons: tuple[float, ...]) -> dict[str, NDArray[Any]]:
    """Return the measures beyond the fixed columns, by the names of ``kernels.measure.metrics``."""
    extra: dict[str, NDArray[Any]] = {name: rows.ints[row] for name, row in EXTRA_INTS.items()}
    extra |= {name: rows.floats[row] for name, row in EXTRA_FLOATS.items()}
    for h, seconds in enumerate(horizons):
        extra[f"impact_{seconds:g}s_bps"] = rows.horizons[r.IMPACT * len(horizons) + h]
    return extra


def derived_columns(block: OrderBlock) -> dict[str, NDArray[np.float64]]:
    """Return the measures that others of the block determine: E/Q, and adverse selection at each markout horizon.

    They are worked out where orders are written; tables have them from the same sums as the others.
    """
    ratio = np.full(len(block), np.nan)
    quoted = block.extra.get("fill_quoted_spread_bps", ratio)
    derived = {"eq_ratio": np.divide(block.effective_spread_bps, quoted, out=ratio, where=quoted > 0)}  # not if locked
    for name, impact in block.extra.items():
        if name.startswith("impact_"):
            derived[name.replace("impact", "adverse_selection")] = 0.0 - 0.5 * impact  # never -0
    return derived


def order_block(rows: Rows, asked: tuple[str, ...], horizons: tuple[float, ...]) -> OrderBlock:
    """Return the result matrices as named columns; views, not copies."""
    ints, floats, codes, flags = rows.ints, rows.floats, rows.codes, rows.flags
    n_horizons = len(horizons)
    scenarios = ("real", *(name for name in SCENARIOS[1:] if name in asked))

    places = tuple(SCENARIOS.index(name) for name in scenarios)
    return OrderBlock(
        scenarios=scenarios,
        order_index=codes[r.ORDER_INDEX],
        order_id=ints[r.ORDER_ID],
        participant=codes[r.PARTICIPANT],
        side=flags[r.SIDE],
        order_type=codes[r.ORDER_TYPE],
        arrival_time=ints[r.ARRIVAL_TIME],
        end_time=ints[r.END_TIME],
        limit_price=ints[r.LIMIT_PRICE],
        order_quantity=ints[r.ORDER_QUANTITY],
        filled_quantity=ints[r.FILLED_QUANTITY],
        leaves_quantity=ints[r.LEAVES_QUANTITY],
        withdrawn_quantity=ints[r.WITHDRAWN_QUANTITY],
        matched_quantity=ints[r.MATCHED_QUANTITY],
        group=flags[r.GROUP],
        notional=ints[r.NOTIONAL],
        first_fill_time=ints[r.FIRST_FILL_TIME],
        last_fill_time=ints[r.LAST_FILL_TIME],
        fills=codes[r.FILLS],
        venue_quantity=ints[r.VENUE_QUANTITY : r.VENUE_QUANTITY + r.VENUE_COUNT],
        venue_notional=ints[r.VENUE_NOTIONAL : r.VENUE_NOTIONAL + r.VENUE_COUNT],
        fills_after_hours=codes[r.FILLS_AFTER_HOURS],
        benchmark=flags[r.BENCHMARK],
        benchmark_time=ints[r.WINDOW_START],
        arrival_bid=ints[r.ARRIVAL_BID],
        arrival_offer=ints[r.ARRIVAL_OFFER],
        mid2=ints[r.MID2],
        end_mid2=ints[r.END_MID2],
        eligible=flags[r.ELIGIBLE],
        window_start=ints[r.WINDOW_START],
        window_end=ints[r.WINDOW_END],
        scenario_filled=scenario_rows(ints, r.SCENARIO_FILLED, places),
        scenario_price=scenario_rows(floats, r.SCENARIO_PRICE, places),
        scenario_notional2=scenario_rows(floats, r.SCENARIO_NOTIONAL2, places),
        cost=scenario_rows(floats, r.COST, places),
        cost_touch=scenario_rows(floats, r.COST_TOUCH, places),
        cost_zero=scenario_rows(floats, r.COST_ZERO, places),
        cost_cleanup=scenario_rows(floats, r.COST_CLEANUP, places),
        execution_cost=floats[r.EXECUTION_COST],
        opportunity_cost=floats[r.OPPORTUNITY_COST],
        arrival_slippage_bps=floats[r.ARRIVAL_SLIPPAGE],
        effective_spread_bps=floats[r.EFFECTIVE_SPREAD],
        price_improvement_bps=floats[r.PRICE_IMPROVEMENT],
        time_to_first_fill=ints[r.TIME_TO_FIRST_FILL],
        execution_time=floats[r.EXECUTION_TIME],
        vwap_slippage_bps=floats[r.VWAP_SLIPPAGE],
        markout_bps=rows.horizons[r.MARKOUT * n_horizons : (r.MARKOUT + 1) * n_horizons],
        realised_spread_bps=rows.horizons[r.REALISED * n_horizons : (r.REALISED + 1) * n_horizons],
        extra=extra_columns(rows, horizons),
        booked_notional2=ints[r.BOOKED_NOTIONAL2],
    )
