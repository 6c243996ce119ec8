"""Counts instructions with valgrind: of a piece of work inside a process that it runs, or of whole processes.

Valgrind counts what is executed, so neither the load of the machine nor its clock make a difference. Code inside is
counted by its tool callgrind, which a process asks to start, to count from zero and to write down what it has: the
request is a sequence of instructions that does nothing elsewhere (valgrind.h has them, `Client requests` in its manual
explains them). Whole processes are counted by the faster cachegrind; a process that was forked counts on from what its
parent had counted.
"""

import ctypes
import mmap
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

# mov rax, rdi; xor edx, edx; rol rdi by 3, 13, 61, 51; xchg rbx, rbx; mov rax, rdx; ret
REQUEST: Final = bytes.fromhex("4889f8 31d2 48c1c703 48c1c70d 48c1c73d 48c1c733 4887db 4889d0 c3")
RUNNING: Final = 0x1001
CALLGRIND: Final = ord("C") << 24 | ord("T") << 16
ZERO, DUMP_AS, START = CALLGRIND + 1, CALLGRIND + 3, CALLGRIND + 4
REPEATS: Final = 3
COUNTS: Final = "instructions"  # this way of measuring
INSIDE: Final = ("--tool=callgrind", "--instr-atstart=no")
WHOLE: Final = ("--tool=cachegrind", "--cache-sim=no", "--trace-children=yes")


def is_installed() -> bool:
    """Return whether this machine can count so: the request is written for one kind of processor."""
    return shutil.which("valgrind") is not None and os.uname().machine == "x86_64"


class Counter:
    """Counts in this process, which `run_counted` has started; dumps go to a folder that is its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.code = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        self.code.write(REQUEST)
        address = ctypes.addressof(ctypes.c_char.from_buffer(self.code))
        self.send = ctypes.CFUNCTYPE(ctypes.c_uint64, ctypes.c_void_p)(address)
        if self.request(RUNNING) != 1:
            raise RuntimeError("this process is not run by valgrind")
        self.request(START)

    def request(self, code: int, argument: int = 0) -> int:
        """Send a request to valgrind."""
        words = (ctypes.c_uint64 * 6)(code, argument)
        return int(self.send(ctypes.addressof(words)))

    def count(self, work: Callable[[], object]) -> float:
        """Return the instructions of a piece of work: the least of some times, after one that is not counted."""
        work()
        return min(self._once(work) for _ in range(REPEATS))

    def _once(self, work: Callable[[], object]) -> float:
        self.request(ZERO)
        work()
        reason = ctypes.create_string_buffer(b"counted")
        self.request(DUMP_AS, ctypes.addressof(reason))
        (path,) = self.folder.glob("counts.*")
        found = total_of(path)
        path.unlink()
        return found


def total_of(path: Path) -> float:
    """Return the instructions that a file of either tool gives as its sum."""
    (line,) = (line for line in path.read_text().splitlines() if line.startswith("summary:"))
    return float(line.split()[1])


def run_counted(module: str, folder: str, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
    """Run a module that makes a `Counter` of the folder that is its first argument."""
    where = f"--callgrind-out-file={folder}/counts"
    command = ["valgrind", "-q", *INSIDE, where, sys.executable, "-m", module, folder, *arguments]
    _run(command, environment, Path(__file__).resolve().parents[2])


def count_command(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> float:
    """Return the instructions of a command that runs in ``folder``, and of all processes it starts."""
    with tempfile.TemporaryDirectory() as counts:
        where = f"--cachegrind-out-file={counts}/counts.%p"
        _run(["valgrind", "-q", *WHOLE, where, *command], environment, folder)
        return sum(map(total_of, Path(counts).iterdir()))


def _run(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr[-2000:]}")
