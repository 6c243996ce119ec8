"""What a user may say of a field of an input file: which column it is, and how its cells are read.

Below headers and parser. The command line and TOML files write the rules, `readings` turns them into what the parser
goes by.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

MIDNIGHT: Final = "midnight"  # an epoch: the column is a clock, counted from local midnight
UNIT: Final = re.compile("s|ms|us|ns|100ns|min|d|hhmmssf{0,9}")
# Numbers and words that vendors write where there is no price.
NO_PRICE: Final = (
    "9999999999", "-9999999999",  # LOBSTER: no order on this side of the book
    "2147483647", "-2147483648", "214748.3647", "-214748.3648", "4294967295", "429496.7295",
    "9223372036854775807", "9223372036.854775807", "922337203685477.5807", "92233720368547758.07",
    "9223372036854.775807", "18446744073709551615", "1.7976931348623157e308", "1.7976931348623157E308",
    "1.7976931348623157e+308", "inf", "Inf", "INF", "-inf", "-Inf", "-INF",
)  # fmt: skip
# Numbers that they write where there is no quantity: the largest of 32 and 64 bits, with a sign and without one.
NO_QUANTITY: Final = tuple(
    f"{number}{zero}"
    for number in (2**31 - 1, -(2**31), 2**32 - 1, 2**63 - 1, 2**64 - 1, 9_999_999_999, -9_999_999_999)
    for zero in ("", ".0")
)
# Words for no value that are rarer: the fast path does not know them. Beside them stand numbers in scientific notation
# beyond 64 bits, which floats make of the largest and the smallest number of a kind.
RARE_NO_VALUE: Final = frozenset(
    ("infinity", "-infinity", "+infinity", "+inf", "nil", "nat", "<na>", "#n/a", "#null!", "(null)", "\\n")
)
NO_VALUE: Final = ("NaN", "nan", "NAN", "null", "NULL", "Null", "None", "none", "NONE", "N/A", "n/a", "NA", "-")


@dataclass(frozen=True, slots=True)
class ColumnRule:
    """How a field is read. What is left empty follows from the file.

    column : the header's name; None: found by the names that are known; "": the field is left out
    date : for a column of clocks, the column of their date, or the date itself (2024-09-05)
    constant : stands in every row of a file without such a column; beside a column, where its cell is empty
    values : (text in the file, what it stands for): words that the file uses for sides, codes, nulls
    null_values : texts that mean no value
    unit : of numbers that are times: s, ms, us, 100ns, ns, min, d; of clocks also hhmmss, and hhmmssfff with a fraction
    epoch : the date or time that numbers are counted from, or "midnight"
    format : of times, in the letters of strptime (%d/%m/%Y %H:%M:%S.%f)
    decimals : of a quantity that is not whole: 0.25 is stored as 25 with 2
    divisor : of a price that is a whole number of 1/divisor of the currency
    """

    column: str | None = None
    date: str = ""
    constant: str | None = None
    values: tuple[tuple[str, str], ...] = ()
    null_values: tuple[str, ...] = ()
    unit: str = ""
    epoch: str = ""
    format: str = ""
    decimals: int | None = None
    divisor: int | None = None

    @property
    def is_constant(self) -> bool:
        """Return whether no column is read."""
        return self.constant is not None and not self.column


Columns = tuple[tuple[str, "str | ColumnRule"], ...]  # (field or table.field, what is said of it)


def read_rule(value: Any) -> ColumnRule:
    """Return the rule that text or a TOML table states, or raise ValueError.

    Examples
    --------
    >>> read_rule("px") == ColumnRule("px"), read_rule("") == ColumnRule(""), read_rule("=0").constant
    (True, True, '0')
    >>> read_rule("date+time") == ColumnRule("time", date="date")
    True
    """
    if isinstance(value, ColumnRule):
        return value
    if isinstance(value, str):
        if value.startswith("="):
            return ColumnRule(constant=value[1:])
        date, plus, clock = value.partition("+")
        return ColumnRule(clock, date=date) if plus and date and clock else ColumnRule(value)
    if not isinstance(value, Mapping) or not value or set(value) - {field.name for field in fields(ColumnRule)}:
        raise ValueError
    said: dict[str, Any] = {
        name: _pairs(item) if name == "values" else _texts(item) if name == "null_values" else _single(name, item)
        for name, item in value.items()
    }
    rule = ColumnRule(**said)
    if rule.unit and not UNIT.fullmatch(rule.unit):
        raise ValueError
    return rule


def _single(name: str, item: Any) -> Any:
    """Return one value of a rule's table: a number where it is one, else text; dates and numbers may stand bare."""
    if name in ("decimals", "divisor"):
        if type(item) is not int or item < 0 or (name == "divisor" and item < 1):
            raise ValueError
        return item
    if isinstance(item, bool | Mapping | list):
        raise ValueError
    return str(item)


def _texts(item: Any) -> tuple[str, ...]:
    if not isinstance(item, list | tuple) or any(isinstance(text, Mapping | list | bool) for text in item):
        raise ValueError
    return tuple(map(str, item))


def _pairs(item: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(item, Mapping) or any(isinstance(text, Mapping | list | bool) for text in item.values()):
        raise ValueError
    return tuple(sorted((str(ours), str(theirs)) for ours, theirs in item.items()))


def rules_of(columns: Columns) -> dict[str, ColumnRule]:
    """Return a request's rules by field or table.field."""
    return {name: read_rule(value) for name, value in columns}


def rule_facts(rule: str | ColumnRule) -> str | dict[str, Any]:
    """Return a rule as `read_rule` takes it, and as JSON and TOML write it: text where that says all."""
    rule = read_rule(rule)
    said = {name: value for name, value in asdict(rule).items() if value not in (None, "", ())}
    if rule.column is not None and (rule.column == "" or set(said) <= {"column"}):
        return rule.column
    return said | ({"values": dict(rule.values)} if rule.values else {})
