"""What a user can do about a bad row: the setting that would read it. For the messages of refused conversions."""

from typing import Final

from tickstore.times.stated_formats import NOT_AS_STATED
from tickstore.times.written_times import AMBIGUOUS, describe_forms

_BY_REASON: Final = {
    "too many decimals": (
        "say how many decimals there are: --price_decimals for prices, --quantity_decimals for quantities"
    ),
    "unknown side": 'say what the words mean: [input.columns] side = {column = "...", values = {X = "B", Y = "S"}}',
    "missing value": 'give a constant where a column is empty: [input.columns] field = {constant = "0"}',
    "negative value": "name the values that stand for none: --null_values",
    "out of range": "name the values that stand for none: --null_values, or leave the column out: --columns=field:",
    "missing date": "say of which date the clocks are: --date",
    "malformed date": "write dates as 2024-09-05 or 20240905",
    "extra fields": "a delimiter within a cell needs quotes around it",
    "missing fields": "rows need as many cells as the header",
    "unclosed quote": "a quote must be closed on its line",
}
_NUMBERS: Final = "if the column is not needed leave it out (--columns=field:), else say what its words mean (values)"


def advice_for(reason: str, column: str) -> str:
    """Return what to do about rows that are bad for a reason, in one clause."""
    if reason in ("malformed time", "time out of range", AMBIGUOUS, NOT_AS_STATED):
        return (
            f"{describe_forms()}; say another form with --time_format, --time_unit and --epoch, or "
            "where the date of a clock is with --date"
        )
    if reason == "malformed number":
        return f"{column}: {_NUMBERS}"
    return _BY_REASON.get(reason, "mend the file")
