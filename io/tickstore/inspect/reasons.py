"""Why a file may not carry what a run asks, however its columns are named: messages instead of states, no order ids.

For `proposal`, as notes.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from tickstore.input.fields import canonical
from tickstore.inspect.sample import LOBSTER, Sample

_ACTIONS: Final = (
    "action", "type", "eventtype", "event", "messagetype", "msgtype", "exectype", "updatetype",
)  # fmt: skip
_WORDS: Final = 9  # more different kinds are no kinds of messages
_LOOKED_AT: Final = 2000


def message_column(sample: Sample) -> str:
    """Return the column that says what a row does to the book, "" where rows are not messages."""
    if sample.header == LOBSTER:
        return "event_type"
    for number, name in enumerate(sample.names):
        kinds = set(sample.cells(number)[:_LOOKED_AT])
        if canonical(name) in _ACTIONS and kinds and len(kinds) <= _WORDS and all(len(kind) < 20 for kind in kinds):
            return name
    return ""


def readable_kinds(sample: Sample, good: Sequence[Sequence[str]], refused: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Return the column of kinds of rows and those that can be read, where the rows refused are all of other kinds."""
    name = message_column(sample)
    if name not in sample.names or not good or not refused:
        return ()
    column = sample.names.index(name)
    wanted, others = ({cells[column] for cells in rows} for rows in (good, refused))
    return () if wanted & others else (name, *sorted(wanted))


def stays_whole(sample: Sample, columns: Mapping[str, str]) -> str:
    """Return an order whose quantity stays as it is while more and more of it matches; "" where there is none.

    columns : the file's columns by field
    """
    names = [columns.get(name, "") for name in ("order_id", "quantity", "matched_quantity")]
    if not set(names) <= set(sample.names):
        return ""
    cells = [sample.cells(sample.names.index(name)) for name in names]
    matched: dict[tuple[str, str], set[str]] = {}
    for order, quantity, done in zip(*cells, strict=False):
        matched.setdefault((order, quantity), set()).add(done)
    return next((order for (order, _), done in matched.items() if len(done) > 1), "")


def reasons(sample: Sample, table: str, missing: Sequence[str], columns: Mapping[str, str]) -> list[str]:
    """Return what a file lacks that no mapping can say.

    missing : needed fields without a column; columns : those of the others, by field
    """
    if table == "orders" and "leaves_quantity" in missing and (order := stays_whole(sample, columns)):
        return [
            f"no column says what is left of an order, and {columns['quantity']} does not: it stays as it is while "
            f"order {order} trades. Add a column of quantity less what has matched and was withdrawn"
        ]
    if table == "orders" and {"leaves_quantity", "matched_quantity"} <= set(missing) and message_column(sample):
        name = message_column(sample)
        kinds = sorted(set(sample.cells(sample.names.index(name))[:_LOOKED_AT]))
        return [
            f"rows look like messages ({name}: {', '.join(kinds)}), not like states of orders; what is left of an "
            "order and what has matched is not in the file and must be added up first"
        ]
    if table == "trades" and "order_id" in missing:
        return ["trades without the order they belong to: no order can be told its fills by them"]
    return []
