"""What `inspect` prints of a folder for people. For programs it is `tickstore.FolderInspection` as JSON.

`commands` calls it.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from driver.command_line.printed import table_lines

if TYPE_CHECKING:  # nothing heavy is imported to print what is at hand
    from tickstore import FolderInspection

SHOWN_FILES = 20
SHOWN_CODES = 30
SHOWN_NAMES = 6
FAMILIES = {"exchange_capitals": "exchange, capitals", "exchange_lower": "exchange, lower case", "other": "other"}


def folder_text(found: "FolderInspection") -> str:
    """Return what a look at a folder found."""
    lines = [found.path, "", *_files(found), "", *_tables(found)]
    for title, codes in (
        ("order types", found.order_types),
        ("change reasons", found.change_reasons),
        ("deal sources", found.deal_sources),
    ):
        lines += _codes(title, [asdict(code) for code in codes])
    lines += [*_outcomes(found), *_quotes(found), *_sessions(found), *_orphans(found)]
    lines += ["", "what a run could compute"]
    width = max((len(answer.what) for answer in found.answers), default=0)
    lines += [f"  {'yes' if a.possible else 'no':<4} {a.what:<{width}}  {a.why}" for a in found.answers]
    lines += [f"note: {note}" for note in found.notes]
    return "\n".join(lines)


def _count(number: int, exact: bool) -> str:
    return f"{number:,}" if exact else f"about {number:,}"


def _percent(share: float) -> str:
    if 0 < share < 0.0005:
        return "<0.1%"
    return ">99.9%" if 0.9995 <= share < 1 else f"{share:.1%}"


def _files(found: "FolderInspection") -> list[str]:
    rows = [
        {
            "file": file.path,
            "table": file.table,
            "rows": _count(file.rows, file.exact),
            "header": f"{FAMILIES[file.family]} ({file.columns})" if file.columns else "",
            "packed": "" if file.form == "plain" else file.form,
        }
        for file in found.files[:SHOWN_FILES]
    ]
    lines = table_lines(("table", "rows", "header", "packed", "file"), rows)
    if len(found.files) > SHOWN_FILES:
        lines.append(f"... and {len(found.files) - SHOWN_FILES} more files (all with --json)")
    for file in found.files:
        if file.problem:
            lines.append(f"not read: {file.path}: {file.problem}")
        elif file.missing:
            lines.append(f"{file.path}: no column for {', '.join(file.missing)}: `inspect` of the file proposes some")
        elif file.refused:
            lines.append(f"{file.path}: a run refuses it: {file.refused}")
    if found.unknown_files:
        lines.append(f"not known by their names: {_some(found.unknown_files)}")
    lines += [f"{kind}: {count:,} ids with what is known of them" for kind, count in found.names.items() if count]
    return lines


def _tables(found: "FolderInspection") -> list[str]:
    rows = [
        {
            "table": table.table,
            "files": table.files,
            "rows": _count(table.rows, table.exact),
            "securities": table.securities,
            "dates": table.dates,
            "from": table.first_date,
            "to": table.last_date,
            "security-days": table.security_days,
            "times unread": table.unreadable_times,
        }
        for table in found.tables
    ]
    names = ("table", "files", "rows", "securities", "dates", "from", "to", "security-days", "times unread")
    some = [f"securities of {one.table}: {_some(one.some_securities, one.securities)}" for one in found.tables[:1]]
    return table_lines(names, rows) + some


def _codes(title: str, codes: Sequence[dict[str, Any]]) -> list[str]:
    if not codes:
        return []
    width = max(len(code["code"]) for code in codes[:SHOWN_CODES])
    lines = ["", f"{title} (rows)"]
    lines += [f"  {code['rows']:>12,}  {code['code']:>{width}}  {code['meaning']}" for code in codes[:SHOWN_CODES]]
    unknown = [code["code"] for code in codes if not code["known"]]
    if len(codes) > SHOWN_CODES:
        lines.append(f"  ... and {len(codes) - SHOWN_CODES} more codes (all with --json)")
    return lines + [f"  unknown codes: {_some(unknown)}"] * bool(unknown)


def _outcomes(found: "FolderInspection") -> list[str]:
    rows = [asdict(outcome) for outcome in found.outcomes if outcome.orders]
    if not rows:
        return []
    names = ("kind", "orders", "fully_filled", "partially_filled", "untouched")
    for row in rows:
        total = row["orders"]
        row |= {name: f"{row[name]:,} ({_percent(row[name] / total)})" for name in names[2:]}
    return ["", "how orders ended, by their last rows", *table_lines(names, rows)]


def _quotes(found: "FolderInspection") -> list[str]:
    quotes = found.quotes
    if quotes is None:
        return []
    states = ("valid", "locked", "crossed", "one_sided", "absent")
    shares = ", ".join(f"{name.replace('_', '-')} {_percent(getattr(quotes, name))}" for name in states)
    known = ", ".join(f"{name} ({count})" for name, count in quotes.sessions_from.items())
    lines = ["", f"quotes, of the time of continuous trading on {quotes.security_days:,} security-days: {shares}"]
    lines.append(f"  continuous trading as known from: {known}")
    if quotes.poorest[0][1] < 1:
        poorest = ", ".join(f"{name} {_percent(share)}" for name, share in quotes.poorest)
        lines.append(f"  least covered: {poorest}")
    if quotes.out_of_order:
        lines.append(f"  {quotes.out_of_order:,} quotes stand after later ones and are left out of these shares")
    return lines


def _sessions(found: "FolderInspection") -> list[str]:
    sessions = found.sessions
    if sessions.problem:
        return ["", f"sessions cannot be used: {sessions.problem}"]
    if not sessions.files:
        return ["", "sessions: no files; a run takes them from trades and quotes"]
    span = f", {sessions.first_date} to {sessions.last_date}" if sessions.first_date else ""
    return ["", f"sessions: {sessions.sessions:,} of {sessions.securities:,} securities{span}"]


def _orphans(found: "FolderInspection") -> list[str]:
    orphans = found.orphans
    if orphans is None:
        return ["orphans: not counted, which needs all rows of orders and trades"]
    lines = [
        f"orphans: {orphans.without_order:,} of {orphans.trade_rows:,} trade rows are of no order that is there; "
        f"{orphans.without_trade:,} of {orphans.matched_orders:,} orders that matched have no trade"
    ]
    return lines + [
        f"securities of orders that {table} lacks: {_some(names)}" for table, names in orphans.never_meet.items()
    ]


def _some(names: Sequence[str], count: int | None = None) -> str:
    left = (len(names) if count is None else count) - min(len(names), SHOWN_NAMES)
    return ", ".join(names[:SHOWN_NAMES]) + (f" and {left:,} more" if left > 0 else "")
