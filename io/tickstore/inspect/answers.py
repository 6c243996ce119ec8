"""What a run could compute from what a folder has, and what it could not, each with the reason. For `folder`."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from kernels.conventions import TYPE_DARK, TYPE_SWEEP
from tickstore.conversion.rejects import most_rejects
from tickstore.inspect.findings import Answer, CodeFinding, FileFinding, OrphanFinding, QuoteFinding, TableFinding
from tickstore.request import ConvertRequest


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the answers go by."""

    fields: Mapping[str, Set[str]]  # table -> fields with a column in all its files; only tables with rows
    order_types: tuple[CodeFinding, ...]
    quotes: QuoteFinding | None
    orphans: OrphanFinding | None
    refused: str = ""  # why a run would not take the files at all


def answers(found: Evidence) -> tuple[Answer, ...]:
    """Return the questions of a run with their answers."""
    if "orders" not in found.fields:
        return (Answer("anything", False, "there are no order rows, which every run starts from"),)
    if found.refused:
        return (Answer("anything", False, found.refused),)
    own = found.fields["orders"]
    lacks_trades, quotes = _trades_problem(found), _quotes(found)
    lacks = lacks_trades or ("" if quotes else "no valid quotes")
    types = [int(code.code) for code in found.order_types if code.code.isdigit()]
    sweeps = sum(bool(code & TYPE_SWEEP) for code in types)
    no_types = "no column for order_type"
    return (
        Answer("quantities, outcomes, fill ratios", True, "from order states" if lacks_trades else "from trades"),
        Answer("prices, VWAP, times to fill", not lacks_trades, lacks_trades or "from trades"),
        Answer("benchmarks, spreads, charges for the unfilled", bool(quotes), quotes or "no valid quotes"),
        Answer("costs of what filled, markouts", not lacks, lacks or f"from trades and {quotes}"),
        Answer("scenarios A, B, C", not lacks, lacks or f"from orders, trades and {quotes}"),
        _replay(lacks, types, no_types if "order_type" not in own else ""),
        Answer("sweeps", sweeps > 0, f"{sweeps} of {len(types)} order types" if "order_type" in own else no_types),
        _venues(lacks_trades, found.fields.get("trades", set())),
        _queue(own),
        _parents(own),
        _optional(own, "decision_time", "delay before an order was sent"),
    )


def refusal(
    files: Sequence[FileFinding], tables: Sequence[TableFinding], sessions: str, request: ConvertRequest
) -> str:
    """Return why a run would refuse the files, "" where nothing read so far shows that it would.

    sessions : what is wrong with the files of sessions.
    """
    for file in files:
        if file.missing:
            return f"a run refuses {file.path}: no column for {', '.join(file.missing)}; map them or take the file out"
        if file.refused:
            return f"a run refuses {file.path}: {file.refused}"
    if sessions:
        return f"a run refuses the sessions: {sessions}"
    bad, read = (sum(getattr(table, name) for table in tables) for name in ("unreadable_times", "rows_read"))
    if bad > most_rejects(request, read) or (bad and bad == read):
        where = ", ".join(f"{t.unreadable_times:,} of {t.table}" for t in tables if t.unreadable_times)
        return f"a run refuses {bad:,} of {read:,} rows, their times cannot be read ({where}); `inspect` a file of them"
    return ""


def _trades_problem(found: Evidence) -> str:
    if "trades" not in found.fields:
        return "no trades"
    orphans = found.orphans
    if orphans and orphans.trade_rows and orphans.without_order == orphans.trade_rows:
        return "no trade belongs to an order that is there"
    return ""


def _quotes(found: Evidence) -> str:
    """Return where quotes come from, "" where there are none."""
    if "nbbo" in found.fields:
        return "quotes" if found.quotes is None or found.quotes.valid else ""
    has_snapshots = {"national_bid", "national_offer"} <= found.fields["orders"]
    return "snapshots on order rows (--quotes_from_orders)" if has_snapshots else ""


def _replay(lacks: str, types: list[int], no_types: str) -> Answer:
    dark = sum(bool(code & TYPE_DARK) for code in types)
    why = lacks or no_types or (f"{dark} of {len(types)} order types rest in the dark" if dark else "no dark orders")
    return Answer("the dark book replayed", bool(dark) and not lacks, why)


def _venues(lacks: str, fields: Set[str]) -> Answer:
    why = lacks or ("by deal source" if "deal_source" in fields else "no column for deal_source")
    return Answer("lit, dark, auction and booked apart", not lacks and "deal_source" in fields, why)


def _queue(own: Set[str]) -> Answer:
    what = "the order of the queue"
    if "ranking_time" in own:
        return Answer(what, True, "ranking times are stated")
    if "sequence" in own:
        return Answer(what, True, "rebuilt from times and sequence")
    return Answer(what, False, "no sequence: rows of equal times keep the order of the file")


def _parents(own: Set[str]) -> Answer:
    if "parent_id" not in own and "previous_order_id" in own:
        return Answer("parent orders", True, "from previous orders")
    return _optional(own, "parent_id", "parent orders")


def _optional(own: Set[str], field: str, what: str) -> Answer:
    return Answer(what, field in own, f"{field} has a column" if field in own else f"no column for {field}")
