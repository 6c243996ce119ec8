"""Names beside the ids of tables, where the store knows some; without any, tables are what they were, byte for byte.

`aggregate` asks for them as it writes, the report shows them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from driver.tables.csv_text import Value
from tickstore.store.names import StoredNames

NAME_COLUMNS: Final = {  # table -> its key -> columns that follow it
    "by_security": {"security_name": "name"},
    "by_participant": {"participant_name": "name", "participant_type": "type"},
}
Labels = Sequence[tuple[list[Value], int]]


@dataclass(frozen=True, slots=True)
class NamedKeys:
    """Adds columns of names to the keys of tables."""

    names: StoredNames

    def of(self, table: str, keys: Sequence[str], labels: Labels) -> tuple[list[str], Labels]:
        """Return keys and labels, with those columns in which any row has a name."""
        known = self._known(table)
        found = [(column, [known.get(str(label[0]), {}).get(fact, "") for label, _ in labels])
                 for column, fact in NAME_COLUMNS.get(table, {}).items()]  # fmt: skip
        found = [(column, texts) for column, texts in found if any(texts)]
        named = [
            ([label[0], *(texts[n] for _, texts in found), *label[1:]] if found else label, row)
            for n, (label, row) in enumerate(labels)
        ]
        return [*keys[:1], *(column for column, _ in found), *keys[1:]], named

    def _known(self, table: str) -> Mapping[str, Mapping[str, str]]:
        if table == "by_security":
            return {key: {"name": facts.name} for key, facts in self.names.securities.items()}
        if table == "by_participant":
            return {key: {"name": one.name, "type": one.type} for key, one in self.names.participants.items()}
        return {}
