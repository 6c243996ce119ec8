"""Order ids that are text: a number of 63 bits in every column, and the text itself once an order.

Called by parse tasks for each block. The number is a hash of the text, so that files, byte ranges and stores need not
agree on a dictionary; the text travels beside it in columns of eight bytes each, and comes back in results.
"""

import hashlib
from collections.abc import Mapping
from itertools import islice
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kernels.base.columns import I64, Array
from kernels.conventions import NULL
from tickstore.input.fields import IDS, NAME, TEXT_COLUMNS
from tickstore.input.files import Source
from tickstore.input.packed_names import name_text, whole_id

_BYTES: Final = 8 * len(TEXT_COLUMNS)
_HASHED: Final = 1 << 62  # the bit that numbers of texts have


def text_number(text: str) -> int:
    """Return the number of an id's text, 2^62 up to 2^63 - 1; ids that are just digits stay what they are elsewhere.

    These are 64 bits, and some of them lie where texts do: one text in 2^62 has the number of a given id.

    Examples
    --------
    >>> text_number("101"), text_number("7904794000124139737"), text_number("000123AB") >> 62
    (101, 7904794000124139737, 1)
    """
    number = _stated_number(text)
    if number is not None:
        return number
    return _HASHED | (int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 2)


def _stated_number(text: str) -> int | None:
    """Return the 64 bits of an id that is a number, None for a text: 007 is one, for 7 is another id."""
    text = whole_id(text)
    if not (text.isascii() and text.isdigit()) or len(text) > 20 or (text[0] == "0" and text != "0"):
        return None
    number = int(text)
    if number == -NULL or number >= 2**64:
        return None
    return number - 2**64 if number >= 2**63 else number


def _padded(text: str) -> bytes:
    return text.encode()[:_BYTES].ljust(_BYTES, b"\0")


def words_text(words: NDArray[np.int64]) -> list[str]:
    """Return the texts whose bytes are the rows of (n, columns) int64; "" where an id is a number.

    Examples
    --------
    >>> words_text(np.array([[0x37662D41_00000000, 0], [0, 0]]))
    ['7f-A', '']
    """
    size = 8 * words.shape[1]
    data = np.ascontiguousarray(words).astype(">i8").tobytes()
    return [data[start : start + size].rstrip(b"\0").decode(errors="replace") for start in range(0, len(data), size)]


def order_name(orders: Mapping[str, Array], row: int) -> str:
    """Return the id of an order as the input wrote it, from the columns of a day file's orders."""
    words = [orders[name][row] for name in TEXT_COLUMNS if name in orders]
    text = words_text(np.array([words], np.int64))[0] if words else ""
    return text or str(int(orders["order_id"][row]) % 2**64)


class TextIds:
    """Turns the ids of a source that are text into numbers, block by block."""

    def __init__(self, source: Source, long_names: dict[str, int]) -> None:
        self.fields = text_id_fields(source)
        self._long_names = long_names
        self._texts: dict[int, str] = {}  # of the numbers that the parser gave
        self._known: dict[int, tuple[int, bytes]] = {}  # parser's number -> number, bytes of the text

    def columns(self, columns: dict[str, I64]) -> dict[str, I64]:
        """Return a block's columns with the numbers of texts, and with the texts of its order ids."""
        if not self.fields:
            return columns
        fresh = len(self._long_names) - len(self._texts)
        self._texts.update((self._long_names[text], text) for text in islice(reversed(self._long_names), fresh))
        made = dict(columns)
        for name in self.fields:
            distinct, place = np.unique(columns[name], return_inverse=True)
            found = [self._number(number) for number in distinct.tolist()]
            made[name] = np.array([number for number, _ in found], np.int64)[place]
            if name == "order_id" and "leaves_quantity" in columns:
                text = np.frombuffer(b"".join([text for _, text in found]), ">i8").reshape(-1, len(TEXT_COLUMNS))
                made |= {column: text[:, k].astype(np.int64)[place] for k, column in enumerate(TEXT_COLUMNS)}
        return made

    def _number(self, number: int) -> tuple[int, bytes]:
        known = self._known.get(number)
        if known is None:
            text = "" if number == NULL else name_text(number, self._texts)
            shown = text if number < 0 and _stated_number(text) is None else ""
            known = number if number == NULL else text_number(text), _padded(shown)
            self._known[number] = known
        return known


def text_id_fields(source: Source) -> tuple[str, ...]:
    """Return the ids of a source that are text."""
    return tuple(r.field.name for r in source.readings if r.kind == NAME and r.field.name in IDS)
