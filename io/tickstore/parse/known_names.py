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
FEW_SLOTS: Final = 1 << 17  # 5 MB, where they are used: half of them hold a name, and each has four words for the bytes
MANY_SLOTS: Final = 1 << 20  # where ids are text
MOST_NAMES: Final = MANY_SLOTS // 2  # of a byte range that are known at most; those after them go the slow way
_WORDS: Final = 4  # a slot
_PROBES: Final = 64  # a name that would need more is left to the slow path
_MIX: Final = np.uint64(0x9E3779B97F4A7C15)
_EIGHT: Final = np.uint64(8)
_HALF: Final = np.uint64(32)
_BYTE: Final = np.uint64(255)
_SEVEN: Final = np.uint64(7)
_ONE: Final = np.uint64(1)
_LONGEST_ID: Final = 64
_LONG_NUMBER: Final = 19  # digits of a number that travels like a name
_BLANK: Final = np.uint8(32)
_QUOTE: Final = np.uint8(34)
_MINUS: Final = np.uint8(45)
_ZERO: Final = np.uint8(48)
_NINE: Final = np.uint8(57)
_TILDE: Final = np.uint8(126)
_FREE: Final = np.uint64(0)


@inlined
def _first_slot(data: U8, start: int, stop: int, slots: int) -> Any:
    """Return where to look for a name: its words of eight bytes are hashed, the last of which laps over."""
    mixed, word = np.uint64(stop - start), np.uint64(0)
    first = np.uint64(start)
    for i in range(first, np.uint64(stop)):
        word = (word << _EIGHT) | np.uint64(data[i])
        if (np.uint64(i) - first) & _SEVEN == _SEVEN:
            mixed = (mixed ^ word) * _MIX
            mixed ^= mixed >> _HALF
    mixed = (mixed ^ word) * _MIX
    return np.int64(mixed >> _HALF) & (slots - 1)


@inlined
def find_name(data: U8, start: int, stop: int, book: Book) -> Any:
    """Return the number of the name data[start:stop], UNKNOWN_NAME if it is not in the book."""
    if stop - start > _LONGEST:
        return np.int64(UNKNOWN_NAME)
    slots = book.shape[0] // (_WORDS + 1)
    slot = _first_slot(data, start, stop, slots)
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
        slot = (slot + 1) & (slots - 1)
    return np.int64(UNKNOWN_NAME)


@inlined
def enter_name(data: U8, start: int, stop: int, number: int, book: Book, entry: int) -> int:
    """Enter the name data[start:stop]; see `add_name`."""
    slots = book.shape[0] // (_WORDS + 1)
    slot = _first_slot(data, start, stop, slots)
    for _ in range(_PROBES):
        if book[slot] == _FREE:
            book[slot] = entry
            book[entry] = 256 * number + (stop - start)
            word = np.uint64(0)
            for i in range(start, stop):
                word = (word << _EIGHT) | np.uint64(data[i])
                if (i - start) & 7 == 7:
                    entry += 1
                    book[entry] = word
            book[entry + 1] = word
            return entry + 2
        slot = (slot + 1) & (slots - 1)
    return entry


@kernel
def add_name(name: U8, number: int, book: Book, entry: int) -> int:
    """Enter a name and return where the next one may go; the same place if there is no slot for it.

    Parameters
    ----------
    name : (n,) uint8, at most ``_LONGEST``, not in the book
    number : how many names were numbered before it
    book : (5 slots,) uint64: slots, a power of two, which hold the place of an entry or 0, then entries:
        256 number + n, every eight bytes of the name as a word, and its last eight or fewer as another one
    entry : the first free place
    """
    return enter_name(name, 0, name.shape[0], number, book, entry)


@inlined
def has_room(book: Book, number: int, entry: int) -> bool:
    """Return whether one more name may be entered."""
    size: int = book.shape[0]
    return number < size // (_WORDS + 1) // 2 and entry + 2 + _LONGEST // 8 < size


@inlined
def is_plain_id(data: U8, start: int, stop: int) -> bool:
    """Return whether the slow path numbers data[start:stop] as it stands: printable ASCII, no number or a long one.

    Of the long ones only those of 19 digits below 9 x 10^18, which are ids for sure.
    """
    letters, digits = False, 0
    for i in range(start, stop):
        c = data[i]
        if c <= _BLANK or c > _TILDE or c == _QUOTE:
            return False
        if c > _NINE:
            letters = True
        elif c >= _ZERO:
            digits += 1
    if digits == stop - start == _LONG_NUMBER:
        return bool(data[start] < _NINE)
    return letters and stop - start <= _LONGEST_ID


class KnownNames:
    """The first names of a byte range that got a number, as many as there is room for."""

    def __init__(self, long_names: dict[str, int], slots: int = FEW_SLOTS) -> None:
        """Follow ``long_names``, which only ever grows."""
        self._long_names = long_names
        self._most = min(MOST_NAMES, slots // 2)
        self.seen = 0  # names that are numbered
        self.entry = slots
        self.book = np.zeros(slots * (1 + _WORDS), np.uint64)  # pages that are not touched take no memory

    def learn(self) -> bool:
        """Enter the names that were numbered since, and return whether there is one to be found."""
        fresh, before = len(self._long_names) - self.seen, self.entry
        for number, text in enumerate(reversed(list(islice(reversed(self._long_names), fresh))), self.seen):
            name = np.frombuffer(text.encode(), np.uint8)
            if number < self._most and len(name) <= _LONGEST and self.entry + 2 + _LONGEST // 8 < len(self.book):
                with np.errstate(over="ignore"):
                    self.entry = int(add_name(name, number, self.book, self.entry))
        self.seen += fresh
        return self.entry > before

    def follow(self, seen: int, entry: int) -> None:
        """Add to the dictionary what the fast path entered by itself, up to the place ``entry``."""
        words = self.book[self.entry : entry]
        data, place = words.astype(">u8").tobytes(), 0
        for number in range(self.seen, seen):
            size = int(words[place]) & 255
            behind = place + 1 + size // 8  # its word of the last eight bytes or fewer
            last = data[8 * behind + 8 - size % 8 : 8 * behind + 8]
            text = (data[8 * place + 8 : 8 * behind] + last).decode("ascii")
            self._long_names[text] = LONG_NAME - number
            place = behind + 1
        self.seen, self.entry = seen, entry
