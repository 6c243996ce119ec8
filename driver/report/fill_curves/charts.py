"""Two charts: what share of the orders has filled after how long a wait, and what became of them, real beside R."""

from collections.abc import Mapping, Sequence
from typing import Final

from driver.report.axes import WIDTH, Entry, draw_legend, legend_rows, percent_scale, round_scale
from driver.report.charts import BAND, legend
from driver.report.fill_curves.time_axis import Panel, Steps
from driver.report.palette import EMPTY, GIVEN_BACK, INK, OUTCOMES, SOFT, colour, shape
from driver.report.svg import Drawing
from driver.review.numbers import Row, number
from driver.tables.replay_words import CENTRAL
from driver.tables.table_style import few
from kernels.conventions import BOUNDS

REAL: Final = "real"
DRAWN: Final = (REAL, CENTRAL, "D")
LOOK: Final = "first_fill"
# From the bottom of a panel up to what is still open, and from its top down.
BELOW: Final = {"filled": OUTCOMES[0]}
ABOVE: Final = {"amended_away": EMPTY, "cancelled": GIVEN_BACK, "ended": OUTCOMES[1]}
TOLD: Final = {"1 s": 1.0, "1 min": 60.0, "5 min": 300.0, "all": float("inf")}
MARKED: Final = (1e-2, 0.3, 10.0, 300.0, 10_000.0)  # seconds at which curves have the mark of their scenario
HEIGHT: Final = 190.0
LEFT: Final = 34.0


def fill_curve_figures(rows: Sequence[Row]) -> dict[str, str]:
    """Return the charts by name; rows : those of fill_curves.csv of all orders."""
    curves = {
        name: found
        for name in (*DRAWN, *BOUNDS)
        if (found := [row for row in rows if (row["scenario"], row["until"]) == (name, LOOK)])
    }
    return {"fill_curves": waits(curves), "fates": fates(curves)} if REAL in curves else {}


def steps_of(rows: Sequence[Row], column: str) -> Steps:
    """Return a share, in per cent, by its times."""
    return [(number(row["seconds"]), 100 * number(row[column])) for row in rows]


def share_at(curve: Steps, seconds: float) -> float:
    """Return what a curve is after so long a wait."""
    return max((value for time, value in curve if time <= seconds), default=0.0)


def last_time(curves: Mapping[str, Sequence[Row]]) -> float:
    """Return the longest wait there is, at least a second."""
    return max(1.0, *(number(rows[-1]["seconds"]) for rows in curves.values()))


def waits(curves: Mapping[str, Sequence[Row]]) -> str:
    """Draw the share filled by time, other ends competing, and dashed as if there were none (Kaplan-Meier).

    Where few orders were still at risk a curve is faint; R has a band between its bounds.
    """
    names = [name for name in DRAWN if name in curves]
    lines = {
        (name, of): steps_of(rows, of) for name, rows in curves.items() for of in ("incidence_filled", "km_filled")
    }
    entries = legend_rows(legend(names))
    top = 19.0 * len(entries) + 32
    drawing = Drawing(WIDTH, top + HEIGHT + 44)
    draw_legend(drawing, entries)
    drawing.text(0, top - 15, "orders with a fill, %; dashed: Kaplan-Meier", colour=SOFT)
    scale = round_scale((curve[-1][1] for curve in lines.values()), top + HEIGHT, top)
    panel = Panel(LEFT, WIDTH - 10, last_time(curves), scale)
    panel.draw(drawing, labelled=True)
    if all(name in curves for name in BOUNDS):
        high, low = (panel.steps(lines[name, "incidence_filled"]) for name in BOUNDS)
        drawing.area([*high, *low[::-1]], colour(CENTRAL), BAND)
    told = []
    for name in names:
        rows = curves[name]
        certain = [n for n, row in enumerate(rows) if not few(row["at_risk"])]
        until = certain[-1] + 1 if certain else 0
        for of, dashed in (("incidence_filled", False), ("km_filled", True)):
            curve = lines[name, of]
            drawing.lines(panel.steps(curve[:until], goes_on=False), colour(name), dashed)
            rest = panel.steps(curve, goes_on=not dashed)[2 * until :]
            drawing.lines(rest, colour(name), dashed, faint=True)
        filled = lines[name, "incidence_filled"]
        for seconds in (time for time in MARKED if time <= panel.last):
            drawing.mark(shape(name), panel.x(seconds), scale(share_at(filled, seconds)), colour(name))
        shares = (f"{share_at(filled, after):.1f} after {text}" for text, after in TOLD.items())
        told.append(f"{name}: {', '.join(shares)}; Kaplan-Meier {lines[name, 'km_filled'][-1][1]:.1f}")
    drawing.text((LEFT + WIDTH) / 2, top + HEIGHT + 37, "time waited in continuous trading", "middle", SOFT)
    return drawing.svg("Orders with a fill by the time they waited", f"Per cent of orders. {'. '.join(told)}.")


def fates(curves: Mapping[str, Sequence[Row]]) -> str:
    """Draw what became of the orders by the time they waited, really and under R: shares on top of each other."""
    names = [name for name in (REAL, CENTRAL) if name in curves]
    shades = BELOW | ABOVE
    entries = legend_rows([*(Entry(fate.replace("_", " "), shade) for fate, shade in shades.items())])
    top, width = 19.0 * len(entries) + 32, (WIDTH - LEFT - 10) / len(names)
    drawing = Drawing(WIDTH, top + HEIGHT + 44)
    draw_legend(drawing, entries)
    told = []
    for n, name in enumerate(names):
        left = LEFT + n * width
        panel = Panel(left, left + width - 8, last_time(curves), percent_scale((), top + HEIGHT, top))
        drawing.text(left, top - 8, f"{name}, % of {number(curves[name][0]['at_risk']):,.0f} orders", colour=SOFT)
        panel.draw(drawing, labelled=n == 0)
        lines = {fate: steps_of(curves[name], f"incidence_{fate}") for fate in shades}
        _stack(drawing, panel, [(lines[fate], shade) for fate, shade in BELOW.items()], below=True)
        _stack(drawing, panel, [(lines[fate], shade) for fate, shade in ABOVE.items()], below=False)
        ends = (f"{fate.replace('_', ' ')} {share_at(lines[fate], TOLD['all']):.1f}" for fate in shades)
        at_once = share_at(lines["filled"], 1.0)
        told.append(f"{name}: in the end {', '.join(ends)}; filled within a second {at_once:.1f}")
    below = "time waited for the first fill; between: still open"
    drawing.text((LEFT + WIDTH) / 2, top + HEIGHT + 37, below, "middle", SOFT)
    return drawing.svg("What became of the orders by the time they waited", f"Per cent of orders. {'. '.join(told)}.")


def _stack(drawing: Drawing, panel: Panel, layers: Sequence[tuple[Steps, str]], below: bool) -> None:
    """Draw layers of shares on each other, from the bottom up or from the top down."""
    edge = [0.0] * len(layers[0][0])
    for curve, shade in layers:
        times = [seconds for seconds, _ in curve]
        further = [before + value for before, (_, value) in zip(edge, curve, strict=True)]
        inner, outer = (
            panel.steps([(t, v if below else 100 - v) for t, v in zip(times, values, strict=True)])
            for values in (edge, further)
        )
        if not below:  # before its first row nothing has ended: all is open
            start = (panel.left, panel.shares(100.0))
            inner, outer = ([start, (points[1][0], start[1]), *points[2:]] for points in (inner, outer))
        if any(value > 0 for _, value in curve):
            drawing.area([*inner, *outer[::-1]], shade, outline=INK if shade == EMPTY else "")
        edge = further
