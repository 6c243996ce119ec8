"""Runs that a seed disturbs in every way at once, and their resumes: a table is right or it is not there.

A failure names its seed: ``pytest -k 'seed and [17]'`` lives through it again.
"""

import errno
import os
import random
import shutil
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from driver.config.loading import load_config
from driver.engines.jobs import Outcome, run_jobs
from driver.plan.jobs import Job, JobReport
from driver.plan.plan import Plan
from driver.run import job_runs
from driver.run import results_folder as folder
from driver.run.manifest import MANIFEST, Manifest
from driver.run.monitor import QUIET, Monitor
from driver.run.run_record import Summary
from driver.run.runner import first_state
from driver.sums.partial_file import PARTIAL_NAME
from driver.tables.aggregate import aggregate
from tests.driver.job_folders import SETTINGS, make_jobs
from tests.driver.simulated_workers import Death, Fate, SimulatedSupervisor, World
from tickstore.durable.files import atomic_write
from tickstore.engines.supervisor import Options
from tickstore.errors import StoreError

DAYS = tuple((security, f"2024-01-0{day}") for security in ("9", "101", "BRK.B") for day in (1, 2, 3))
FATES = ("well", "is killed", "hangs", "raises", "disk is full", "lacks memory")
DEADLINE = 30.0
Files = dict[str, dict[str, bytes]]  # job -> name -> content


class Template:
    """What jobs write, and what the tables of every set of them are."""

    def __init__(self, place: Path) -> None:
        jobs = make_jobs(place / "made", DAYS, orders=12)
        for job in jobs:
            (Path(job.folder) / "metrics.csv").write_text(f"of {job.name}\n" * 50)
        self.files: Files = {job.name: content(Path(job.folder)) for job in jobs}
        self.jobs = jobs
        self.place = place
        self.known: dict[frozenset[str], dict[str, bytes]] = {}

    def tables(self, names: frozenset[str]) -> dict[str, bytes]:
        """Return the tables of some jobs as an undisturbed run makes them."""
        if names not in self.known:
            target = self.place / "tables" / str(len(self.known))
            target.mkdir(parents=True)
            missing = [(job.security, job.date) for job in self.jobs if job.name not in names]
            aggregate(target, [job for job in self.jobs if job.name in names], SETTINGS, None, missing)
            self.known[names] = content(target)
        return self.known[names]


def content(place: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(place.iterdir()) if path.is_file()}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return Template(tmp_path_factory.mktemp("template"))


