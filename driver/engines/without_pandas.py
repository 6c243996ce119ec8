"""Arrow without pandas: where pandas is installed, Arrow imports it to ask whether an array is one of its series.

That takes longer than all else a small job does. For the program's own processes: a notebook may have series.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

PANDAS: Final = "pandas"


class _Hiding:
    """Finds no module called pandas. None in ``sys.modules`` would not do: compiled code takes it for the module."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:
        """Say that pandas is not installed, and nothing of other modules."""
        if name == PANDAS:
            raise ModuleNotFoundError("pandas is hidden: this program has no use for it", name=name)


@contextmanager
def without_pandas() -> Iterator[None]:
    """Hide pandas, unless it is imported already; it can be imported again afterwards."""
    if PANDAS in sys.modules:
        yield
        return
    sys.meta_path.insert(0, _Hiding)
    try:
        yield
    finally:
        sys.meta_path.remove(_Hiding)


def settle_arrow() -> None:
    """Have Arrow ask for pandas now, once for the life of the process, and not find it.

    Whoever hands Arrow a table of pandas later, or asks it for one, has it imported then: nothing is lost.
    """
    with without_pandas():
        import pyarrow as pa

        pa.array(memoryview(b""))
