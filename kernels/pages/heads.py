"""What stands before a page of a Parquet file, and what the file's end says of a column, by parquet.thrift."""

import numpy as np

from kernels.base.columns import I64, U8, readonly
from kernels.base.compiling import inlined, kernel
from kernels.pages.numbers import put_bytes, put_field
from kernels.pages.pages import ENCODING, END, FACTS, FIRST, KNOWN, PLACE, PLAIN, RAW, RLE, ROWS, TOLD

HEADER, DESCRIPTION = 64, 128  # bytes that are enough: before a page, and at the end beside names and values
I32_FIELD, I64_FIELD, STRUCT_FIELD = 5, 6, 12  # types of Thrift


@inlined
def put_header(
    is_dictionary: bool, sizes: tuple[int, int], checksum: int, count: int, encoding: int, out: U8, at: int
) -> int:
    """Write what stands before a page; return where the page goes.

    sizes : bytes before packing, and as written; checksum : CRC-32 of these, its highest bit the sign
    count : values of the page
    """
    at = put_field(1, I32_FIELD, 2 * is_dictionary, out, at)
    at = put_field(1, I32_FIELD, sizes[0], out, at)
    at = put_field(1, I32_FIELD, sizes[1], out, at)
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
def put_dictionary_header(size: int, checksum: int, words: int, out: U8) -> int:
    """Write what stands before a dictionary; return how many bytes that is."""
    return put_header(True, (size, size), checksum, words, PLAIN, out, 0)


@kernel
def put_page(
    facts: I64,
    written: tuple[int, int, int],
    places: tuple[int, int],
    lead: U8,
    least: U8,
    largest: U8,
    out: U8,
    at: int,
    note: U8,
) -> None:
    """Write what stands before a page of rows, and what the file's end says of the column.

    facts : what is known of the page
    written : bytes that are written, their checksum, and the codec
    places : where the column starts in the file, and how many bytes of it are a dictionary
    lead : of what the file's end says: type, encodings and name; least, largest : as bytes, none where there are none
    """
    rows, encoding, raw = facts[ROWS], facts[ENCODING], facts[END] - facts[FIRST]
    size, checksum, codec = written
    start, dictionary = places
    place = put_header(False, (raw, size), checksum, rows, encoding, out, at)
    before = place - at + dictionary
    for byte in range(len(lead)):
        note[byte] = lead[byte]
    told = put_field(1, I32_FIELD, codec, note, len(lead))
    told = put_field(1, I64_FIELD, rows, note, told)
    told = put_field(1, I64_FIELD, before + raw, note, told)
    told = put_field(1, I64_FIELD, before + size, note, told)
    told = put_field(2, I64_FIELD, start + dictionary, note, told)
    if dictionary:
        told = put_field(2, I64_FIELD, start, note, told)
    if encoding != PLAIN:
        note[told] = (1 if dictionary else 3) << 4 | STRUCT_FIELD
        told = put_field(3, I64_FIELD, rows - facts[KNOWN], note, told + 1)
        if facts[KNOWN]:
            told = put_bytes(2, largest, note, told)
            told = put_bytes(1, least, note, told)
        note[told] = 0
        told += 1
    note[told] = note[told + 1] = 0
    facts[PLACE], facts[TOLD], facts[RAW] = place, told + 2, before + raw


def warm() -> None:
    """Compile the kernels for the array types that jobs use, by calling each on no rows."""
    room, text = np.zeros(256, np.uint8), readonly(np.zeros(0, np.uint8))
    put_dictionary_header(0, 0, 0, room)
    put_page(np.zeros(FACTS, np.int64), (0, 0, 0), (0, 0), text, text, text, room, 0, room)
