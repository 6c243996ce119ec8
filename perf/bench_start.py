"""How long a run takes to have its workers at work: from its first instruction, and from when it asks for workers.

    python -m perf.bench_start [--rounds=5]

The built-in sample is converted once; each round then starts `run --resume=false` on it and ends it when the first
worker has begun its first job. Beside it, in turn: workers whose server loads nothing, and a process that imports the
libraries that jobs use, and no more. The least of the rounds; of a run also the processor time of its server, which
loads what workers need, and of its driver until then. Compiled Python is taken from its files, as after an install.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
IMPORTS: Final = "import numpy, numba, pyarrow, h5py"
OF_RUN: Final = "from perf.bench_start import run_until_work; run_until_work()"
OF_SERVER: Final = "from perf.bench_start import start_bare_worker; start_bare_worker()"


def on_processor(pid: int) -> float:
    """Return the seconds that a process has had of processors."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def begin(job: Any) -> Any:
    """Do nothing of a job: report when it was begun, and what its worker's parent had of processors until then."""
    from driver.plan.jobs import JobReport

    now, server = time.monotonic(), on_processor(os.getppid())
    return JobReport(job.index, round(server * 1e6), 0, 0, 0, now)


def run_until_work() -> None:
    """Run the sample again until a job is begun; print when workers were asked for, and the rest."""
    from driver.command_line import main
    from driver.run.monitor import Monitor

    patched: Any = Monitor
    usual = Monitor.start_jobs

    def note_begin(monitor: Monitor, jobs: Any, kept: int) -> Any:
        from driver.run import job_runs

        runs: Any = job_runs

        asked = time.monotonic()
        runs.WORK = "perf.bench_start:begin"

        def tell(state: Any, _: Monitor) -> None:
            report = state.report
            print(asked, report.seconds, report.events / 1e6, time.process_time(), flush=True)
            os._exit(0)

        runs._tell = tell
        return usual(monitor, jobs, kept)

    patched.start_jobs = note_begin
    sys.exit(main.main(["run", "--resume=false", "--quiet", "--max_workers=2"]))


def start_bare_worker() -> None:
    """Start a worker that has loaded nothing; print when it was asked for, and when it did something."""
    from tickstore.engines.engine import Task
    from tickstore.engines.supervisor import Options, Supervisor

    asked, tasks = time.monotonic(), iter([Task("time:monotonic_ns", None, "")])
    with Supervisor(Options(1)) as engine:
        for _ in engine.run(lambda: next(tasks, None)):
            print(asked, time.monotonic(), flush=True)


def timed(code: str, folder: Path) -> list[float]:
    """Return when a process that runs ``code`` was started and when it had ended, and what it printed."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "io")])
    began = time.monotonic()
    command = [sys.executable, "-P", "-c", code]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return [began, time.monotonic(), *map(float, done.stdout.split())]


def one_round(folder: Path) -> dict[str, float]:
    """Return the seconds of each thing that is timed."""
    began, _, asked, worked, server, driver = timed(OF_RUN, folder)
    bare_began, _, bare_asked, bare_worked = timed(OF_SERVER, folder)
    import_began, import_ended, imports = timed(f"{IMPORTS}\nimport time\nprint(time.process_time())", folder)
    return {
        "start of the run to the first job": worked - began,
        "workers asked for to the first job": worked - asked,
        "processor time of the server": server,
        "processor time of the driver": driver,
        "floor: workers that load nothing, from the start": bare_worked - bare_began,
        "floor: the same, from when they are asked for": bare_worked - bare_asked,
        f"floor: {IMPORTS}": import_ended - import_began,
        "floor: the same, processor time": imports,
    }


def main(*, rounds: int = 5) -> None:
    """Print the least seconds of each thing."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        subprocess.run(
            [sys.executable, "-P", "-m", "driver", "run", "--quiet"], cwd=folder, check=True, stdout=subprocess.DEVNULL
        )
        timed(OF_RUN, folder)
        found = [one_round(folder) for _ in range(rounds)]
    for name in found[0]:
        print(f"{min(one[name] for one in found):7.3f} s  {name}")


if __name__ == "__main__":
    import fire

    fire.Fire(main)
