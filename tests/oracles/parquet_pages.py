"""Pages of a Parquet file read bit by bit, as its description says: what a page holds, one value after the other."""

from collections.abc import Iterator


def whole_number(data: Iterator[int]) -> int:
    """Return the next number without sign, seven bits a byte."""
    number = shift = 0
    for byte in data:
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return number
    raise AssertionError("a number without an end")


def signed(number: int) -> int:
    """Return the number whose lowest bit is its sign."""
    return -(number + 1) // 2 if number & 1 else number // 2


def wrapped(number: int, bits: int) -> int:
    """Return a number as so many bits hold it, the highest its sign."""
    number %= 2**bits
    return number - 2**bits if number >= 2 ** (bits - 1) else number


def bits_of(data: bytes, width: int, count: int) -> list[int]:
    """Return numbers of so many bits each, lowest bit first."""
    whole = int.from_bytes(data, "little")
    return [whole >> (width * place) & ((1 << width) - 1) for place in range(count)]


def runs(data: bytes, width: int, rows: int) -> list[int]:
    """Return what a sequence of runs holds: equal values, or eight at a time packed in bits."""
    rest = iter(data)
    found: list[int] = []
    while len(found) < rows:
        head = whole_number(rest)
        if head & 1:
            packed = bytes(next(rest) for _ in range((head >> 1) * width))
            found += bits_of(packed, width, 8 * (head >> 1))
        else:
            value = int.from_bytes(bytes(next(rest) for _ in range((width + 7) // 8)), "little")
            found += [value] * (head >> 1)
    assert list(rest) == []
    return found[:rows]


def split(page: bytes, rows: int) -> tuple[list[int], bytes]:
    """Return for each row whether it has a value, and the bytes of the values."""
    size = int.from_bytes(page[:4], "little")
    return runs(page[4 : 4 + size], 1, rows), page[4 + size :]


def differences(data: bytes, bits: int) -> list[int]:
    """Return the integers of so many bits that DELTA_BINARY_PACKED holds."""
    rest = iter(data)
    group, minis, count = whole_number(rest), whole_number(rest), whole_number(rest)
    values, mini = [signed(whole_number(rest))], group // minis
    assert group % 128 == mini % 32 == 0
    while len(values) < count:
        least = signed(whole_number(rest))
        widths = [next(rest) for _ in range(minis)]
        for width in widths:
            if len(values) < count:
                packed = bytes(next(rest) for _ in range(width * mini // 8))
                for number in bits_of(packed, width, mini)[: count - len(values)]:
                    values.append(wrapped(values[-1] + least + number, bits))
    assert list(rest) == []
    return values[:count]
