"""Why a file may not carry what a run asks, however its columns are named: messages instead of states, no order ids.

For `proposal`, as notes.
"""

from collections.abc import Sequence
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


def reasons(sample: Sample, table: str, missing: Sequence[str]) -> list[str]:
    """Return what a file lacks that no mapping can say; ``missing`` are needed fields without a column."""
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
