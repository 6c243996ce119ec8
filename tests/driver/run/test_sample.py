"""The built-in sample comes with the package as data, and is what the generator writes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from driver.run.sample import FOLDER, MARKER, TABLES, ensure_sample, is_complete, unpack_sample
from marketgen import MarketSpec, generate
from tests.driver.whole_runs import ENVIRONMENT

AGAIN = "the generator writes other bytes than the package holds: if that is meant, run `python .ci/pack_sample.py`"


@pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="takes minutes as plain Python")
def test_it_is_what_the_generator_writes(tmp_path: Path) -> None:
    made, unpacked = tmp_path / "made", tmp_path / "unpacked"
    made.mkdir()
    unpacked.mkdir()
    generate(MarketSpec(truth="none"), made)
    unpack_sample(unpacked)
    for table in TABLES:
        assert (unpacked / f"{table}.csv").read_bytes() == (made / f"{table}.csv").read_bytes(), AGAIN


def test_files_are_unpacked_again_only_if_something_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    said: list[str] = []
    raw = FOLDER / "raw"
    ensure_sample("nowhere", said.append)
    whole = {path.name: path.read_bytes() for path in raw.iterdir()}
    assert sorted(whole) == ["nbbo.csv", "orders.csv", "sample.json", "trades.csv"]
    (raw / "nbbo.csv").write_bytes(b"cut")
    assert not is_complete(raw)
    ensure_sample("nowhere", said.append)
    assert {path.name: path.read_bytes() for path in raw.iterdir()} == whole
    facts = json.loads(whole[MARKER])
    facts["orders"][1] += 1
    (raw / MARKER).write_text(json.dumps(facts))
    assert not is_complete(raw), "another version's sample has another checksum"
    unpack_sample(raw)
    ensure_sample("nowhere", said.append)
    assert said == [
        f"no input is given: {word} the built-in sample in {raw}" for word in ("unpacking", "unpacking", "using")
    ]


def test_it_needs_no_generator(tmp_path: Path) -> None:
    """Neither the generator nor its dark book is imported, let alone compiled."""
    code = (
        "import sys\n"
        "from driver.run.sample import ensure_sample\n"
        "ensure_sample('nowhere', lambda line: None)\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('marketgen', 'numba', 'numpy')])"
    )
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
