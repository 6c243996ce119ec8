"""Too little memory is named before any work, and costs nobody a sound cache."""

import resource
import subprocess
from pathlib import Path

import pytest

from driver.engines.memory_limits import NEEDED_COLD_MB, NEEDED_MB, speaks_of_memory, too_little_memory
from tests.driver.conftest import Market
from tests.driver.whole_runs import ENVIRONMENT, command

RUN = "run --store={store} --results=out"


@pytest.mark.parametrize(
    ("words", "kilobytes"),
    [
        *((words, kilobytes) for words in (RUN, "aggregate --results={clean}") for kilobytes in (350_000, 650_000)),
        (RUN, 800_000),
    ],
)
def test_a_run_under_a_small_limit_is_refused(words: str, kilobytes: int, market: Market, tmp_path: Path) -> None:
    line = words.format(store=market.store, clean=market.folder / "clean")
    shell = ["bash", "-c", f"ulimit -v {kilobytes}; exec {' '.join(command())} {line}"]
    environment = ENVIRONMENT | {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    done = subprocess.run(
        shell, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    (said,) = done.stderr.splitlines()
    needed = f"{NEEDED_COLD_MB} MB at least the first time" if words.startswith("run") else f"{NEEDED_MB} MB at least:"
    assert f"a run needs {needed}" in said
    assert f": memory is limited to {kilobytes >> 10} MB here (ulimit -v)" in said
    assert not list((tmp_path / "cache").glob("*/*")) if (tmp_path / "cache").exists() else True


def test_without_a_limit_nothing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert too_little_memory() == ""
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (NEEDED_MB << 20, -1))
    assert too_little_memory() == ""
    monkeypatch.setattr(resource, "getrlimit", lambda kind: ((NEEDED_MB << 20) - 1, -1))
    assert "ulimit -v" in too_little_memory()
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (NEEDED_MB << 20, -1))
    assert "the first time, when the kernels are compiled" in too_little_memory(NEEDED_COLD_MB)


def test_libraries_say_it_in_their_own_words() -> None:
    assert speaks_of_memory("x.so: failed to map segment from shared object")
    assert not speaks_of_memory("No space left on device")
