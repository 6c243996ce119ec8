"""Every line of the input is a row, a reject or a blank, and every row is in a day file: checked by other counts.

Called by the pipeline between its steps and by `conversion` before it commits.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from tickstore.conversion.parse_task import ParsedChunk
from tickstore.errors import InputError, StoreError
from tickstore.input.files import Chunk, Source
from tickstore.request import ConvertRequest
from tickstore.rules import rules_of
from tickstore.store.commit import BuiltPartition
from tickstore.store.paths import MANIFEST_NAME

_FEW_ROWS = 10  # of an orders file; fewer may well be of a security each
_FAULT = "the file changed while it was read, or this program is at fault; nothing was stored"


def count_lines(
    sources: Sequence[Source], chunks: Sequence[Chunk], parsed: Sequence[ParsedChunk]
) -> dict[str, Counter[str]]:
    """Return lines read, stored, rejected and blank of each table.

    StoreError: the lines a parser passed are not the newlines of the raw bytes, or some became nothing.
    """
    counts: dict[str, Counter[str]] = {}
    passed, raw, covered = Counter[int](), Counter[int](), Counter[int]()
    for part in parsed:
        chunk = chunks[part.number]
        passed[chunk.source] += part.lines
        raw[chunk.source] += part.raw_lines
        covered[chunk.source] += chunk.stop - chunk.start
        count = counts.setdefault(sources[chunk.source].table, Counter())
        count.update(read=part.lines, stored=part.stored, rejected=len(part.rejects), blank=part.blank)
        count.update(other_dates=part.other_dates, left_out=part.left_out)
        placed = sum(rows for _, rows in part.keys)
        told = part.stored + len(part.rejects) + part.blank + part.left_out
        if part.lines != told or placed != part.stored:
            raise StoreError(
                f"{sources[chunk.source].path}: {part.lines} lines from byte {chunk.start} became {placed} placed of "
                f"{part.stored} rows, {len(part.rejects)} rejects, {part.blank} blanks, {part.left_out} left out: "
                f"{_FAULT}"
            )
    for number, source in enumerate(sources):
        if covered[number] != source.size or passed[number] != raw[number]:
            raise StoreError(
                f"{source.path}: {raw[number]} lines in {source.size} bytes, {passed[number]} read from "
                f"{covered[number]}: {_FAULT}"
            )
    return counts


def check_copies(sources: Sequence[Source], chunks: Sequence[Chunk], parsed: Sequence[ParsedChunk]) -> None:
    """Raise InputError for two files of a table that are the same: without a sequence, rows would be stored twice.

    A packed file is known by its text: it may be there plain, too, or packed in another way.
    """
    pages = ["" for _ in sources]
    for part in parsed:
        pages[chunks[part.number].source] += part.text or part.pages
    empty = files_without_rows(sources, chunks, parsed)
    seen: dict[tuple[str, str], str] = {}
    for number, source in enumerate(sources):
        other = seen.setdefault((source.table, pages[number]), source.path)
        if other != source.path and source.path not in empty:
            raise InputError(
                f"{source.table}: {other} and {source.path} hold the same, byte for byte; give one of them"
            )


def check_orders(request: ConvertRequest, sources: Sequence[Source], counts: Mapping[str, Counter[str]]) -> None:
    """Raise InputError where a new store would hold no orders: a run could say nothing, and refuses it."""
    if counts.get("orders", Counter())["stored"] or (request.store / MANIFEST_NAME).exists():
        return
    first = next((source.path for source in sources if source.table == "orders"), sources[0].path)
    raise InputError(f"{first}: no row of orders: nothing was stored. Trades and quotes can be added to orders later")


def check_securities(
    request: ConvertRequest, sources: Sequence[Source], chunks: Sequence[Chunk], parsed: Sequence[ParsedChunk]
) -> None:
    """Raise InputError for an orders file that makes a security of each row: what it numbers are rows or orders.

    A column that the user named is what the user says. Trades and quotes may well be one row a security.
    """
    said = {name for name, rule in rules_of(request.columns).items() if rule.column is not None}
    if said & {"security", "orders.security"}:
        return
    rows, names = Counter[int](), dict[int, set[str]]()
    for part in parsed:
        number = chunks[part.number].source
        rows[number] += part.stored
        names.setdefault(number, set()).update(security for (security, _), _ in part.keys)
    for number, source in enumerate(sources):
        if source.table == "orders" and _FEW_ROWS <= rows[number] == len(names[number]):
            column = next(r.column for r in source.readings if r.field.name == "security")
            raise InputError(
                f"{source.path}: column {source.header.names[column]!r} is taken for the security and has another "
                f"value on each of {rows[number]} rows; nothing was stored. Name the column that is the security, or "
                f"this one if it is: --columns=security:{source.header.names[column]}"
            )


def files_without_rows(sources: Sequence[Source], chunks: Sequence[Chunk], parsed: Sequence[ParsedChunk]) -> list[str]:
    """Return the files of which no row is stored."""
    full = {chunks[part.number].source for part in parsed if part.stored}
    return [source.path for number, source in enumerate(sources) if number not in full]


def check_built(counts: Mapping[str, Counter[str]], built: Sequence[BuiltPartition]) -> None:
    """Raise StoreError when the day files do not hold as many rows as were stored."""
    for table, count in counts.items():
        held = sum(partition.given.get(table, 0) for partition in built)
        if held != count["stored"]:
            raise StoreError(
                f"{table}: {count['stored']} rows were read and {held} are in the day files: "
                "a fault of this program; nothing was stored"
            )
