"""Numbers as text, in words of eight characters: digits, and floats by the shortest digits that read back the same.

Those are found as by R. Giulietti, "The Schubfach way to render doubles" (2020): the value and the bounds of what
rounds to it are scaled by one power of ten, known to 128 bits, and the shortest decimal between the bounds is one
of four. Everything is in signed 64 bits, in limbs small enough that no product leaves them. Functions take and give
numbers alone, so that each is compiled as a part of whoever calls it.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from kernels._jit import merged

U8 = NDArray[np.uint8]
I64 = NDArray[np.int64]

FRACTION_BITS: Final = 52
FRACTION: Final = 2**FRACTION_BITS - 1
HIDDEN: Final = 2**FRACTION_BITS
INFINITE: Final = 0x7FF << FRACTION_BITS
MAGNITUDE: Final = 2**63 - 1
BIAS: Final = 1075  # a double is fraction x 2^(exponent - BIAS)

LIMB: Final = 30
LIMBS: Final = 5
MASK: Final = 2**LIMB - 1
POWER_BITS: Final = 128
FIRST_POWER: Final = -292
LAST_POWER: Final = 324
# log10(2), log10(4/3) and log2(10) in fixed point, exact enough for every exponent of a double.
LOG10_2, LOG10_4_3, LOG10_SHIFT = 1_262_611, 524_031, 22
LOG2_10, LOG2_SHIFT = 1_741_647, 19

EIGHT: Final = 10**8
SIXTEEN: Final = 10**16
LARGEST_PLAIN: Final = 10  # digits before the point; with more a float is written with an exponent
SMALLEST_PLAIN: Final = -5  # zeros after the point; likewise
ASCII: Final = 2**63 - 1  # the bits of a word that eight characters of ASCII may have
DIGITS: Final = 17  # of a float at most


def _powers() -> I64:
    """Return 10^k for every k a double needs, rounded up to 128 bits from its first one on, lowest limb first."""
    rows = []
    for k in range(FIRST_POWER, LAST_POWER + 1):
        shift = (k * LOG2_10 >> LOG2_SHIFT) - POWER_BITS + 1
        top, bottom = 10 ** max(k, 0) << max(-shift, 0), 10 ** max(-k, 0) << max(shift, 0)
        power = (top // bottom + 1) << (LIMB * LIMBS - POWER_BITS)
        rows.append([power >> LIMB * limb & MASK for limb in range(LIMBS)])
    return np.array(rows, np.int64)


POWERS: Final = _powers()
ZERO, POINT = ord("0"), ord(".")
LEADING, RAISED, LOWERED = (int.from_bytes(text, "little") for text in (b"0.00000", b"e+", b"e-"))
TENS: Final = 10 ** np.arange(19)


@merged
def _rounded(t0: int, t1: int, t2: int, t3: int, t4: int, t5: int) -> int:
    """Return the whole part of a product of limbs; its last bit says whether more than a trace is behind it."""
    t1 += t0 >> LIMB
    t2 += t1 >> LIMB
    t3 += t2 >> LIMB
    t4 += t3 >> LIMB
    behind = (t4 & MASK) != 0 or ((t3 & MASK) << 4 | (t2 & MASK) >> 26) > 1
    return (t5 + (t4 >> LIMB)) | int(behind)


@merged
def shortest(bits: int) -> tuple[int, int]:
    """Return the digits d and the exponent e of the shortest decimal d x 10^e that reads back; d may end in zeros.

    bits : of a positive, finite double
    """
    fraction, exponent = bits & FRACTION, bits >> FRACTION_BITS
    c, q = (fraction | HIDDEN, exponent - BIAS) if exponent > 0 else (fraction, 1 - BIAS)
    if -FRACTION_BITS <= q <= 0 and c & ((1 << -q) - 1) == 0:
        return c >> -q, 0
    odd, closer = c & 1, int(fraction == 0 and exponent > 1)  # the double below a power of two is half as far
    k = (q * LOG10_2 - closer * LOG10_4_3) >> LOG10_SHIFT
    h = q + (-k * LOG2_10 >> LOG2_SHIFT) + 1
    g0, g1, g2 = POWERS[-k - FIRST_POWER, 0], POWERS[-k - FIRST_POWER, 1], POWERS[-k - FIRST_POWER, 2]
    g3, g4 = POWERS[-k - FIRST_POWER, 3], POWERS[-k - FIRST_POWER, 4]
    low, high = 4 * c << h & MASK, 4 * c << h >> LIMB
    t0, t1, t2 = g0 * low, g1 * low + g0 * high, g2 * low + g1 * high
    t3, t4, t5 = g3 * low + g2 * high, g4 * low + g3 * high, g4 * high
    value = _rounded(t0, t1, t2, t3, t4, t5)
    d = (2 - closer) << h
    lower = _rounded(t0 - g0 * d, t1 - g1 * d, t2 - g2 * d, t3 - g3 * d, t4 - g4 * d, t5) + odd
    d = 2 << h
    upper = _rounded(t0 + g0 * d, t1 + g1 * d, t2 + g2 * d, t3 + g3 * d, t4 + g4 * d, t5) - odd
    s = value >> 2
    tenth = s // 10
    below, above = lower <= 40 * tenth, 40 * tenth + 40 <= upper
    if s >= 10 and below != above:
        return tenth + int(above), k + 1
    below, above = lower <= 4 * s, 4 * s + 4 <= upper
    if below != above:
        return s + int(above), k
    half = 4 * s + 2
    return s + int(value > half or (value == half and s & 1 == 1)), k


@merged
def digits_of(value: int) -> int:
    """Return how many digits an integer below 10^8 has, at least one; without a branch to mispredict."""
    count = 1
    for power in range(1, 8):
        count += int(value >= TENS[power])
    return count


@merged
def whole(bits: int) -> int:
    """Return a float as an integer, -1 if it is none below 10^8; bits : of a finite double, not negative."""
    if bits == 0:
        return 0
    shift = BIAS - (bits >> FRACTION_BITS)
    c = bits & FRACTION | HIDDEN
    if shift > FRACTION_BITS or shift <= FRACTION_BITS - 27 or c & ((1 << shift) - 1) != 0:
        return -1
    return c >> shift if c >> shift < EIGHT else -1


@merged
def eight_digits(value: int) -> int:
    """Return the eight digits of an integer below 10^8 as text, the first one in the lowest byte.

    Halves, quarters and digits are divided side by side, by multiplication.
    """
    high = value // 10_000
    halves = high | (value - 10_000 * high) << 32
    high = (halves * 10_486 >> 20) & 0x7F_0000_007F
    quarters = high | (halves - 100 * high) << 16
    high = (quarters * 103 >> 10) & 0x0F_000F_000F_000F
    return (high | (quarters - 10 * high) << 8) + 0x3030_3030_3030_3030


@merged
def _seventeen(bits: int) -> tuple[int, int, int]:
    """Return a float as seventeen digits, how many there are without zeros at the end, and how many before the point.

    0.015625 is 15625 x 10^12, five digits, -1 before the point.
    """
    digits, exponent = shortest(bits)
    if digits % 10 == 0:
        for zeros in (8, 4, 2, 1, 1):
            if digits % TENS[zeros] == 0:
                digits //= TENS[zeros]
                exponent += zeros
    count = DIGITS
    while digits < TENS[count - 1]:
        count -= 1
    return digits * TENS[DIGITS - count], count, count + exponent


@merged
def _with_point(word: int, before: int) -> int:
    """Return a word of text with a point before its byte ``before``; the last byte falls out."""
    low = word & ((1 << 8 * before) - 1)
    return low | POINT << 8 * before | (word >> 8 * before << 8 << 8 * before) & ASCII


@merged
def _exponent_text(exponent: int) -> tuple[int, int]:
    """Return the exponent of a float, its letter and its sign, as a word of text, and how long it is."""
    value = abs(exponent)
    count = digits_of(value)
    letter = RAISED if exponent > 0 else LOWERED
    return letter | (eight_digits(value * TENS[8 - count]) & 0xFF_FFFF) << 16, 2 + count


@merged
def float_text(bits: int) -> tuple[int, int, int, int, int, int]:
    """Return a float as three words of text and their length, and an exponent to write behind them and its length.

    bits : of a finite double above 0. Below 10^10 and from 10^-6 on it has no exponent: 0.25, 1.5e+10, 1e-7.
    """
    digits, used, point = _seventeen(bits)
    nine = digits // 10**9
    first, second = eight_digits(nine), eight_digits(digits // 10 - nine * EIGHT)
    third = ZERO + digits % 10
    plain = SMALLEST_PLAIN <= point <= LARGEST_PLAIN
    before = point if plain else 1
    if before > 0:
        late = before >= 8
        start = first if late else _with_point(first, before)
        middle = _with_point(second, before - 8) if late else second << 8 & ASCII | first >> 56
        end, length = third << 8 | second >> 56, used + 1 if used > before else before
    else:
        shift = 8 * (2 - before)
        start = LEADING & ((1 << shift) - 1) | first << shift & ASCII
        middle = first >> (64 - shift) | second << shift & ASCII
        end, length = second >> (64 - shift) | third << shift & ASCII, used + 2 - before
    raised, more = (0, 0) if plain else _exponent_text(point - 1)
    return start, middle, end, length, raised, more
