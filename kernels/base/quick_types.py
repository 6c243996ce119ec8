"""Numba's types of arguments with a memory: tuples of a hundred arrays, which kernels are given, are of few kinds.

Numba works out the type of each array anew where it meets a new kind of tuple: a tenth of loading the kernels.
``compiling`` has the kernels ask here.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numba.core import types
from numba.core.errors import NumbaError
from numba.np.numpy_support import from_dtype, map_layout

_ARRAYS: Final[dict[object, Any]] = {}
_TUPLES: Final[dict[object, tuple[Any, tuple[Any, ...]]]] = {}  # with the parts, whose ids are asked for


def remember_types(compiled: Any) -> None:
    """Have a compiled function remember what types its arguments have."""
    if hasattr(compiled, "typeof_pyval"):
        compiled.typeof_pyval = _remembering(compiled.typeof_pyval)


def _remembering(usual: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def type_of(value: Any) -> Any:
        kind = type(value)
        if kind is np.ndarray:
            return _array(value) or usual(value)
        if not issubclass(kind, tuple):
            return usual(value)
        parts = tuple(map(type_of, value))
        asked = kind, *map(id, parts)
        if (known := _TUPLES.get(asked)) is None:
            known = _TUPLES[asked] = usual(value) if _unusual(parts) else types.BaseTuple.from_types(parts, kind), parts
        return known[0]

    return type_of


def _unusual(parts: tuple[Any, ...]) -> bool:
    """Return whether Numba may take a tuple of such parts for no tuple."""
    return any(part is types.pyobject for part in parts)


def _array(value: Any) -> Any:
    """Return the type of an array; None of one that Numba has no numbers for."""
    flags = value.flags
    asked = value.dtype, value.ndim, flags.c_contiguous, flags.f_contiguous, flags.writeable
    if (known := _ARRAYS.get(asked)) is None:
        try:
            numbers = from_dtype(value.dtype)
        except NumbaError:
            return None
        known = types.Array(numbers, value.ndim, map_layout(value), readonly=not flags.writeable)
        _ARRAYS[asked] = known
    return known
