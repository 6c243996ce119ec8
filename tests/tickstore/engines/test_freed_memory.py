"""A worker that keeps what it frees meets no fresh pages when it takes as much again."""

import platform
import subprocess
import sys

import pytest

from tests.driver.whole_runs import ENVIRONMENT, ROOT

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries have no such options")
CODE = """
import resource, sys
import numpy as np
from tickstore.engines.freed_memory import keep_freed_memory

if sys.argv[1] == "kept":
    keep_freed_memory()
for size in (1 << 20, 3 << 20):
    np.ones(size, np.uint8)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    arrays = [np.ones(size, np.uint8) for size in (3 << 20, 1 << 20, 2 << 20)]
    del arrays
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries have no such options")
def faults(way: str) -> int:
    words = [sys.executable, "-c", CODE, way]
    return int(subprocess.run(words, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=True).stdout)


def test_memory_is_used_again() -> None:
    kept = faults("kept")
    assert kept < (6 << 20) // 4096 + 100  # each page once
    assert faults("usual") > 2 * kept


def test_arrow_takes_its_memory_from_the_c_library() -> None:
    code = """
import pyarrow as pa
from pyarrow import compute
from tickstore.engines.freed_memory import share_with_arrow

share_with_arrow()
texts = compute.cast(pa.array(range(1000)), pa.string())
print(pa.default_memory_pool().backend_name, pa.system_memory_pool().bytes_allocated() > 1000)
"""
    words = [sys.executable, "-c", code]
    said = subprocess.run(words, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=True).stdout
    assert said.split() == ["system", "True"]