class Life:
    """A results folder and the runs that go on in it."""

    def __init__(self, seed: int, template: Template, results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.rng, self.template, self.results, self.monkeypatch = random.Random(seed), template, results, monkeypatch
        jobs = [replace(job, folder=str(results / f"sec{job.security}" / job.date)) for job in template.jobs]
        self.plan = Plan(tuple(jobs), 0, {})
        self.story: list[str] = []
        self.hidden: set[Path] = set()

    def work(self, job: Job, fate: Fate) -> JobReport:
        """Write a job's files, as far as fate lets it."""
        kind, share = fate
        place, files = Path(job.folder), self.template.files[job.name]
        place.mkdir(parents=True, exist_ok=True)
        for number, (name, data) in enumerate(files.items()):
            if kind != "well" and number >= share * len(files):
                (place / f".tmp-{name}.{os.getpid()}").write_bytes(data[: len(data) // 2])
                break
            atomic_write(place / name, data)
        if kind in ("is killed", "hangs"):
            raise Death
        if kind == "raises":
            raise ValueError("a fault")
        if kind == "disk is full":
            raise OSError(errno.ENOSPC, "No space left on device", str(place))
        if kind == "lacks memory":
            raise MemoryError
        return JobReport(job.index, job.event_rows, 1, 1, sum(map(len, files.values())), 0.1)

    def run(self, disturbed: bool) -> bool:
        """Live through a run; return whether its driver came to the end of its jobs."""
        manifest = Manifest(self.results)
        kept = folder.valid_jobs(self.plan, manifest.read())
        for name in kept:  # what is flipped behind the back of times is found when it is read
            wrong = {path.name for path in self.hidden if path.parent == self.results / f"sec{name}"}
            found = content(self.results / f"sec{name}")
            assert {file for file, data in self.template.files[name].items() if found[file] != data} <= wrong, name
        summary = Summary(self.results, Path("store"), [first_state(job, kept) for job in self.plan.jobs])
        world = self.world(disturbed, [job.name for job in self.plan.jobs if job.name not in kept])
        expected = {name: list(fates) for name, fates in world.fates.items()}
        self.monkeypatch.setattr(job_runs, "_outcomes", self.outcomes(world))
        manifest.start(kept)
        if disturbed and self.rng.random() < 0.2:
            self.fill_disk_under(manifest)
        try:
            any_engine: Any = None
            job_runs.do_jobs(load_config({}).config, summary, manifest, any_engine, Monitor(loudness=QUIET))
        except (Death, OSError) as error:
            self.story.append(f"the driver ended by {error!r}")
            return False
        finally:
            manifest.close()
        self.check_states(summary, expected, world)
        self.check_tables(summary)
        return True

    def world(self, disturbed: bool, names: list[str]) -> World:
        fates: dict[str, deque[Fate]] = {}
        rng = self.rng
        if disturbed:
            for name in names:
                wanted = rng.choices(FATES, (6, 1, 1, 1, 1, 1), k=3)
                fates[name] = deque((kind, rng.choice((0.0, 0.5, 1.0))) for kind in wanted)
        dies = rng.uniform(0, 20) if disturbed and rng.random() < 0.5 else float("inf")
        servers = rng.choice((0.0, 0.0, 0.5)) if disturbed else 0.0
        self.story.append(f"run: {dict(fates)}, the driver dies at {dies}, servers die {servers}")
        return World(rng, fates, self.work, dies, servers)

    def outcomes(self, world: World) -> Callable[..., Any]:
        options = Options(
            self.rng.randint(1, 8), "fork", deadline=DEADLINE, retry_exhausted=True,
            batch=self.rng.choice((0, 3_000, 100_000)), memory_budget=self.rng.choice((0, 150 << 20)),
        )  # fmt: skip

        def of(config: object, jobs: list[Job], *_: object) -> Any:
            order = self.rng.sample(jobs, len(jobs))
            found: list[Outcome] = []
            with SimulatedSupervisor(options, world, self.monkeypatch) as engine:
                for outcome in run_jobs(engine, order, "", replays=False):
                    found.append(outcome)
                    yield outcome

        return of

    def fill_disk_under(self, manifest: Manifest) -> None:
        """Have the disk be full in the middle of a line of the manifest."""
        left = self.rng.randrange(1, 6)
        append = manifest.append

        def fail(job: Any) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                assert manifest.file is not None
                manifest.file.write(b"0123abcd {")
                manifest.file.flush()
                raise OSError(errno.ENOSPC, "No space left on device", str(manifest.path))
            append(job)

        self.monkeypatch.setattr(manifest, "append", fail)

    def damage(self) -> None:
        """Do to the files what disks and power cuts do."""
        for _ in range(self.rng.randrange(3)):
            written = [path for path in self.results.rglob("*") if path.is_file() and path.stat().st_size]
            if not written:
                return
            path = self.rng.choice(written)
            data, times = bytearray(path.read_bytes()), path.stat()
            where = self.rng.randrange(len(data))
            kind = self.rng.choice(("cut", "flip"))
            if kind == "cut":
                data = data[:where]
            else:
                data[where] ^= 1 << self.rng.randrange(8)
            path.write_bytes(data)
            if path.name != MANIFEST and (kind == "cut" or path.name == PARTIAL_NAME):
                os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))  # behind the back of whoever looks at times
                self.hidden |= {path} if kind == "flip" else set()
            self.story.append(f"{kind} {path.relative_to(self.results)} at {where}")

    def check_states(self, summary: Summary, fates: dict[str, list[Fate]], world: World) -> None:
        """Each job is done or failed with a reason, after as many attempts as it is due."""
        for state in summary.states:
            assert state.state in ("done", "kept", "failed"), state
            if state.state == "failed":
                assert state.error
                once = fates[state.job.name][0][0] == "raises" and "a fault" in state.error
                assert state.attempts == (1 if once else 2) or (world.servers_die and state.attempts in (1, 2))
                assert not Path(state.job.folder).exists(), "nothing is left of what failed"
            elif state.state == "done":
                assert content(Path(state.job.folder)) == self.template.files[state.job.name]
                if world.servers_die == 0 and state.job.name in fates:
                    assert fates[state.job.name][state.attempts - 1][0] == "well"

    def check_tables(self, summary: Summary) -> None:
        """Tables of the jobs that are there are those of an undisturbed run of them, or a clear error."""
        left = [state.job for state in summary.states if not state.is_missing]
        if not left:
            return
        missing = [(state.job.security, state.job.date) for state in summary.incomplete]
        target = self.results / "tables"
        target.mkdir(exist_ok=True)
        try:
            aggregate(target, left, SETTINGS, None, missing)
        except StoreError as error:
            trouble = str(error)
        else:
            trouble = ""
        if trouble:
            assert any("flip" in line and PARTIAL_NAME in line for line in self.story), trouble
            damaged = next(job for job in left if job.folder in trouble)
            shutil.rmtree(damaged.folder)  # it is done again
            self.story.append(f"{damaged.name} was found damaged")
            return
        assert content(target) == self.template.tables(frozenset(job.name for job in left))


def live_through(seed: int, template: Template, results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    life = Life(seed, template, results, monkeypatch)
    try:
        for _ in range(life.rng.randint(1, 4)):
            life.run(disturbed=True)
            life.damage()
        for _ in range(len(DAYS) + 1):
            if life.run(disturbed=False) and "was found damaged" not in life.story[-1]:
                break
        assert content(results / "tables") == template.tables(frozenset(template.files))
        for job in life.plan.jobs:
            assert content(Path(job.folder)) == template.files[job.name]
        assert len(Manifest(results).read()) == len(DAYS)
    except BaseException as error:
        error.add_note("\n  ".join([f"seed {seed}:", *life.story]))  # printed with it
        raise
    finally:
        with suppress(OSError):
            shutil.rmtree(results)


@pytest.mark.parametrize("seed", range(200))
def test_seed(seed: int, template: Template, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "out").mkdir()
    live_through(seed, template, tmp_path / "out", monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("thousand", range(3))
def test_thousands_of_seeds(thousand: int, template: Template, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(1_000 * (thousand + 1), 1_000 * (thousand + 2)):
        with monkeypatch.context() as patch:
            (tmp_path / "out").mkdir()
            live_through(seed, template, tmp_path / "out", patch)
