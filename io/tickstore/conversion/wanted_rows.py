"""What came of the conditions on rows (`[input.where]`): values that no row has are misspelt, or of other days.

Called by the pipeline before anything is built, and by `remarks`.
"""

from collections import Counter
from collections.abc import Sequence
from difflib import get_close_matches

from tickstore.conversion.parse_task import ParsedChunk
from tickstore.errors import InputError
from tickstore.input.files import Chunk, Source

Absent = tuple[str, str, str, list[str]]  # table, column, text that no row of the table has there, what others have


def absent_texts(sources: Sequence[Source], chunks: Sequence[Chunk], parsed: Sequence[ParsedChunk]) -> list[Absent]:
    """Return the texts asked for that no row has."""
    hits = Counter[tuple[str, str, str]]()
    others: dict[tuple[str, str], dict[str, None]] = {}
    for part in parsed:
        source = sources[chunks[part.number].source]
        names = source.header.names
        asked = [(names[column], text) for column, texts in source.where for text in texts]
        for (column, text), count in zip(asked, part.hits, strict=True):
            hits[source.table, column, text] += count
        for each in part.others:
            column, _, text = each.partition(":")
            others.setdefault((source.table, names[int(column)]), {})[text] = None
    return [(*key, list(others.get(key[:2], ()))) for key, count in hits.items() if count == 0]


def check_wanted(sources: Sequence[Source], chunks: Sequence[Chunk], parsed: Sequence[ParsedChunk]) -> None:
    """Raise InputError for a text asked for that no row has, while some have one much like it, or where none is kept.

    Rows would be left out that are meant.
    """
    stored = {sources[chunks[part.number].source].table for part in parsed if part.stored or part.rejects}
    for table, column, text, others in absent_texts(sources, chunks, parsed):
        near = [other for other in others if other.casefold() == text.casefold()] or get_close_matches(text, others, 1)
        if near or table not in stored:
            there = (
                f"did you mean {near[0]!r}? Nothing was stored"
                if near
                else f"there are {', '.join(map(repr, others)) or 'no rows'}; nothing was stored"
            )
            raise InputError(
                f"[input.where] asks for rows of {table} with {text!r} in {column}, and no row has that: {there}"
            )


def absent_warnings(sources: Sequence[Source], chunks: Sequence[Chunk], parsed: Sequence[ParsedChunk]) -> list[str]:
    """Return a warning for each text asked for that no row has."""
    return [
        f"no row of {table} has {text!r} in {column}, which [input.where] asks for"
        for table, column, text, _ in absent_texts(sources, chunks, parsed)
    ]
