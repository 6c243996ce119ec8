"""What `commands` print for people, and the same facts as plain dictionaries for --json; nothing is printed here."""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # nothing heavy is imported to print what is at hand
    from marketgen import GeneratedFiles
    from tickstore import ConvertReport, Inspection, VerifyReport


def input_facts(report: "ConvertReport") -> dict[str, Any]:
    """Return what became of the rows of the input, table by table, and why some were rejected."""
    tables = {name: asdict(count) for name, count in report.tables.items()}
    return {"tables": tables, "reject_reasons": report.reject_reasons, "rejects": str(report.rejects_path)}


def input_lines(report: "ConvertReport") -> list[str]:
    """Return what became of the rows of the input in a line, and another where some were rejected."""
    counts = [
        f"{sum(getattr(count, name) for count in report.tables.values()):,} {name}"
        for name in ("stored", "rejected", "blank", "left_out")
        if name != "left_out" or any(count.left_out for count in report.tables.values())
    ]
    read = sum(count.read for count in report.tables.values())
    return [f"input: {read:,} rows read: {', '.join(counts)}", *_reject_lines(report)]


def _reject_lines(report: "ConvertReport") -> list[str]:
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in sorted(report.reject_reasons.items()))
    return [f"rejected rows: {reasons}; see {report.rejects_path}"] if reasons else []


def table_lines(names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return rows as aligned columns, headed by their names."""
    cells = [list(names), *([_cell(row.get(name)) for name in names] for row in rows)]
    widths = [max(len(row[k]) for row in cells) for k in range(len(names))]
    return ["  ".join(text.rjust(width) for text, width in zip(row, widths, strict=True)) for row in cells]


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.4f}"
    if isinstance(value, int):
        return f"{value:,}"
    return "" if value is None else str(value)


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def convert_text(report: "ConvertReport", store: str) -> str:
    """Return what a conversion did."""
    if report.nothing_to_do:
        checked = (
            "every byte of them was checked"
            if report.bytes_checked
            else f"checked by size, date and index only: `python -m driver verify --store={store}` reads every byte"
        )
        lines = [f"nothing to do: {len(report.partitions)} day files of these inputs are in {store}; {checked}"]
    else:
        lines = [f"{len(report.written)} day files written to {store}, {len(report.unchanged)} unchanged"]
    dates = sorted({date for _, date in report.partitions})
    if dates:
        securities = len({security for security, _ in report.partitions})
        span = dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"
        named = _counted(securities, "security", "securities")
        lines.append(f"{named}, {_counted(len(dates), 'date', 'dates')}: {span}")
    rows: list[dict[str, Any]] = [{"table": name} | asdict(count) for name, count in report.tables.items()]
    left = ("left_out",) if any(count.left_out for count in report.tables.values()) else ()
    lines += table_lines(("table", "read", "stored", "rejected", "blank", *left), rows)
    if not report.nothing_to_do:
        megabytes = report.input_bytes / 1e6
        lines.append(f"{megabytes:,.1f} MB in {report.seconds:.1f} s, {report.stored_bytes / 1e6:,.1f} MB stored")
    lines += _reject_lines(report)
    lines.append(f"next: python -m driver run --store={store}")
    return "\n".join(lines)


def synth_text(written: "GeneratedFiles") -> str:
    """Return what the generator wrote."""
    return (
        f"{written.order_rows:,} order rows in {written.orders}\n"
        f"{written.trade_rows:,} trade rows in {written.trades}\n"
        f"{written.quote_rows:,} quote rows in {written.nbbo}\n"
        f"next: python -m driver run --orders={written.orders} --trades={written.trades} --nbbo={written.nbbo}"
    )


def verify_text(found: "VerifyReport", accepted: Sequence[Path]) -> str:
    """Return what a check of a store found."""
    lines = [f"accepted {path}" for path in accepted]
    lines += [f"{problem.kind}: {problem.path}: {problem.message}" for problem in found.problems]
    state = f"{len(found.problems)} problems" if found.problems else "sound"
    return "\n".join([*lines, f"{found.files} day files, {found.bytes / 1e6:,.1f} MB: {state}"])


def inspection_text(found: "Inspection") -> str:
    """Return what a look at a file found."""
    table = f"looks like {found.table}" if found.table else "is like none of orders, trades, nbbo"
    lines = [f"{found.path} {table}; {found.rows_sampled:,} rows looked at"]
    names = ("name", "field", "low", "high", "nulls", "distinct")
    lines += table_lines(names, [asdict(column) for column in found.columns])
    if found.missing:
        lines.append(f"required and not found: {', '.join(found.missing)}")
    if found.mapping:
        lines += ["", "as configuration:", found.mapping.rstrip()]
    if found.first_rows:
        lines += ["", "the first rows, as they would be stored with it:"]
        shown = list(dict.fromkeys(name for row in found.first_rows for name in row))
        width = max(map(len, shown))
        lines += [f"  {name:<{width}}  " + " | ".join(row.get(name, "") for row in found.first_rows) for name in shown]
    lines += [f"note: {note}" for note in found.notes]
    return "\n".join(lines)


def folded(text: str, width: int) -> str:
    """Return a text for a terminal so wide: sentences are folded between words, tables and paths stay as they are.

    What goes into a file or to another program stays a line a sentence.
    """
    lines = []
    for line in text.splitlines():
        sentence = len(line) > width and not line.startswith(" ") and "  " not in line
        lines += _folded(line, width) if sentence else [line]
    return "\n".join(lines)


def _folded(line: str, width: int) -> list[str]:
    return textwrap.wrap(line, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
