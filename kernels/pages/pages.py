"""A column of orders as a page of a Parquet file, by Parquet's own description ("Data encodings", parquet.thrift).

A page says which values are there, then come those that are. What was found of it is in ``facts``. ``put_header`` and
``put_description`` write what stands before a page, and what the file's end says of it.
"""

from typing import Final

import numpy as np

from kernels.base.columns import I64, U8, U64, readonly
from kernels.base.compiling import inlined, kernel
from kernels.conventions import NULL
from kernels.pages.numbers import pack, put_bytes, put_field, put_number, put_signed, width_of

# Rows of ``facts``: the page is page[FIRST:END]; values that are there, their least and largest.
FIRST, END, KNOWN, LEAST, LARGEST, FACTS = 0, 1, 2, 3, 4, 5
HEADER, DESCRIPTION = 64, 160  # bytes that are enough for what stands before a page, and for its numbers at the end
LEAD: Final = 24  # bytes before what says which values are there
GROUP: Final = 128  # differences with a common least one
MINI: Final = 32  # of them, packed in the same number of bits
EVERY: Final = np.uint64(0x0101010101010101)  # a byte of 1 for each of eight values that are there
MOST: Final = 2**63 - 1
INFINITE: Final = 0x7FF0 << 48  # the bits of infinity: beyond are those of NaNs
I32_FIELD, I64_FIELD, STRUCT_FIELD = 5, 6, 12  # types of Thrift
RLE: Final = 3


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


@kernel
def float_page(values: I64, flags: U64, page: U8, facts: I64) -> None:
    """Write a page of floats, given as their bits: those that are there as they are."""
    start = start_of(len(values))
    known = keep_known(values, True, flags, page, page.view(np.int64), start // 8)
    facts[FIRST], facts[END], facts[KNOWN] = put_levels(len(values), known, page), start + 8 * known, known


@kernel
def integer_page(values: I64, is_narrow: bool, flags: U64, kept: I64, work: I64, page: U8, facts: I64) -> None:
    """Write a page of integers as ``DELTA_BINARY_PACKED``.

    is_narrow : they have 32 bits, and so do their differences; kept : scratch, a value for each and GROUP more
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
    facts[FIRST], facts[END], facts[KNOWN] = put_levels(len(values), known, page), at, known
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
    facts[FIRST], facts[END], facts[KNOWN] = put_levels(len(places), len(places), page), at, len(places)


@kernel
def put_header(
    is_dictionary: bool, raw: int, size: int, checksum: int, count: int, encoding: int, out: U8, at: int
) -> int:
    """Write what stands before a page; return where the page goes.

    raw : bytes before packing; checksum : CRC-32 of what is written, its highest bit the sign
    count : values of the page
    """
    at = put_field(1, I32_FIELD, 2 * is_dictionary, out, at)
    at = put_field(1, I32_FIELD, raw, out, at)
    at = put_field(1, I32_FIELD, size, out, at)
    at = put_field(1, I32_FIELD, checksum, out, at)
    out[at] = (3 if is_dictionary else 1) << 4 | STRUCT_FIELD
    at = put_field(1, I32_FIELD, count, out, at + 1)
    at = put_field(1, I32_FIELD, encoding, out, at)
    if not is_dictionary:
        at = put_field(1, I32_FIELD, RLE, out, at)
        at = put_field(1, I32_FIELD, RLE, out, at)
    out[at] = out[at + 1] = 0
    return at + 2


@kernel
def put_description(lead: U8, numbers: I64, least: U8, largest: U8, out: U8) -> int:
    """Write what the file's end says of a column of a row group; return how many bytes it has.

    lead : its type, encodings and name; least, largest : as bytes, none where they are not kept
    numbers : codec, values, bytes before packing, bytes, where the page and its dictionary start (-1: none), missing
        values (-1: not told)
    """
    for place in range(len(lead)):
        out[place] = lead[place]
    at = put_field(1, I32_FIELD, numbers[0], out, len(lead))
    at = put_field(1, I64_FIELD, numbers[1], out, at)
    at = put_field(1, I64_FIELD, numbers[2], out, at)
    at = put_field(1, I64_FIELD, numbers[3], out, at)
    at = put_field(2, I64_FIELD, numbers[4], out, at)
    if numbers[5] >= 0:
        at = put_field(2, I64_FIELD, numbers[5], out, at)
    if numbers[6] >= 0:
        out[at] = (3 if numbers[5] < 0 else 1) << 4 | STRUCT_FIELD
        at = put_field(3, I64_FIELD, numbers[6], out, at + 1)
        if len(largest):
            at = put_bytes(2, largest, out, at)
            at = put_bytes(1, least, out, at)
        out[at] = 0
        at += 1
    out[at] = out[at + 1] = 0
    return at + 2


def warm() -> None:
    """Compile the kernels for the array types that jobs use, by calling each on no rows."""
    none, room, facts = np.zeros(0, np.int64), np.zeros(room_of(0), np.uint8), np.zeros(FACTS, np.int64)
    flags, text = np.zeros(1, np.uint64), readonly(np.zeros(0, np.uint8))
    float_page(none, flags, room, facts)
    integer_page(none, False, flags, none, none, room, facts)
    place_page(none, 0, room, facts)
    put_header(False, 0, 0, 0, 0, 0, room, 0)
    put_description(text, np.zeros(7, np.int64), text, text, room)
