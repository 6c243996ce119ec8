"""Imported by the forkserver alone, before all else: it ends with the process that started it, and loads fast.

By itself it looks for that, and ignores Ctrl-C, only once it has loaded what workers need, which takes long where
kernels are compiled.
"""

import gc
import os
import signal

from tickstore.engines.parent_death import STARTED_BY, die_with_parent

gc.disable()  # what is imported stays: to look through it again and again is a tenth of loading it
signal.signal(signal.SIGINT, signal.SIG_IGN)  # it reaches the whole process group, and is the parent's to handle
die_with_parent(int(os.environ.pop(STARTED_BY, "") or os.getppid()))  # that one may be gone by now
