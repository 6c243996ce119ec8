"""The fast path of parsing: plain fields straight from the mapped bytes into integer columns, called by `blocks`.

Lines end in LF or CRLF. A line of other than plain fields is handed on by its byte offsets, and ``odd_lines`` decides
what it is: this code never guesses.
"""

from typing import Any

import numpy as np

from kernels.base.columns import I64, U8
from kernels.base.compiling import inlined, kernel
from tickstore.input.fields import NAME, SIDE, SKIP
from tickstore.parse.known_names import UNKNOWN_NAME, Book, enter_name, find_name, has_room, is_plain_id
from tickstore.parse.plain_fields import (
    CR,
    DEFAULT,
    EASY_HIGH,
    EASY_LOW,
    EMPTY_OK,
    KIND,
    LEARN,
    LF,
    NINE,
    QUOTE,
    SLOT,
    SPACE,
    ZERO,
    read_field,
)

# What the kernel counts.
ROWS, ODD, BLANK, NEXT = 0, 1, 2, 3
NAMES, ENTRY = 4, 5  # names that are numbered, and where the book has room for the next
GAP, LEFT = 6, 7  # the next run of lines that are left out, and the lines passed by so


@inlined
def _name_range(data: U8, start: int, stop: int) -> tuple[int, int]:
    """Return where the text of a name is that `read_field` found: without quotes and the blanks around it."""
    while data[start] == SPACE:
        start += 1
    if data[start] == QUOTE:
        start, stop = start + 1, stop - 1
    while stop > start and data[stop - 1] == SPACE:
        stop -= 1
    return start, stop


@inlined
def _is_easy(value: Any, digits: int, first: Any, plan: I64, column: int) -> bool:
    """Return whether digits, the first of which is ``first``, are a field's value as they are, or a side's code."""
    if not (0 < digits < 20 and plan[EASY_LOW, column] <= value <= plan[EASY_HIGH, column]):
        return False
    return digits == 1 or first != ZERO or plan[KIND, column] not in (NAME, SIDE)


@inlined
def _wrapped_number(data: U8, begin: int, end: Any, plan: I64, column: int) -> tuple[bool, Any, int]:
    """Return whether easy digits stand behind a blank or in quotes, which are at ``begin``, their value and the end."""
    value, position = np.int64(0), begin + 1
    c = data[position]
    while ZERO <= c <= NINE:
        value = value * 10 + (np.int64(c) - 48)
        position += 1
        c = data[position]
    digits, closed = position - begin - 1, c == QUOTE
    position += closed
    easy = closed == (data[begin] == QUOTE) and data[position] == end
    return easy and _is_easy(value, digits, data[begin + 1], plan, column), value, position


@inlined
def _parse_rows(
    data: U8,
    position: int,
    stop: int,
    delim: Any,
    last: int,
    plan: I64,
    out: I64,
    line_start: I64,
    row: int,
    book: Book,
) -> tuple[int, int, int, tuple[int, int]]:
    """Parse lines until one is odd or blank, or ``out`` is full.

    Return the next row, where it stopped, in which column, and where the name is that is not known, (0, 0) if none is.

    Most fields are just digits, and are read here: counting references to an array that is passed on takes longer
    than parsing a field.
    """
    column = 0
    while position < stop and row < out.shape[1]:
        line = position
        c = data[position]
        for column in range(last + 1):
            kind = plan[KIND, column]
            if kind == SKIP and c != QUOTE:
                while c != delim and (c > QUOTE or (c != LF and c != CR and c != QUOTE)):
                    position += 1
                    c = data[position]
            else:
                first, begin = c, position
                value = np.int64(0)
                while ZERO <= c <= NINE:
                    value = value * 10 + (np.int64(c) - 48)
                    position += 1
                    c = data[position]
                end = delim if column < last else LF
                easy = c == end and _is_easy(value, position - begin, first, plan, column)
                if position == begin:
                    if c == end:
                        value, easy = plan[DEFAULT, column], plan[EMPTY_OK, column] == 1
                    elif c in (SPACE, QUOTE):  # as after a comma, or around all cells
                        easy, value, position = _wrapped_number(data, begin, end, plan, column)
                        c = data[position]
                if not easy:
                    value, position = read_field(data, begin, delim, plan, column)
                    if position < 0:
                        return row, line, column, (0, 0)
                    if value == UNKNOWN_NAME and kind == NAME:
                        name = _name_range(data, begin, position)
                        value = find_name(data, name[0], name[1], book)
                        if value == UNKNOWN_NAME:
                            return row, line, column, name
                    c = data[position]
                elif kind == SIDE:
                    value = 3 - 2 * value
                if kind != SKIP:
                    out[plan[SLOT, column], row] = value
            if column < last:
                if c != delim:
                    return row, line, column, (0, 0)
                position += 1
                c = data[position]
        position += c == CR
        if data[position] != LF:
            return row, line, column, (0, 0)
        line_start[row] = line
        row += 1
        position += 1
    return row, position, column, (0, 0)


@kernel
def parse_lines(
    data: U8,
    stop: int,
    delimiter: int,
    columns: int,
    plan: I64,
    out: I64,
    line_start: I64,
    odd: I64,
    counts: I64,
    book: Book,
    gaps: I64,
) -> None:
    """Parse the whole lines of data[counts[NEXT]:stop] until these, the rows or the odd lines are full.

    Parameters
    ----------
    data, stop : (size,) the mapped file; data[stop - 1] is LF
    delimiter : the delimiter's byte
    columns : of the file
    plan : (PLAN_HEIGHT, columns or more), see `plain_fields`
    out : (fields, capacity), local times as `iso_times` writes them
    line_start : (capacity,) byte offset of each parsed row's line
    odd : (odd capacity, 3), [start, stop) of each line handed on, without its LF, and the column that made it odd
    counts : (8,) rows, odd lines, blank lines so far, position, names numbered, the book's next place, the next gap,
        lines in gaps: carried on
    book : the names known, as `known_names` keeps them; ids that are text are entered when they first appear
    gaps : (n, 3) runs of lines that are passed by: begin, end, lines
    """
    delim = np.uint8(delimiter)
    rows, odds, blanks, position = counts[ROWS], counts[ODD], counts[BLANK], counts[NEXT]
    names, entry, gap = counts[NAMES], counts[ENTRY], counts[GAP]
    while position < stop and rows < out.shape[1] and odds < odd.shape[0]:
        end = stop if gap == len(gaps) else gaps[gap, 0]
        if position == end:
            position = gaps[gap, 1]
            counts[LEFT] += gaps[gap, 2]
            gap += 1
            continue
        c = data[position]
        if c == LF or (c == CR and data[position + 1] == LF):
            blanks += 1
            position += 1 if c == LF else 2
            continue
        rows, position, column, name = _parse_rows(
            data, position, end, delim, columns - 1, plan, out, line_start, rows, book
        )
        if position >= end or rows == out.shape[1]:
            continue
        if name[1] > 0 and plan[LEARN, column] and has_room(book, names, entry) and is_plain_id(data, name[0], name[1]):
            before, entry = entry, enter_name(data, name[0], name[1], names, book, entry)
            if entry > before:  # the line is read again
                names += 1
                continue
        if data[position] == LF or (data[position] == CR and data[position + 1] == LF):
            continue
        odd[odds, 0] = position
        while data[position] != LF:
            position += 1
        odd[odds, 1], odd[odds, 2] = position, column
        odds += 1
        position += 1
    counts[ROWS], counts[ODD], counts[BLANK], counts[NEXT] = rows, odds, blanks, position
    counts[NAMES], counts[ENTRY], counts[GAP] = names, entry, gap
