"""The report's charts as SVG text, for `page`: the same tables give the same bytes, and text stays text."""

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from driver.tables.csv_text import Value

Row = Mapping[str, Value]
# Okabe and Ito's palette: told apart by colour-blind readers and in print.
COLOURS = {"real": "#555555", "A": "#0072b2", "B": "#e69f00", "C": "#009e73", "R": "#d55e00", "P": "#cc79a7"}
OTHER_COLOUR = "#56b4e9"
MARKERS = {"real": "o", "A": "o", "B": "s", "C": "^", "R": "D", "P": "v"}
OUTCOME_COLOURS = ("#0072b2", "#9ecae1", "#d9d9d9")
SAVING = "saving against reality, bps of arrival value (right of 0 is better)"
WIDTH, ROW_HEIGHT = 6.0, 0.42  # inches; shown at about 90 % in two columns, so 10 points read as 9
STYLE: Any = {
    "svg.hashsalt": "darkreplay",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # the metrics that place the text; the page names the font shown
    "font.size": 10,
    "text.parse_math": False,  # a security may be called $X$
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#999999",
    "axes.labelcolor": "#333333",
    "axes.labelsize": 10,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.8,
    "xtick.color": "#333333",
    "ytick.color": "#333333",
    "legend.frameon": False,
}


def number(value: Value) -> float:
    """Return a cell as a number; missing is NaN, which charts leave out."""
    return float(value) if isinstance(value, int | float) else float("nan")


def colour(scenario: str) -> str:
    """Return a scenario's colour, the same in every chart."""
    return COLOURS.get(scenario, OTHER_COLOUR)


@contextmanager
def _figure(height: float, panels: int = 1, ratios: Sequence[float] = (1,)) -> Iterator[tuple[Any, Any]]:
    """Yield a figure and its axes under the report's style, and free them afterwards."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        FigureCanvasSVG(figure)
        yield figure, figure.subplots(panels, 1, sharex=panels > 1, height_ratios=ratios, squeeze=False)[:, 0]


def _svg(figure: Any) -> str:
    """Return the figure as an <svg> element without prologue and dates."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]


def saving_intervals(rows: Sequence[Row]) -> str:
    """Draw one line per statistics row: estimate and confidence interval of the saving in bps."""
    with _figure(0.9 + ROW_HEIGHT * len(rows)) as (figure, (axis,)):
        for place, row in enumerate(rows):
            name = str(row["scenario"])
            low, middle, high = (number(row[key]) for key in ("ci_low", "saving_bps", "ci_high"))
            axis.plot([low, high], [place, place], color=colour(name), linewidth=2.2, solid_capstyle="butt")
            face = "white" if row["weighting"] == "notional" else colour(name)
            axis.plot(middle, place, MARKERS.get(name, "o"), color=colour(name), markerfacecolor=face, markersize=7)
        axis.axvline(0, color="#333333", linewidth=0.8)
        weighted = ("by value" if row["weighting"] == "notional" else "per order" for row in rows)
        _label(axis, [f"{row['scenario']}, {how}" for row, how in zip(rows, weighted, strict=True)], SAVING)
        axis.grid(axis="y", visible=False)
        return _svg(figure)


def _label(axis: Any, rows: Sequence[str], below: str) -> None:
    """Name the rows, from the top down, and what is measured along them."""
    axis.set_yticks(range(len(rows)), rows)
    axis.set_ylim(len(rows) - 0.5, -0.5)
    axis.set_xlabel(below)


def grouped_savings(groups: Sequence[tuple[str, Sequence[Row]]]) -> str:
    """Draw the value-weighted saving of each scenario, one line of dots per group."""
    scenarios = [str(row["scenario"]) for row in groups[0][1]][1:]
    with _figure(1.1 + ROW_HEIGHT * len(groups)) as (figure, (axis,)):
        for s, name in enumerate(scenarios):
            offset = (s - (len(scenarios) - 1) / 2) * 0.18
            values = [number(rows[s + 1]["saving_bps"]) for _, rows in groups]
            places = [place + offset for place in range(len(groups))]
            axis.plot(values, places, MARKERS.get(name, "o"), color=colour(name), label=name, markersize=6)
        axis.axvline(0, color="#333333", linewidth=0.8)
        _label(axis, [label for label, _ in groups], SAVING)
        _legend(axis, len(scenarios))
        return _svg(figure)


def _legend(axis: Any, entries: int) -> None:
    axis.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=entries, borderaxespad=0.2, handletextpad=0.4)


def outcome_bars(rows: Sequence[Row]) -> str:
    """Draw, for each scenario, the share of orders filled fully, partially and not at all."""
    kinds = ("fully_filled", "partially_filled", "not_executed")
    with _figure(1.1 + ROW_HEIGHT * len(rows)) as (figure, (axis,)):
        left = [0.0] * len(rows)
        for kind, shade in zip(kinds, OUTCOME_COLOURS, strict=True):
            shares = [100.0 * number(row[kind]) / max(number(row["orders"]), 1.0) for row in rows]
            axis.barh(range(len(rows)), shares, left=left, color=shade, height=0.62, label=kind.replace("_", " "))
            for place, (start, share) in enumerate(zip(left, shares, strict=True)):
                if share >= 6.0:
                    ink = "white" if kind == "fully_filled" else "#222222"
                    axis.text(start + share / 2, place, f"{share:.0f}%", ha="center", va="center", color=ink)
            left = [start + share for start, share in zip(left, shares, strict=True)]
        _label(axis, [str(row["scenario"]) for row in rows], "share of orders, %")
        axis.set_xlim(0, 100)
        axis.grid(axis="y", visible=False)
        _legend(axis, len(kinds))
        return _svg(figure)


def series(groups: Sequence[tuple[str, Sequence[Row]]], measure: str, label: str, axis_label: str) -> str:
    """Draw a measure of each scenario along ordered groups (hours, sizes, dates), and the orders below."""
    rows = groups[0][1]
    scenarios = [(s, str(row["scenario"])) for s, row in enumerate(rows) if s > 0 or not measure.startswith("saving")]
    with _figure(3.4, 2, (3, 1)) as (figure, (upper, lower)):
        places = range(len(groups))
        for s, name in scenarios:
            values = [number(of[s][measure]) for _, of in groups]
            marker = MARKERS.get(name, "o")
            upper.plot(places, values, marker=marker, color=colour(name), label=name, markersize=5, linewidth=1.4)
        upper.axhline(0, color="#333333", linewidth=0.8)
        upper.set_ylabel(label)
        _legend(upper, len(scenarios))
        lower.bar(places, [number(of[0]["orders"]) for _, of in groups], color="#bbbbbb", width=0.7)
        lower.set_ylabel("orders")
        lower.yaxis.set_major_formatter("{x:,.0f}")
        step = max(1, len(groups) // 12)
        lower.set_xticks(list(places)[::step], [label for label, _ in groups][::step])
        lower.set_xlabel(axis_label)
        lower.grid(axis="x", visible=False)
        return _svg(figure)
