"""Numeric core: arrays in, arrays out.

``__all__`` is the research API: the names of ``__init__.pyi``. They load when first used, so importing the package
costs nothing and compiles nothing; ``warm()`` compiles or loads every kernel a job needs.
"""

from kernels.base.lazy_names import attach

__all__, __getattr__ = attach(__file__, globals())


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
