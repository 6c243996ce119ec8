"""Raw exchange CSVs, converted once into day files of memory-mapped columns.

``__all__`` are the names of ``__init__.pyi``. They load when first used: reading a store needs no compiler.
"""

from kernels.base.lazy_names import attach

__all__, __getattr__ = attach(__file__, globals())
