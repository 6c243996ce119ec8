"""Order by order: from selection through benchmarks and scenarios to costs. ``measure`` is the way in.

``kernels.measure`` is both this folder and, for whoever calls it, the function ``kernels.measure.measure.measure``:
whichever module of the folder was imported first, the name stays callable.
"""

import sys
from types import ModuleType
from typing import Any


class _Callable(ModuleType):
    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Call ``measure``, which loads the kernels when it is first used."""
        from kernels.measure.measure import measure

        return measure(*arguments, **named)


sys.modules[__name__].__class__ = _Callable
