"""Imported by the forkserver alone, before all else: it ends with the process that started it.

By itself it looks for that only once it has loaded what workers need, which takes long where kernels are compiled.
"""

import os

from tickstore.engines.parent_death import die_with_parent

die_with_parent(os.getppid())
