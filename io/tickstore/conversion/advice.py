"""What a user can do about a bad row: the setting that would read it. For the messages of refused conversions."""

import re
from typing import Final

from tickstore.input.fields import FIELDS, IDS
from tickstore.parse.odd_lines import NO_ROW, NO_SHARES, ROUNDED_ID, STANDS_FOR_NONE, TOO_MANY_DECIMALS
from tickstore.times.local_clocks import REPEATED_TIME, SKIPPED_TIME
from tickstore.times.stated_formats import NOT_AS_STATED
from tickstore.times.written_times import AMBIGUOUS, ROUNDED, describe_forms

_NO_NULL: Final = {
    field.name for fields in FIELDS.values() for field in fields if field.required and not field.nullable
}
_NEEDED: Final = {field.name for fields in FIELDS.values() for field in fields if field.required}
_TIMES: Final = ("malformed time", "time out of range", AMBIGUOUS, NOT_AS_STATED)
_CLOCK_CHANGES: Final = (
    "where summer time begins or ends a local clock skips times and shows others twice: write them with their offset "
    "(2024-10-06T03:30:00+11:00), in UTC (2024-10-05T16:30:00Z) or as numbers (--time_unit, --epoch); of a clock that "
    "never changes say so: --timezone=UTC, or Etc/GMT-10 for UTC+10"
)
_BY_REASON: Final = {
    SKIPPED_TIME: _CLOCK_CHANGES,
    REPEATED_TIME: _CLOCK_CHANGES,
    TOO_MANY_DECIMALS: (
        "say how many decimals there are: --price_decimals for prices, --quantity_decimals for quantities"
    ),
    "missing date": "say of which date the clocks are: --date",
    "malformed date": (
        "write dates as 2024-09-05 or 20240905, or state how date and clock look together: "
        "--time_format='%d/%m/%Y %H:%M:%S'"
    ),
    NO_ROW: "remove titles and totals, or allow for so many of them",
    "extra fields": "a delimiter within a cell needs quotes around it",
    "missing fields": "rows need as many cells as the header",
    "not UTF-8": "convert the file to UTF-8 first, say with iconv -f WINDOWS-1252 -t UTF-8",
    "NUL byte": "a damaged file, or UTF-16 text, which must be converted to UTF-8 first",
    "unclosed quote": "a quote must be closed on its line",
    ROUNDED: (
        "scientific notation leaves digits out: write times in full, as whole numbers (astype('int64') in pandas, "
        "format 0 in a spreadsheet) or as 2024-09-05T10:00:00.123"
    ),
    ROUNDED_ID: (
        "floats keep 15 to 17 digits, so that orders cannot be told apart: write ids as whole numbers or as text; if "
        "these are names as they are, say --order_ids=text"
    ),
    "name too long": "names and ids have 64 characters at most",
    "duplicate": "say --duplicates=keep where rows that look alike are not the same",
}


# Numbers that a spreadsheet shows for people, and what to do about each.
_NOISY: Final = re.compile(r"\.\d*(0{5}|9{5})\d{1,3}$")
_DRESSED: Final = (
    (
        re.compile(r"-?\d{1,3}(,\d{3}){2,}(\.\d*)?|-?\d{1,3}(,\d{3})+\.\d*"),
        "write numbers without separators of thousands",
    ),
    (
        re.compile(r"-?\d{1,3},\d{3}"),
        "write numbers without separators of thousands, and a point where a comma begins decimals",
    ),
    (
        re.compile(r"-?(\d{1,3}(\.\d{3})+|\d+),\d*"),
        "write a point where a comma begins decimals, and no separators of thousands",
    ),
    (
        re.compile(r"[^\w.+-]+\s*-?[\d.,]+|-?[\d.,]+\s*([^\w\s]|[A-Z]{3})"),
        "write numbers without their currency or unit",
    ),
    (re.compile(r"\(\s*[\d.,]+\s*\)"), "write negative numbers with a minus, not in brackets"),
)


def advice_for(reason: str, column: str, field: str, cell: str = "") -> str:
    """Return what to do about rows that are bad for a reason, in one clause; ``field`` is what ``column`` is."""
    if reason in _TIMES:
        alone = f"; in one table alone: [input.columns] TABLE.{field} = {{format = ...}}" * (reason == NOT_AS_STATED)
        return (
            f"{describe_forms()}; say another form with --time_format, --time_unit and --epoch, or where the date of a "
            f"clock is with --date{alone}"
        )
    if not field:
        return _BY_REASON.get(reason, "mend the file")
    if field in IDS and reason in ("malformed number", "out of range"):
        return f"in {column}: ids are numbers of 64 bits, or text with --order_ids=text"
    rule = f'[input.columns] {field} = {{column = "{column}", '
    if reason == STANDS_FOR_NONE:
        return (
            f"in {column}: where a number stands for no value, the row has none; if one is a value as it is, say so: "
            f'{rule}values = {{NUMBER = "NUMBER"}}}}, or which rows are meant, if a column tells: --where=COLUMN=VALUE'
        )
    if reason == "unknown side":
        return f'say what the words mean: {rule}values = {{X = "B", Y = "S"}}}}'
    if reason == "missing value":
        stands = f'say what an empty cell stands for: {rule}constant = "0"}}'
        return f"{stands}, or which rows are meant, if a column tells: --where=COLUMN=VALUE"
    if reason == NO_SHARES:
        return f"in {column}: say which rows are trades, if a column tells: --where=COLUMN=VALUE"
    dressed = next((advice for form, advice in _DRESSED if form.fullmatch(cell)), "")
    if reason == "malformed number" and dressed:
        return f"in {column}: {dressed}"
    if reason == TOO_MANY_DECIMALS and _NOISY.search(cell):
        return f"in {column}: floats are written with their noise: round them first (3.35, not 3.3500000000000001)"
    if reason in ("malformed number", "negative value", "out of range"):
        leave = "" if field in _NEEDED else f", or leave the column out: --columns={field}:"
        words = f'{rule}null_values = ["x"]}}, or --null_values=x'
        if field in _NO_NULL:
            words = f'{rule}values = {{"x" = "0"}}}}, or which rows are meant, if a column tells: --where=COLUMN=VALUE'
        return f"in {column}: say what stands for no value or another one: {words}{leave}"
    return _BY_REASON.get(reason, "mend the file")
