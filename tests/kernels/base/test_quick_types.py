"""Types of arguments that are remembered are those that Numba finds."""

from typing import Any, NamedTuple

import numba
import numpy as np
import pytest

from kernels.base.quick_types import remember_types


class Two(NamedTuple):
    first: Any
    second: Any


class Other(NamedTuple):
    first: Any
    second: Any


class Function:
    """What Numba asks for types."""

    def __init__(self) -> None:
        self.asked = 0
        remember_types(self)

    def typeof_pyval(self, value: Any) -> Any:
        self.asked += 1
        return numba.typeof(value)


def read_only(array: Any) -> Any:
    array.flags.writeable = False
    return array


WHOLE, REAL = np.zeros(4, np.int64), np.zeros(4)
GRID = np.zeros((4, 6), np.int32)
ARRAYS = (
    WHOLE, REAL, WHOLE[::2], read_only(np.zeros(4, np.int64)), GRID, np.asfortranarray(GRID), GRID[:, ::2], GRID[:0],
    np.zeros((), np.int8), np.zeros(3, bool), np.zeros(3, "datetime64[ns]"),
    np.zeros(2, np.dtype([("a", np.int64), ("b", np.float32)])),
)  # fmt: skip
TUPLES = (
    (), (WHOLE,), (WHOLE, WHOLE), (WHOLE, REAL), Two(WHOLE, WHOLE), Two(WHOLE, REAL), Other(WHOLE, REAL), Two(1, 2.0),
    Two(Two(WHOLE, 1), (REAL, Other(1, True))), Two(Other(WHOLE, 1), (REAL, Other(1, True))), (None, 1), (1, (2, 3)),
)  # fmt: skip


@pytest.mark.parametrize("value", [*ARRAYS, *TUPLES, 1, 1.5, True, None, np.int32(4)], ids=str)
def test_types_are_those_that_numba_finds(value: Any) -> None:
    function = Function()
    usual = numba.typeof(value)
    assert function.typeof_pyval(value) == function.typeof_pyval(value) == usual
    assert repr(function.typeof_pyval(value)) == repr(usual)


def test_arrays_and_their_tuples_are_worked_out_once() -> None:
    function = Function()
    for _ in range(3):
        kept = function.typeof_pyval(Two(np.zeros(3), (np.zeros(9), np.ones(1))))
    assert function.asked == 0
    assert function.typeof_pyval(Two(np.zeros(1), (np.ones(2), np.ones(1)))) is kept
    assert function.typeof_pyval(Other(np.zeros(1), (np.ones(2), np.ones(1)))) != kept
