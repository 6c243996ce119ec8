"""What became of a partition that was built: the record that goes from the builder to the commit."""

from dataclasses import dataclass, field

from tickstore.spill.segments import Key

Removed = tuple[str, int, list[str]]  # table, rows, base names of their files


@dataclass(slots=True)
class BuiltPartition:
    """What became of a partition."""

    number: int
    key: Key
    outcome: str  # new, mended, remade, unchanged, session, completed, merged, replaced, conflict
    digest: str  # of the content
    size: int  # of the file
    head: str  # digest of the file's index and structures
    duplicates: dict[str, list[tuple[int, int, int]]] = field(default_factory=dict)  # byte range, block, row there
    given: dict[str, int] = field(default_factory=dict)  # rows of each table in the file that this input gave
    removed: list[Removed] = field(default_factory=list)  # stored rows whose place others take
    others: list[str] = field(default_factory=list)  # tables that differ from the store's, of a conflict
    contradictions: dict[str, int] = field(default_factory=dict)  # column -> rows that differ from their order's first
