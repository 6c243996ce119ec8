"""The names the fast path cannot pack into a number: a table of those that got one, found by their bytes.

For the fast path and `blocks`. The slow path numbers a name when it first appears; from then on the fast path knows it.
A hash says where to look, the bytes alone say whether it is the name.
"""

from itertools import islice
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kernels.base.columns import U8
from kernels.base.compiling import inlined, kernel
from kernels.conventions import NULL
from tickstore.input.packed_names import LONG_NAME
from tickstore.parse.odd_lines import LONGEST_FOLDER

Book = NDArray[np.uint64]  # see `add_name`
UNKNOWN_NAME: Final = NULL + 1  # what the line parser takes for no value
_LONGEST: Final = LONGEST_FOLDER // 3  # bytes; a byte takes up to three in a folder's name
_SLOTS: Final = 1 << 17
MOST_NAMES: Final = _SLOTS // 2  # of a byte range that are known; those after them go the slow way
_WORDS: Final = 1 << 19  # for the bytes of all names: they take 5 MB in all, where they are used
_PROBES: Final = 64  # a name that would need more is left to the slow path
_MIX: Final = np.uint64(0x9E3779B97F4A7C15)
_MASK: Final = np.uint64(_SLOTS - 1)
_EIGHT: Final = np.uint64(8)
_HALF: Final = np.uint64(32)
_BYTE: Final = np.uint64(255)
_SEVEN: Final = np.uint64(7)
_ONE: Final = np.uint64(1)
_FREE: Final = np.uint64(0)


@inlined
def _first_slot(data: U8, start: int, stop: int) -> Any:
    """Return where to look for a name: its words of eight bytes are hashed, the last of which laps over."""
    mixed, word = np.uint64(stop - start), np.uint64(0)
    first = np.uint64(start)
    for i in range(first, np.uint64(stop)):
        word = (word << _EIGHT) | np.uint64(data[i])
        if (np.uint64(i) - first) & _SEVEN == _SEVEN:
            mixed = (mixed ^ word) * _MIX
            mixed ^= mixed >> _HALF
    mixed = (mixed ^ word) * _MIX
    return np.int64((mixed >> _HALF) & _MASK)


@inlined
def find_name(data: U8, start: int, stop: int, book: Book) -> Any:
    """Return the number of the name data[start:stop], UNKNOWN_NAME if it is not in the book."""
    if stop - start > _LONGEST:
        return np.int64(UNKNOWN_NAME)
    slot = _first_slot(data, start, stop)
    first, last = np.uint64(start), np.uint64(stop)
    for _ in range(_PROBES):
        entry = book[slot]
        if entry == _FREE:
            break
        head = book[entry]
        if head & _BYTE == last - first:
            word, same = _FREE, True
            for i in range(first, last):
                word = (word << _EIGHT) | np.uint64(data[i])
                if (np.uint64(i) - first) & _SEVEN == _SEVEN:
                    entry += _ONE
                    same &= book[entry] == word
            if same and book[entry + _ONE] == word:
                return LONG_NAME - np.int64(head >> _EIGHT)
        slot = (slot + 1) & (_SLOTS - 1)
    return np.int64(UNKNOWN_NAME)


@kernel
def add_name(name: U8, number: int, book: Book, entry: int) -> int:
    """Enter a name and return where the next one may go; the same place if there is no slot for it.

    Parameters
    ----------
    name : (n,) uint8, at most ``_LONGEST``, not in the book
    number : how many names were numbered before it
    book : (_SLOTS + _WORDS,) uint64: slots, which hold the place of an entry or 0, then entries: 256 number + n, every
        eight bytes of the name as a word, and its last eight or fewer as another one
    entry : the first free place
    """
    n = name.shape[0]
    slot = _first_slot(name, 0, n)
    for _ in range(_PROBES):
        if book[slot] == _FREE:
            book[slot] = entry
            book[entry] = 256 * number + n
            word = np.uint64(0)
            for i in range(n):
                word = (word << _EIGHT) | np.uint64(name[i])
                if i & 7 == 7:
                    entry += 1
                    book[entry] = word
            book[entry + 1] = word
            return entry + 2
        slot = (slot + 1) & (_SLOTS - 1)
    return entry


class KnownNames:
    """The first names of a byte range that got a number, as many as there is room for."""

    def __init__(self, long_names: dict[str, int]) -> None:
        """Follow ``long_names``, which only ever grows."""
        self._long_names = long_names
        self._seen = 0
        self._entry = _SLOTS
        self.book = np.zeros(_SLOTS + _WORDS, np.uint64)  # pages that are not touched take no memory

    def learn(self) -> bool:
        """Enter the names that were numbered since, and return whether there is one to be found."""
        fresh, before = len(self._long_names) - self._seen, self._entry
        for number, text in enumerate(reversed(list(islice(reversed(self._long_names), fresh))), self._seen):
            name = np.frombuffer(text.encode(), np.uint8)
            if number < MOST_NAMES and len(name) <= _LONGEST and self._entry + 2 + _LONGEST // 8 < len(self.book):
                with np.errstate(over="ignore"):
                    self._entry = int(add_name(name, number, self.book, self._entry))
        self._seen += fresh
        return self._entry > before
