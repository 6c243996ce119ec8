"""The dark book replayed under the exchange's rules. ``replay`` is the way in; this folder can be called as it.

Layers: ``steps`` (what is decoded), ``causes``, ``rulebook``, ``row_steps`` and ``decode`` (rows into steps), ``runs``
and ``orders`` (one book and its orders), ``entries`` and ``play`` (steps into a book), ``prepare`` and ``subjects``
(a day's columns), ``driving`` and ``scenario_runs`` (all runs side by side), ``results``, ``reasons``, ``collecting``.
"""

from kernels.base.callable_folder import make_callable

make_callable(__name__, "kernels.replay.replay")
