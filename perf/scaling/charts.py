"""Charts of growth, and the block of perf/README.md that shows them; drawn with the pieces of the report's charts."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from driver.report.axes import WIDTH, Entry, draw_legend, legend_rows
from driver.report.palette import COLOURS, GRID, SHAPES, SOFT
from driver.report.svg import SMALL, Drawing, text_width
from perf.scaling.fits import CORES, Basis, assumptions, exponent, projected

HEIGHT: Final = 240.0
BEGIN, END = "<!-- scale: begin -->", "<!-- scale: end -->"
NAMES: Final = ("A", "R", "C", "B")  # whose colours and marks lines have
Lines = Mapping[str, tuple[Sequence[float], Sequence[float]]]


def powers(values: Sequence[float]) -> tuple[int, int]:
    """Return the powers of ten around values, two different ones."""
    low = math.floor(math.log10(min(values)) + 1e-9)
    return low, max(math.ceil(math.log10(max(values)) - 1e-9), low + 1)


def power_text(power: int) -> str:
    """Return a power of ten as axes have it."""
    value = 10.0**power
    for size, unit in ((1e9, " bn"), (1e6, " m"), (1e3, " k")):
        if value >= size:
            return f"{value / size:,.0f}{unit}"
    return f"{value:,.0f}" if power >= 0 else f"{value:.{-power}f}"


def growth_chart(title: str, lines: Lines, along: str, up: str) -> str:
    """Draw values over sizes, both on scales of powers of ten; a straight line of slope 1 is linear growth."""
    legend = legend_rows([Entry(name, COLOURS[key], SHAPES[key]) for name, key in zip(lines, NAMES, strict=False)])
    top = 19.0 * len(legend) + 34
    bottom, drawing = top + HEIGHT, Drawing(WIDTH, top + HEIGHT + 42)
    draw_legend(drawing, legend)
    x_low, x_high = powers([x for xs, _ in lines.values() for x in xs])
    y_low, y_high = powers([y for _, ys in lines.values() for y in ys])
    left = max(text_width(power_text(p), SMALL) for p in range(y_low, y_high + 1)) + 8
    drawing.text(0, top - 15, up, colour=SOFT)

    def place(x: float, y: float) -> tuple[float, float]:
        across = left + (math.log10(x) - x_low) / (x_high - x_low) * (WIDTH - left - 12)
        return across, bottom - (math.log10(y) - y_low) / (y_high - y_low) * HEIGHT

    for power in range(y_low, y_high + 1):
        y = place(10.0**x_low, 10.0**power)[1]
        drawing.line((left, y), (WIDTH - 12, y), GRID)
        drawing.text(left - 7, y + 4, power_text(power), "end", SOFT, SMALL)
    for power in range(x_low, x_high + 1):
        x = place(10.0**power, 10.0**y_low)[0]
        drawing.line((x, top), (x, bottom), GRID)
        drawing.text(x, bottom + 16, power_text(power), "middle", SOFT, SMALL)
    drawing.text((left + WIDTH) / 2, bottom + 36, along, "middle", SOFT)
    told = []
    for key, (name, (xs, ys)) in zip(NAMES, lines.items(), strict=False):
        points = [place(x, y) for x, y in zip(xs, ys, strict=True)]
        drawing.lines(points, COLOURS[key])
        for point in points:
            drawing.mark(SHAPES[key], *point, COLOURS[key])
        told.append(f"{name}: " + ", ".join(f"{y:.3g} at {x:,.0f}" for x, y in zip(xs, ys, strict=True)))
    text = drawing.svg(title, "; ".join(told))
    page = 'xmlns="http://www.w3.org/2000/svg" font-family="sans-serif" style="background:#fff" '
    return text.replace("<svg ", f"<svg {page}", 1) + "\n"


def charts(found: Mapping[str, Any]) -> dict[str, str]:
    """Return the charts of what was measured, by name."""
    drawn = {}
    for part, along in (("rows", "order events"), ("partitions", "partitions")):
        if part not in found:
            continue
        points = found[part]["points"]
        sizes = [point["size"] for point in points]
        phases = {
            name: (sizes, [max(point["seconds"][name], 1e-3) for point in points])
            for name in ("convert", "jobs", "tables")
        }
        drawn[f"{part}_time"] = growth_chart(f"Time against {along}", phases, along, "seconds")
        kinds = {"a worker at most": "worker", "the driver": "driver", "all together": "together"}
        memory = {name: (sizes, [point[kind] / 1e6 for point in points]) for name, kind in kinds.items()}
        drawn[f"{part}_memory"] = growth_chart(f"Private memory against {along}", memory, along, "MB")
    if "table" in found:
        lines = {
            name: ([float(n) for n in by_workers], list(by_workers.values()))
            for name, by_workers in found["table"]["seconds"].items()
            if name in ("convert", "run: jobs, Parquet order files, core columns")
        }
        if all(len(xs) > 1 for xs, _ in lines.values()):
            drawn["workers_time"] = growth_chart("Time against workers", lines, "workers", "seconds")
    return drawn


def block(found: Mapping[str, Any]) -> str:
    """Return what stands between the marks in perf/README.md."""
    parts = [BEGIN]
    if "table" in found:
        parts += [table_text(found["table"]), projection_text(basis_of(found))]
    for part, along in (("rows", "order events"), ("partitions", "partitions")):
        if part in found:
            parts.append(growth_text(found[part], along))
    parts += [f"![{name.replace('_', ' ')}](figures/{name}.svg)" for name in charts(found)]
    return "\n\n".join([*parts, END])


def basis_of(found: Mapping[str, Any]) -> Basis:
    """Return what was measured for a projection; what tables cost is known best where partitions were, too."""
    table = found["table"]
    seconds = {
        name: {int(n): value for n, value in by_workers.items()} for name, by_workers in table["seconds"].items()
    }
    tables = 0.0, min(seconds["tables and report"].values()) / table["partitions"]
    if "partitions" in found:
        few, *_, many = found["partitions"]["points"]
        each = (many["seconds"]["tables"] - few["seconds"]["tables"]) / (many["size"] - few["size"])
        tables = few["seconds"]["tables"] - few["size"] * each, each
    jobs, start = seconds["run: jobs, Parquet order files, core columns"], seconds["start of workers: jobs"]
    start_of = {"convert": seconds["start of workers: convert"], "jobs": start}
    facts = {name: table[name] for name in ("order_rows", "trade_rows", "csv_bytes", "partitions")}
    return Basis(**facts, convert=seconds["convert"], jobs=jobs, start=start_of, tables=tables)


def table_text(table: Mapping[str, Any]) -> str:
    """Return the table of seconds by number of workers."""
    workers = list(table["seconds"]["convert"])
    head = (
        f"{table['order_rows']:,} order events, {table['trade_rows']:,} trade rows in {table['partitions']:,} "
        f"partitions ({table['csv_bytes'] / 1e9:.1f} GB of CSV, generated), on {table['cores']} cores; seconds:"
    )
    lines = [f"| workers | {' | '.join(workers)} |", f"|---|{'---|' * len(workers)}"]
    for name, by_workers in table["seconds"].items():
        lines.append(f"| {name} | {' | '.join(f'{by_workers[n]:.2f}' if n in by_workers else '-' for n in workers)} |")
    memory = ", ".join(f"{size / 1e6:.0f} MB with {n}" for n, size in table["private"].items())
    return "\n".join([head, "", *lines, "", f"Private memory of a process, at most: {memory}."])


def projection_text(basis: Basis) -> str:
    """Return the projection in words and a table."""
    lines = [
        "| cores | convert | jobs with order files | tables | cold | warm | CSV to be read |",
        "|---|---|---|---|---|---|---|",
    ]
    for cores in CORES:
        found = projected(basis, cores)
        minutes = " | ".join(f"{found[name] / 60:.1f} min" for name in ("convert", "jobs", "tables", "cold", "warm"))
        lines.append(f"| {cores} | {minutes} | {found['read_gb_s']:.2f} GB/s |")
    return "\n".join([assumptions(basis), "", *lines])


def growth_text(part: Mapping[str, Any], along: str) -> str:
    """Return the exponents of growth."""
    points = part["points"]
    sizes = [point["size"] for point in points]
    shown = [
        f"{name} {exponent(sizes, [p['seconds'][name] for p in points]):.2f}" for name in ("convert", "jobs", "tables")
    ]
    memory = [
        f"of {name} {exponent(sizes, [p[kind] for p in points]):.2f} "
        f"({points[0][kind] / 1e6:.0f} to {points[-1][kind] / 1e6:.0f} MB)"
        for name, kind in (("a worker", "worker"), ("the driver", "driver"))
    ]
    return (
        f"Exponents of growth with {along}, {min(sizes):,} to {max(sizes):,} ({part['workers']} workers): "
        f"{', '.join(shown)}; private memory {', '.join(memory)}."
    )
