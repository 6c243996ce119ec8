"""Security and participant ids while they travel: an integer as it is, text as a number below zero.

Called by the parser and the spill. Up to 7 plain characters are packed into the number itself; longer or stranger text
gets a number from a dictionary that travels with the rows (``long_names``).
"""

import re
from typing import Final

LONG_NAME: Final = -(2**62)  # the first number of a name that is not packed
_PACKED: Final = 7
# Ids that floats hold; 12e10 may be hexadecimal.
_ROUNDED: Final = re.compile(r"-?(\d+(\.\d+)?[eE]\+\d+|\d+\.\d+[eE]-?\d+|\d{16,}\.0)")


def pack_name(text: str, long_names: dict[str, int]) -> int:
    """Return the number of an id's text, adding to ``long_names`` (text -> number) when it must.

    Examples
    --------
    >>> pack_name("101", {}), name_text(pack_name("BHP", {}), {}), name_text(pack_name("007", {}), {})
    (101, 'BHP', '007')
    """
    if text.isascii() and text.isdigit() and (text == "0" or text[0] != "0"):
        number = int(text)
        if number < 10**18:
            return number
    plain = text.isascii() and all(c.isalnum() or c in "._-" for c in text) and text[0] != "-"
    if plain and len(text) <= _PACKED:
        return -1 - int.from_bytes(text.encode(), "big")
    return long_names.setdefault(text, LONG_NAME - len(long_names))


def whole_id(text: str) -> str:
    """Return an id as written, without the .0 that a table with gaps in the column gives it.

    Beyond 2^53 a number with .0 may have been rounded, and stays as it is.

    Examples
    --------
    >>> whole_id("12.0"), whole_id("9007199254740994.0"), whole_id("v1.0")
    ('12', '9007199254740994.0', 'v1.0')
    """
    digits = text.removesuffix(".0")
    exact = digits.isascii() and digits.isdigit() and len(digits) <= 16 and int(digits) <= 2**53
    return digits if exact else text


def is_rounded(text: str) -> bool:
    """Return whether an id went through a float, which keeps 15 to 17 digits.

    Examples
    --------
    >>> is_rounded("7.9e+18"), is_rounded("9007199254740994.0"), is_rounded("12.0"), is_rounded("12e10")
    (True, True, False, False)
    """
    return _ROUNDED.fullmatch(text) is not None and whole_id(text) == text


def name_text(number: int, long_texts: dict[int, str]) -> str:
    """Return the id as text. ``long_texts`` is the inverse of ``long_names``."""
    if number >= 0:
        return str(number)
    if number <= LONG_NAME:
        return long_texts[number]
    packed = -1 - number
    return packed.to_bytes((packed.bit_length() + 7) // 8, "big").decode()
