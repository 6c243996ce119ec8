"""Order by order: from selection through benchmarks and scenarios to costs. ``measure`` is the way in.

``kernels.measure`` is both this folder and, for whoever calls it, the function ``kernels.measure.measure.measure``:
whichever module of the folder was imported first, the name stays callable.
"""

from kernels.base.callable_folder import make_callable

make_callable(__name__, "kernels.measure.measure")
