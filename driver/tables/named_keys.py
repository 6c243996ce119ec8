"""Names beside the ids of tables, where the store knows some; without any, tables are what they were, byte for byte.

`aggregate` asks for them as it writes, the report shows them.
"""

import csv
import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from driver.tables.csv_text import Value, csv_bytes
from tickstore.store.names import StoredNames

NAME_COLUMNS: Final = {  # table -> its key -> columns that follow it
    "by_security": {"security_name": "name"},
    "by_participant": {"participant_name": "name", "participant_type": "type"},
}
NAMED: Final = frozenset(column for columns in NAME_COLUMNS.values() for column in columns)
KEYS: Final = {"security_code": "by_security", "participant_id": "by_participant"}  # -> the table that has its names
# The first columns of contrasts.csv and of fill_curves.csv: a value may be a security or a participant, as the word
# before it says.
PARTS: Final = {("by", "value"): {"security": "security_code"}, ("breakdown", "value"): {key: key for key in KEYS}}
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

    def beside(self, data: bytes) -> bytes:
        """Return a table with names after its codes of securities and participants, in columns where any row has one.

        A table without such codes, or with such columns, stays as it is.
        """
        head = data[: data.find(b"\n")].decode().split(",")
        wanted = [key for key, table in KEYS.items() if key in head and not set(NAME_COLUMNS[table]) & set(head)]
        parts = PARTS.get((head[0], head[1]), {}) if len(head) > 1 else {}
        if not self.names or not (wanted or parts):
            return data
        _, *rows = csv.reader(io.StringIO(data.decode(), newline=""))
        for key in wanted:
            at = head.index(key)
            self._insert(head, rows, at + 1, key, [row[at] for row in rows])
        for word, key in reversed(parts.items()):
            self._insert(head, rows, 2, key, [row[1] if row[0] == word else "" for row in rows])
        return csv_bytes(head, rows) if wanted or NAMED & set(head) else data

    def _insert(self, head: list[str], rows: list[list[str]], at: int, key: str, codes: Sequence[str]) -> None:
        """Insert the names of codes as columns."""
        known, columns = self._known(KEYS[key]), NAME_COLUMNS[KEYS[key]]
        for column, fact in reversed(columns.items()):
            texts = [known.get(code, {}).get(fact, "") for code in codes]
            if any(texts):
                head.insert(at, column)
                for row, text in zip(rows, texts, strict=True):
                    row.insert(at, text)

    def columns(self, key: str, securities: Collection[str]) -> dict[str, dict[str, str]]:
        """Return the columns of names that may follow a key, and their texts by id: participants, and ``securities``.

        Rows that are written one after the other do not show which columns any of them fills.
        """
        table = KEYS.get(key, "")
        known = {
            code: facts for code, facts in self._known(table).items() if table != "by_security" or code in securities
        }
        found = {
            column: {code: facts[fact] for code, facts in known.items() if facts[fact]}
            for column, fact in NAME_COLUMNS.get(table, {}).items()
        }
        return {column: texts for column, texts in found.items() if texts}

    def of_securities(self, codes: Iterable[str]) -> dict[str, str]:
        """Return the names of those of the securities that have one."""
        known = {code: self.names.securities[code].name for code in codes if code in self.names.securities}
        return {code: name for code, name in known.items() if name}

    def participant(self, code: str) -> str:
        """Return a participant's code, and its name where it has one."""
        return f"{code} {self._known('by_participant').get(code, {}).get('name', '')}".strip()

    def _known(self, table: str) -> Mapping[str, Mapping[str, str]]:
        if table == "by_security":
            return {key: {"name": facts.name} for key, facts in self.names.securities.items()}
        if table == "by_participant":
            return {key: {"name": one.name, "type": one.type} for key, one in self.names.participants.items()}
        return {}
