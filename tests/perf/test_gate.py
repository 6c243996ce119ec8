"""The gate speaks up when it should: what it learns from readings, calls slower, and says of other machines."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import perf.gate.__main__ as gate
from perf.gate import baseline, meters
from perf.gate.meters import COUNTS, TIMES, Times, Work, counted, longer
from perf.gate.reading import ROOT, Found, Read, environment_of

COUNTING = """
import json, sys
from pathlib import Path
from perf.gate.meters import Instructions, spin

meter, left = Instructions(Path(sys.argv[1])), []
once, thrice = meter.of(lambda: spin(100_000)), meter.of(lambda: spin(300_000))
in_child = meter.of(lambda: left.append(spin(300_000)))
assert not left
here = meter.here(lambda: left.append(spin(300_000)))
assert left
print(json.dumps([once, thrice, in_child, here]))
"""


def reads(*readings: Sequence[float]) -> Read:
    """Return what reads two subjects, one reading after another."""
    waiting = list(readings)

    def read(share: float = 0.0) -> Found:
        values = waiting.pop(0)
        longer = [1 + share] if share else []
        return {name: [value, *(value * by for by in longer)] for name, value in zip(("a", "b"), values, strict=True)}

    return read


def record(**other: str) -> dict[str, Any]:
    known = {"a": {"value": 100.0, "tolerance": 0.02}, "b": {"value": 1000.0, "tolerance": 0.05}}
    return {"environment": baseline.environment(TIMES) | other, "subjects": known}


def test_within_tolerance_is_fine(capsys: pytest.CaptureFixture[str]) -> None:
    assert gate.judge(TIMES, record(), reads((101.9, 1049)))
    assert "WARNING" not in capsys.readouterr().out


def test_slower_is_found_after_readings_again(capsys: pytest.CaptureFixture[str]) -> None:
    assert not gate.judge(TIMES, record(), reads((103, 900), (104, 900), (102.1, 900)))
    told = capsys.readouterr().out.splitlines()
    assert told[0].endswith("SLOWER")
    assert "+2.1%" in told[0]
    assert "faster" in told[1]


def test_a_disturbance_is_no_alarm() -> None:
    assert gate.judge(TIMES, record(), reads((115, 1000), (100, 1150)))


def test_another_environment_is_told_and_judged_loosely(capsys: pytest.CaptureFixture[str]) -> None:
    old = record(numpy="1.0")
    assert gate.judge(TIMES, old, reads((190, 1000)))
    assert f"numpy 1.0, here {baseline.environment(TIMES)['numpy']}" in capsys.readouterr().out
    assert not gate.judge(TIMES, old, reads(*[(210, 1000)] * 3))


def test_a_subject_that_the_baseline_does_not_know_is_no_pass() -> None:
    old = record()
    del old["subjects"]["b"]
    with pytest.raises(SystemExit, match="knows other subjects: b"):
        gate.judge(TIMES, old, reads((100, 1000)))


def test_trial_counts_alarms_and_what_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    assert gate.try_out(record(), reads((100, 1000), (101, 990)), 2, 0.15)
    assert not gate.try_out(record(), reads((103, 1000)), 1, 0.15)  # an alarm
    assert not gate.try_out(record(), reads((100, 900)), 1, 0.15)  # 15 % more of less is not seen
    assert "0 alarms; +15.0% and more: 2 found" in capsys.readouterr().out


def test_trial_of_silence_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert gate.try_out(record(), reads((100, 1000), (101, 990)), 2, 0.0)
    assert not gate.try_out(record(), reads((100, 1000), (103, 990)), 2, 0.0)
    assert "found" not in capsys.readouterr().out


def test_tolerance_is_learnt_from_the_range() -> None:
    near = [{"a": [100.0]}, {"a": [100.1]}, {"a": [100.2]}]
    assert baseline.learn(COUNTS, near)["a"] == {"value": 100.1, "tolerance": baseline.LEAST[COUNTS]}
    assert baseline.learn(COUNTS, [*near, {"a": [102.0]}])["a"]["tolerance"] == pytest.approx(0.06, abs=0.001)
    with pytest.raises(ValueError, match="a: readings 100 to 103"):
        baseline.learn(COUNTS, [*near, {"a": [103.0]}])


def test_the_history_says_why_and_what(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baseline, "PATH", tmp_path / "baseline.json")
    baseline.save(TIMES, [{"a": [1.0], "b": [1.0]}], "first")
    baseline.save(TIMES, [{"a": [1.0], "b": [3.0]}], "b does more")
    kept = json.loads(baseline.PATH.read_text())[TIMES]
    assert [(entry["reason"], entry["changed"]) for entry in kept["history"]] == [
        ("first", {}),
        ("b does more", {"b": "+200.0%"}),
    ]
    assert kept["subjects"]["b"]["value"] == 3.0


def test_times_are_in_multiples_of_fixed_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """By a clock that only spinning moves: the fixed work stands for a thousand steps."""
    steps = [0]

    def spin(more: int) -> None:
        steps[0] += more

    def seconds(work: Work) -> float:
        before = steps[0]
        work()
        return (steps[0] - before or 1_000) / 1e6

    monkeypatch.setattr(meters, "spin", spin)
    monkeypatch.setattr(meters, "_seconds", seconds)
    meter = Times()
    once, thrice = meter.of(lambda: spin(200_000)), meter.of(lambda: spin(600_000))
    assert [once, thrice] == pytest.approx([200, 600])
    assert meter.of(longer(lambda: spin(200_000), 1.0, once, meter)) == pytest.approx(400)


@pytest.mark.skipif(not shutil.which("valgrind"), reason="instructions are counted where valgrind is installed")
def test_instructions_of_children_and_of_the_process_itself(tmp_path: Path) -> None:
    command = counted([sys.executable, "-c", COUNTING, str(tmp_path)], tmp_path)
    paths = os.pathsep.join([str(ROOT), str(ROOT / "io")])
    done = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": paths}, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    once, thrice, in_child, here = json.loads(done.stdout)
    assert 100_000 < once < 100_000 * 1_000  # a step of the interpreter, whose build may not be optimized
    assert thrice == pytest.approx(3 * once, rel=0.03)
    assert [in_child, here] == pytest.approx([thrice, thrice], rel=0.01)


@pytest.mark.parametrize("way", [COUNTS, TIMES])
def test_what_python_keeps_is_not_left_to_the_user(monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("NUMBA_CACHE_DIR", "the user's")
    found = environment_of(way, "own")
    assert "PYTHONDONTWRITEBYTECODE" not in found
    assert (found["NUMBA_CACHE_DIR"], found["XDG_CACHE_HOME"]) == ("own", "own")
