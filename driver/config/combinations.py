"""What `aggregate_by` asks for: keys of tables, and combinations of keys, joined by a plus sign.

Beside `keys`: `checks` refuses what cannot be summed, `driver.plan` asks what jobs must keep for it, `driver.tables`
how the tables are called.
"""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from tickstore.errors import UserError

PLUS: Final = "+"
OWN_TABLES: Final = ("security_code", "date", "participant_id")  # each chooses a table of its own
ALWAYS: Final = ("hour", "size_bucket", "group", "marketability")  # each has a table that no value needs to ask for
PARTITION: Final = ("security_code", "date")  # of a job: no sums are of several
OF_CELLS: Final = ("participant_id", "hour", "size_bucket", "group")
# Keys that all jobs sum their orders by together; by keys of several of these sets they do where it is asked for.
TOGETHER: Final = (OF_CELLS, ("phase", "spread", "volume_share"), ("volatility",), ("marketability",))
KEYS: Final = (*PARTITION, *(key for keys in TOGETHER for key in keys))
_FILE: Final = re.compile(rf"by((?:_(?:{'|'.join(KEYS)}))+)\.csv")

Keys = tuple[str, ...]


def combinations_of(values: Sequence[str]) -> tuple[Keys, ...]:
    """Return the keys of each table that ``values`` of `aggregate_by` ask for beside those that have other names."""
    asked = (tuple(value.split(PLUS)) for value in values)
    return tuple(keys for keys in asked if len(keys) > 1 or keys[0] not in (*OWN_TABLES, *ALWAYS))


def needs_cell_sums(values: Sequence[str]) -> bool:
    """Return whether a combination needs sums as fine as jobs make them: they keep them by participant, and the rest.

    Those are five to fifty times as many.
    """
    fine = [keys for keys in combinations_of(values) if not _is_mixed(keys)]
    return any("participant_id" in keys and len(set(keys) & set(OF_CELLS)) > 1 for keys in fine)


def mixed_keys(values: Sequence[str]) -> Keys:
    """Return the keys that jobs must sum their orders by once more: all of combinations that are of several sets."""
    asked = {key for keys in combinations_of(values) if _is_mixed(keys) for key in keys}
    return tuple(key for key in KEYS if key in asked and key not in PARTITION)


def needs_more(value: str) -> bool:
    """Return whether a value of `aggregate_by` needs sums that jobs keep only where it is asked for."""
    return needs_cell_sums([value]) or bool(mixed_keys([value]))


def _is_mixed(keys: Keys) -> bool:
    """Return whether keys are of several of the sets that all jobs sum by."""
    return not any({*keys} <= {*PARTITION, *together} for together in TOGETHER)


def combination_name(keys: Keys) -> str:
    """Return the name of a combination's table, without its ending."""
    return "_".join(("by", *keys))


def combination_keys(file: str) -> Keys:
    """Return the keys that the table of a file name is by; none: it is no combination's."""
    named = _FILE.fullmatch(file)
    keys = tuple(re.findall("|".join(KEYS), named[1])) if named else ()
    return keys if len(set(keys)) == len(keys) else ()


def check_combinations(values: Sequence[str]) -> None:
    """Raise a UserError for keys, or combinations of them, that are named twice."""
    seen: dict[frozenset[str], str] = {}
    for value in values:
        keys = value.split(PLUS)
        told = f"--aggregate_by: {value}"
        if twice := [key for key, count in Counter(keys).items() if count > 1]:
            raise UserError(f"{told} names {twice[0]} twice: give each key once, of {', '.join(KEYS)}")
        if (before := seen.get(frozenset(keys))) is not None:
            same = (
                f"--aggregate_by names {value} twice" if value == before else f"{told} and {before} are the same rows"
            )
            raise UserError(f"{same}: give each combination once, of the keys {', '.join(KEYS)}")
        seen[frozenset(keys)] = value
