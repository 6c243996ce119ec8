"""Times in a format that the user states, with the letters of strptime, one digit or two where a form has both.

A day and a month that nothing but a statement tells apart (%d/%m/%Y), two digits of a year, days of the year.
"""

import re
from functools import lru_cache
from typing import Final, NamedTuple

from tickstore.errors import UserError
from tickstore.times.reject_error import RejectError
from tickstore.times.stated_dates import UNREADABLE
from tickstore.times.written_forms import NAME, ZONE, civil_date, clock_seconds, fraction_ns, instant_ns

NOT_AS_STATED: Final = "not in the stated time_format"


class Token(NamedTuple):
    """A letter of a format, or a text that stands there itself."""

    part: str  # of a time, "" for a text
    least: int = 0  # digits
    most: int = 0
    text: str = ""  # for a fraction: the marks before it, without which there may be none


class StatedFormat(NamedTuple):
    """What a format says, and the pattern that a text of it matches."""

    tokens: tuple[Token, ...]
    pattern: re.Pattern[str]
    has_date: bool
    has_clock: bool


_LETTERS: Final = {
    "Y": Token("year", 4, 4),
    "y": Token("short_year", 2, 2),
    "m": Token("month", 1, 2),
    "b": Token("name"),
    "d": Token("day", 1, 2),
    "j": Token("day_of_year", 1, 3),
    "H": Token("hour", 1, 2),
    "I": Token("hour12", 1, 2),
    "p": Token("half"),
    "M": Token("minute", 2, 2),
    "S": Token("second", 2, 2),
    "f": Token("fraction", 1, 9),
    "z": Token("zone"),
}
_WORDS: Final = {"name": NAME, "half": "[AP]M", "zone": ZONE}
_DATES: Final = (
    *({year, month, "day"} for year in ("year", "short_year") for month in ("month", "name")),
    *({year, "day_of_year"} for year in ("year", "short_year")),
)
_CLOCKS: Final = tuple(
    {*hour, "minute", *rest}
    for hour in ({"hour"}, {"hour12", "half"})
    for rest in ((), ("second",), ("second", "fraction"))
)
_CLOCK_PARTS: Final = {part for parts in _CLOCKS for part in parts}
_DATE_PARTS: Final = {"year", "short_year", "month", "name", "day", "day_of_year"}


@lru_cache(maxsize=32)
def stated_format(text: str) -> StatedFormat:
    """Return what a format says. UserError: a letter is unknown, or the letters make no date and no clock."""
    tokens = _tokens(text)
    parts = [token.part for token in tokens if token.part]
    twice = next((part for part in parts if parts.count(part) > 1), None)
    if twice:
        raise UserError(f"time_format {text!r} states the {twice.replace('_', ' ')} twice")
    date, clock = set(parts) & _DATE_PARTS, set(parts) - _DATE_PARTS
    if date and date not in _DATES:
        raise UserError(f"time_format {text!r} needs %Y or %y with %m or %b and %d, or with %j, for a date")
    if clock and clock & _CLOCK_PARTS not in _CLOCKS:
        raise UserError(f"time_format {text!r} needs %H (or %I with %p) and %M for a clock, and %S where it has %f")
    if not parts:
        raise UserError(f"time_format {text!r} has no letters of a time, such as %Y-%m-%d %H:%M:%S.%f")
    pattern = re.compile("".join(map(_expression, tokens)), re.ASCII | re.IGNORECASE)
    return StatedFormat(tokens, pattern, bool(date), bool(clock))


def read_format(text: str, form: str, timezone: str) -> int:
    """Return ns UTC of a date and a clock in a format, -1 for years out of every range.

    RejectError: the text is not in the format, or there is no such time. UserError: the format states no date or clock.
    """
    stated = stated_format(form)
    if not (stated.has_date and stated.has_clock):
        missing = "clock such as %H:%M:%S" if stated.has_date else "date such as %Y-%m-%d"
        raise UserError(f"time_format {form!r} has no {missing}: state both, or name a column for each")
    try:
        return instant_ns(_parts(text, stated), timezone)
    except ValueError:
        raise RejectError(NOT_AS_STATED) from None


def format_clock(text: str, form: str) -> int:
    """Return ns since midnight of the clock in a text, whatever date it may state. RejectError: there is none."""
    stated = stated_format(form)
    try:
        if not stated.has_clock:
            raise UserError(f"time_format {form!r} has no clock such as %H:%M:%S")
        parts = _parts(text, stated)
        return clock_seconds(parts) * 10**9 + fraction_ns(parts)
    except ValueError:
        raise RejectError(NOT_AS_STATED) from None


def format_date(text: str, form: str) -> int:
    """Return the date in a text as YYYYMMDD, UNREADABLE where there is none, as of stated dates.

    Examples
    --------
    >>> format_date("5/9/2024", "%d/%m/%Y"), format_date("5/19/2024", "%d/%m/%Y")
    (20240905, -1)
    """
    stated = stated_format(form)
    if not stated.has_date:
        raise UserError(f"time_format {form!r} has no date such as %Y-%m-%d")
    try:
        day = civil_date(_parts(text, stated))
    except ValueError:
        return UNREADABLE
    return day.year * 10_000 + day.month * 100 + day.day


def _parts(text: str, stated: StatedFormat) -> dict[str, str | None]:
    found = stated.pattern.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return found.groupdict()


def _tokens(text: str) -> tuple[Token, ...]:
    """Return the letters and texts of a format; numbers side by side have all their digits."""
    tokens: list[Token] = []
    for letter, plain in re.findall(r"%(.?)|([^%]+)", text, re.DOTALL):
        if plain or letter == "%":
            tokens.append(Token("", text=plain or letter))
        elif letter not in _LETTERS:
            known = " ".join(f"%{known}" for known in _LETTERS)
            raise UserError(f"time_format {text!r}: %{letter} is not known; use {known}, or %% for a percent sign")
        else:
            tokens.append(_LETTERS[letter])
    for i, token in enumerate(tokens):
        numbers = [side.most > 0 for side in (tokens[max(i - 1, 0)], *tokens[i + 1 : i + 2])]
        if token.part == "fraction" and numbers[1:] == [True]:
            raise UserError(f"time_format {text!r}: digits behind %f cannot be told from its own")
        if token.part != "fraction" and ((numbers[0] and i > 0) or numbers[1:] == [True]):
            tokens[i] = token._replace(least=token.most)
    for i in range(len(tokens) - 2, 0, -1):
        marked = tokens[i].text in (".", ",") and tokens[i + 1].part == "fraction" and tokens[i - 1].part == "second"
        if marked:  # whole seconds may be written without
            tokens[i : i + 2] = [tokens[i + 1]._replace(text=tokens[i].text)]
    return tuple(tokens)


def _expression(token: Token) -> str:
    if not token.part:
        return re.escape(token.text)
    if token.part in _WORDS:
        return f"(?P<{token.part}>{_WORDS[token.part]})"
    digits = rf"(?P<{token.part}>\d{{{token.least},{token.most}}})"
    return f"(?:[{re.escape(token.text)}]{digits})?" if token.text else digits
