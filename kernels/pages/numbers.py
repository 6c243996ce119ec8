"""Numbers as Parquet writes them: of as many bytes as they need, in Thrift's compact form, packed in a few bits.

Each returns where the next byte goes.
"""

from typing import Final

import numpy as np

from kernels.base.columns import I64, U8
from kernels.base.compiling import inlined

TEXT_FIELD: Final = 8  # a type of Thrift


@inlined
def put_number(number: int, out: U8, at: int) -> int:
    """Write a number without sign, 7 bits a byte."""
    rest = np.uint64(number)
    while rest >= np.uint64(128):
        out[at] = np.uint8(rest & np.uint64(127)) | np.uint8(128)
        rest >>= np.uint64(7)
        at += 1
    out[at] = np.uint8(rest)
    return at + 1


@inlined
def put_signed(number: int, out: U8, at: int) -> int:
    """Write a number with its sign in the lowest bit."""
    return put_number((number << 1) ^ (number >> 63), out, at)


@inlined
def put_field(step: int, kind: int, number: int, out: U8, at: int) -> int:
    """Write a field of a Thrift structure, so many after the one before it."""
    out[at] = np.uint8(step << 4 | kind)
    return put_signed(number, out, at + 1)


@inlined
def put_bytes(step: int, text: U8, out: U8, at: int) -> int:
    """Write a field that is text, or a value as bytes."""
    out[at] = np.uint8(step << 4 | TEXT_FIELD)
    at = put_number(len(text), out, at + 1)
    for place in range(len(text)):
        out[at + place] = text[place]
    return at + len(text)


@inlined
def width_of(number: np.uint64) -> int:
    """Return how many bits a number needs."""
    width = 0
    for step in (32, 16, 8, 4, 2, 1):
        more = step * (number >> np.uint64(step) != 0)  # without a branch, which would be guessed wrong
        number >>= np.uint64(more)
        width += more
    return width + int(number)


@inlined
def add_bits(value: np.uint64, bits: int, word: np.uint64, used: int, out: U8, at: int) -> tuple[np.uint64, int, int]:
    """Put bits behind those of a word, which is written when it has 64; return the word, its bits, and where next."""
    word |= value << np.uint64(used)
    used += bits
    if used < 64:
        return word, used, at
    for byte in range(8):
        out[at + byte] = np.uint8(word >> np.uint64(8 * byte) & np.uint64(255))
    used -= 64
    return (value >> np.uint64(bits - used) if used else np.uint64(0)), used, at + 8


@inlined
def pack(values: I64, least: int, width: int, out: U8, at: int) -> int:
    """Write values less the ``least``, each in ``width`` bits, lowest first; zeros fill up the last byte."""
    word, used, done = np.uint64(0), 0, 0
    if width <= 16:  # four at once
        step = np.uint64(width)
        done = len(values) // 4 * 4
        for place in range(0, done, 4):
            low = np.uint64(values[place] - least) | np.uint64(values[place + 1] - least) << step
            high = np.uint64(values[place + 2] - least) | np.uint64(values[place + 3] - least) << step
            word, used, at = add_bits(low | high << (step + step), 4 * width, word, used, out, at)
    for place in range(done, len(values)):
        word, used, at = add_bits(np.uint64(values[place] - least), width, word, used, out, at)
    while used > 0:
        out[at] = np.uint8(word & np.uint64(255))
        word >>= np.uint64(8)
        used -= 8
        at += 1
    return at
