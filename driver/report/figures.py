"""Which charts a report has, by name: those that its tables hold something to draw for. `page` places them."""

from collections.abc import Mapping, Sequence

from driver.report import charts, replay_charts
from driver.report.fill_curves.charts import fill_curve_figures
from driver.report.groups import grouped, largest
from driver.report.paid import horizons
from driver.review.numbers import Row, Tables, number
from driver.tables.replay_words import ALL, ASSERTED
from kernels.conventions import BOUNDS

SECURITIES = 8  # most in the charts of the replay, beside all


def figures(tables: Tables) -> dict[str, str]:
    """Return the charts, by name; the placebo is in that of fidelity alone, the bounds of R are a band behind it."""
    shown = frozenset(("real", *ASSERTED, *BOUNDS))
    of_orders = {name: [row for row in rows if row.get("scenario", "real") in shown] for name, rows in tables.items()}
    return _of_orders(of_orders) | _of_replay(tables) | fill_curve_figures(tables["fill_curves"])


def _of_orders(tables: Tables) -> dict[str, str]:
    summary = tables["global_summary"]
    drawn = {}
    if summary[0]["orders"]:
        drawn["outcomes"] = charts.outcome_bars(summary)
    drawn |= _along(summary)
    if len(summary) < 2 or not summary[0]["priced_orders"]:
        return drawn
    intervals = [
        row
        for row in tables["statistics"]
        if row["test"] == "cluster" and row["ci_low"] is not None and row["scenario"] not in BOUNDS
    ]
    if intervals:
        drawn["intervals"] = charts.saving_intervals(intervals, _bands(tables))
    if tables["by_security"]:
        drawn["securities"] = charts.grouped_savings(largest(grouped(tables["by_security"], "security_code")))
    dates, hours = grouped(tables["by_date"], "date"), grouped(tables["by_time_of_day"], "hour")
    sizes = [(_short(label), rows) for label, rows in grouped(tables["by_order_size"], "size_bucket")]
    if len(dates) > 1:
        drawn["dates"] = charts.series(dates, "saving_bps", "saving, bps", "trade date")
    drawn["hours"] = charts.series(hours, "saving_bps", "saving, bps", "local hour of arrival")
    drawn["hour_fills"] = charts.series(hours, "fill_ratio", "fill ratio", "local hour of arrival")
    lay = [
        (label.replace("the ", "").replace("near ", ""), rows)
        for label, rows in grouped(tables["by_marketability"], "marketability")
    ]
    if lay := [one for one in lay if one[1][0]["priced_orders"]]:
        drawn["marketability"] = charts.grouped_savings(lay)
    drawn["sizes"] = charts.series(sizes, "saving_bps", "saving, bps", "order quantity, shares")
    return drawn


def _along(summary: Sequence[Row]) -> dict[str, str]:
    """Return the curves along the horizons of a run: of markouts, and of what is filled."""
    found = {
        "markouts": (
            "markout_{}s_bps",
            "markout_{}s_orders",
            "markout, bps (above 0: the price went on the order's way)",
        ),
        "fill_rates": ("fill_rate_{}s", "orders_filled_{}s", "filled over asked"),
    }
    drawn = {}
    for name, (pattern, behind, label) in found.items():
        seconds = horizons(summary[0], pattern)
        if len(seconds) > 1 and summary[0][pattern.format(seconds[0])] is not None:
            drawn[name] = charts.curve(seconds, summary, pattern, behind, label)
    return drawn


def _bands(tables: Tables) -> Mapping[str, tuple[float, float]]:
    """Return R's band by the weighting of its saving."""
    rows = charts.by_scenario(tables["global_summary"])
    measures = {"equal": "saving_mean_bps", "notional": "saving_bps"}
    bands = {weighting: charts.band(rows, measure) for weighting, measure in measures.items()}
    return {weighting: of for weighting, of in bands.items() if of}


def _of_replay(tables: Tables) -> dict[str, str]:
    drawn = {}
    if tables["fidelity"]:
        drawn["fidelity"] = replay_charts.fidelity(tables["fidelity"], SECURITIES)
    whole = [row for row in tables["bounds"] if row["date"] == ALL]
    if any(row["R_saving_bps"] is not None for row in whole):
        drawn["bounds"] = replay_charts.bounds(_largest_bounds(whole))
    limits = [row for row in tables["by_time_limit"] if row["security_code"] == ALL]
    if any(row["saving_bps"] is not None for row in limits):
        drawn["time_limits"] = replay_charts.time_limits(limits)
    return drawn


def _largest_bounds(rows: Sequence[Row]) -> list[Row]:
    """Return the row of all orders, and those of the securities that ask for the most shares, in table order."""
    securities = [row for row in rows if row["security_code"] != ALL]
    ranked = sorted(range(len(securities)), key=lambda i: -number(securities[i]["order_quantity"]))
    chosen = [securities[i] for i in sorted(ranked[:SECURITIES])]
    return [*(row for row in rows if row["security_code"] == ALL), *(chosen if len(securities) > 1 else [])]


def _short(bucket: str) -> str:
    """Return a size bucket as it fits under an axis: 1001-5000 is "to 5k"."""
    low, _, high = bucket.rstrip("+").partition("-")
    edge = int(high or low)
    text = f"{edge // 1000}k" if edge >= 1000 else str(edge)
    return f"to {text}" if high else f"over {text}"
