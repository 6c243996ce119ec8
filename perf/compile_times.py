"""Print what compiling costs from an empty cache, function by function, in seconds of processor time.

    python -m perf.compile_times --raw=FOLDER [--parts=kernels,marketgen] [--rows=25]

A function's own seconds leave out those of the functions it had compiled on its way. ``types`` is everything
before LLVM (bytecode, type inference, lowering), ``llvm`` optimisation and machine code. ``kernels`` is what
``kernels.warm()`` compiles, ``tickstore`` the conversion of the CSV files in ``raw``, ``marketgen`` the sample; each
in a process of its own with nothing compiled before, so code that two of them use counts twice.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import fire
from numba.core import codegen, event

PARTS = ("kernels", "tickstore", "marketgen")


class Clock(event.Listener):
    """Adds up processor time by compiled function, without that of functions compiled inside it."""

    def __init__(self) -> None:
        self.total: defaultdict[tuple[str, str], float] = defaultdict(float)
        self.llvm: defaultdict[tuple[str, str], float] = defaultdict(float)
        self.count: defaultdict[tuple[str, str], int] = defaultdict(int)
        self.running: list[tuple[str, str]] = []
        self.last = time.process_time()

    def tick(self) -> None:
        """Charge the time since the last event to the function that is being compiled."""
        now = time.process_time()
        if self.running:
            self.total[self.running[-1]] += now - self.last
        self.last = now

    def on_start(self, found: Any) -> None:
        self.tick()
        function = found.data["dispatcher"].py_func
        self.running.append((function.__module__, function.__qualname__))
        self.count[self.running[-1]] += 1

    def on_end(self, found: Any) -> None:
        self.tick()
        self.running.pop()

    def watch_llvm(self, name: str) -> None:
        """Charge a method of numba's code library to LLVM."""
        method = getattr(codegen.JITCodeLibrary, name)

        def timed(library: Any, *arguments: Any) -> Any:
            start = time.process_time()
            try:
                return method(library, *arguments)
            finally:
                if self.running:
                    self.llvm[self.running[-1]] += time.process_time() - start

        setattr(codegen.JITCodeLibrary, name, timed)


def do_part(part: str, raw: Path, folder: Path) -> None:
    """Do what compiles the kernels of one package."""
    if part == "kernels":
        import kernels

        kernels.warm()
    elif part == "marketgen":
        from marketgen import MarketSpec, generate

        generate(MarketSpec(), folder)
    else:
        from tickstore import ConvertRequest, convert

        orders, trades, nbbo = (raw / f"{table}.csv" for table in ("orders", "trades", "nbbo"))
        convert(ConvertRequest((orders,), folder / "store", (trades,), (nbbo,)))


def report(clock: Clock, rows: int) -> None:
    """Print the functions that took longest."""
    print(f"{'types':>7} {'llvm':>7} {'times':>6}  function")
    for name in sorted(clock.total, key=lambda name: -clock.total[name])[:rows]:
        llvm = clock.llvm[name]
        print(f"{clock.total[name] - llvm:7.2f} {llvm:7.2f} {clock.count[name]:6}  {'.'.join(name)}")


def run_part(part: str, raw: str, rows: int) -> None:
    """Do one part in this process and print what it cost; without any ``rows`` only its sums."""
    clock = Clock()
    for name in ("add_ir_module", "finalize"):
        clock.watch_llvm(name)
    with event.install_listener("numba:compile", clock), tempfile.TemporaryDirectory() as folder:
        do_part(part, Path(raw), Path(folder))
    spent, llvm = sum(clock.total.values()), sum(clock.llvm.values())
    counts = f"{len(clock.count)} functions, {sum(clock.count.values())} specialisations"
    print(f"{part}: {time.process_time():.1f} s in all; {spent:.1f} s compiling, {llvm:.1f} s of it LLVM; {counts}")
    if rows:
        report(clock, rows)


def main(*, raw: str, parts: tuple[str, ...] = PARTS, rows: int = 25) -> None:
    """Print one table for each part, with an empty cache, then the processor time when all is compiled."""
    script = f"import runpy, sys; runpy.run_path({__file__!r})['run_part'](sys.argv[1], sys.argv[2], int(sys.argv[3]))"
    for part in parts:
        with tempfile.TemporaryDirectory() as cache:
            for shown in (rows, 0):
                command = [sys.executable, "-P", "-c", script, part, raw, str(shown)]
                subprocess.run(command, env=os.environ | {"NUMBA_CACHE_DIR": cache}, check=True)


if __name__ == "__main__":
    fire.Fire(main)
