"""A column of orders as a page of a Parquet file, by Parquet's own description ("Data encodings", parquet.thrift).

A page says which values are there, then come those that are. What is known of it is in ``facts``: ``heads`` writes what
stands before it, and what the file's end says of it.
"""

from typing import Final

import numpy as np

from kernels.base.columns import I64, U8, U64
from kernels.base.compiling import inlined, kernel
from kernels.conventions import NULL
from kernels.pages.numbers import pack, put_number, put_signed, width_of

# Rows of ``facts``: the page is page[FIRST:END]; values that are there, their least and largest; rows, and how encoded.
FIRST, END, KNOWN, LEAST, LARGEST, ROWS, ENCODING = range(7)
# Of what ``heads.put_page`` wrote: where the page goes, bytes of the description, bytes of the column before packing.
PLACE, TOLD, RAW, FACTS = range(7, 11)
PLAIN, RLE, DIFFERENCES, PLACES = 0, 3, 5, 8  # encodings
LEAD: Final = 24  # bytes before what says which values are there
GROUP: Final = 128  # differences with a common least one
MINI: Final = 32  # of them, packed in the same number of bits
EVERY: Final = np.uint64(0x0101010101010101)  # a byte of 1 for each of eight values that are there
MOST: Final = 2**63 - 1
INFINITE: Final = 0x7FF0 << 48  # the bits of infinity: beyond are those of NaNs


def room_of(rows: int) -> int:
    """Return how many bytes a page of so many rows may need."""
    return 2_048 + 8 * (rows + rows // 4)


@inlined
def start_of(rows: int) -> int:
    """Return where the values of a page start, behind a bit for each row, on a multiple of 8."""
    return (LEAD + (rows + 7) // 8 + 7) // 8 * 8


@inlined
def is_known(value: int, is_float: bool) -> bool:
    """Return whether a value is there: not ``NULL``, or as the bits of a float not NaN."""
    return (value & MOST) <= INFINITE if is_float else value != NULL


@inlined
def bits_of(flags: np.uint64) -> int:
    """Return eight bytes that are 0 or 1 as eight bits."""
    flags |= flags >> np.uint64(7)
    flags |= flags >> np.uint64(14)
    flags |= flags >> np.uint64(28)
    return int(flags & np.uint64(255))


@inlined
def keep_known(values: I64, is_float: bool, flags: U64, page: U8, kept: I64, into: int) -> int:
    """Write the values that are there, one after the other from ``into`` on; return how many.

    Where some are missing, a bit for each value goes before the values of the page.

    flags : scratch, a byte for each value
    """
    n, count, all_known = len(values), 0, True
    flag = flags.view(np.uint8)
    for place in range(n):
        value = values[place]
        known = is_known(value, is_float)
        kept[into + place] = value
        flag[place] = known
        all_known &= known
    if all_known:
        return n
    bits = start_of(n) - (n + 7) // 8
    for place in range(n, (n + 7) // 8 * 8):
        flag[place] = 0
    for group in range((n + 7) // 8):
        page[bits + group] = bits_of(flags[group])
        first = 8 * group
        if flags[group] == EVERY:
            for place in range(8):
                kept[into + count + place] = values[first + place]
            count += 8
        else:
            for place in range(first, min(first + 8, n)):
                kept[into + count] = values[place]
                count += int(flag[place])
    return count


@inlined
def put_levels(rows: int, known: int, page: U8) -> int:
    """Complete what stands before the values: a run that says all are there, or the bits; return where it starts."""
    start, groups = start_of(rows), (rows + 7) // 8
    body = 1 if known == rows else groups
    run = rows << 1 if known == rows else groups << 1 | 1
    size = put_number(run, page, 0) + body
    first = start - size - 4
    at = put_number(run, page, first + 4)
    if known == rows:
        page[at] = 1
    for byte in range(4):
        page[first + byte] = size >> (8 * byte) & 255
    return first


@inlined
def note_facts(facts: I64, page: U8, end: int, known: int, rows: int, encoding: int) -> None:
    """Complete a page, and note what is known of it."""
    facts[FIRST], facts[END], facts[KNOWN] = put_levels(rows, known, page), end, known
    facts[ROWS], facts[ENCODING] = rows, encoding


@kernel
def float_page(values: I64, flags: U64, page: U8, facts: I64) -> None:
    """Write a page of floats, given as their bits: those that are there as they are."""
    start = start_of(len(values))
    known = keep_known(values, True, flags, page, page.view(np.int64), start // 8)
    note_facts(facts, page, start + 8 * known, known, len(values), PLAIN)


@kernel
def integer_page(values: I64, is_narrow: bool, flags: U64, kept: I64, work: I64, page: U8, facts: I64) -> None:
    """Write a page of integers as ``DELTA_BINARY_PACKED``.

    is_narrow : they have 32 bits, and so do their differences; kept : scratch, a value for each
    """
    known = keep_known(values, False, flags, page, kept, 0)
    low = high = kept[0] if known else 0
    at = put_number(GROUP, page, start_of(len(values)))
    at = put_number(GROUP // MINI, page, at)
    at = put_number(known, page, at)
    at = put_signed(low, page, at)
    for start in range(1, known, GROUP):
        count = min(GROUP, known - start)
        least = MOST
        for place in range(count):
            value = kept[start + place]
            difference = value - kept[start + place - 1]
            if is_narrow:
                difference = (difference << 32) >> 32
            work[place] = difference
            least, low, high = min(least, difference), min(low, value), max(high, value)
        minis = (count + MINI - 1) // MINI
        for place in range(count, minis * MINI):
            work[place] = least
        union = np.uint64(0)
        for place in range(count):
            union |= np.uint64(work[place] - least)
        width = width_of(union)
        at = put_signed(least, page, at)
        for mini in range(GROUP // MINI):
            page[at + mini] = width if mini < minis else 0
        at += GROUP // MINI
        if width:
            at = pack(work[: minis * MINI], least, width, page, at)
    note_facts(facts, page, at, known, len(values), DIFFERENCES)
    facts[LEAST], facts[LARGEST] = low, high


@kernel
def place_page(places: I64, width: int, page: U8, facts: I64) -> None:
    """Write a page of places in a dictionary as ``RLE_DICTIONARY``, each in ``width`` bits, 0: all are the first.

    None is missing.
    """
    start = start_of(len(places))
    page[start] = max(width, 1)
    if width:
        groups = (len(places) + 7) // 8
        first = put_number(groups << 1 | 1, page, start + 1)
        at = first + groups * width
        for byte in range(pack(places, 0, width, page, first), at):
            page[byte] = 0
    else:
        at = put_number(len(places) << 1, page, start + 1)
        page[at] = 0
        at += 1
    note_facts(facts, page, at, len(places), len(places), PLACES)


def warm() -> None:
    """Compile the kernels for the array types that jobs use, by calling each on no rows."""
    none, room, facts = np.zeros(0, np.int64), np.zeros(room_of(0), np.uint8), np.zeros(FACTS, np.int64)
    flags = np.zeros(1, np.uint64)
    float_page(none, flags, room, facts)
    integer_page(none, False, flags, none, none, room, facts)
    place_page(none, 0, room, facts)
