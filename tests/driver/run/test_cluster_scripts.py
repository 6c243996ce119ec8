"""The job scripts of docs/clusters, run here as each scheduler would: its variables set, one task after another."""

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.driver.conftest import Market
from tests.driver.whole_runs import ENVIRONMENT, ROOT, darkreplay, tables

SCRIPTS = ROOT / "docs" / "clusters"
FEW = 2  # shards here, of the forty that the scripts ask for


@pytest.fixture
def study(tmp_path: Path, market: Market) -> Path:
    """Return a folder with the settings of a run and `python`, as on a machine of the cluster."""
    (tmp_path / "run.toml").write_text(
        f'[paths]\nstore = "{market.store}"\nresults = "out"\n[processing]\nmode = "sequential"\n'
    )
    (tmp_path / "bin").mkdir()
    _program(tmp_path / "bin" / "python", f'exec {sys.executable} "$@"')
    return tmp_path


def _program(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def run_here(command: list[str], study: Path, **variables: str) -> None:
    path = os.pathsep.join([str(study / "bin"), ENVIRONMENT["PATH"]])
    done = subprocess.run(
        command,
        cwd=study,
        env=ENVIRONMENT | {"PATH": path} | variables,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def aggregated(study: Path) -> dict[str, bytes]:
    done = darkreplay("aggregate", "--results=out", folder=study)
    assert done.returncode == 0, done.stderr
    return tables(study / "out")


def test_slurm_array(study: Path, market: Market) -> None:
    script = SCRIPTS / "slurm.sh"
    assert "#SBATCH --array=1-40\n" in script.read_text()
    for number in range(1, FEW + 1):
        run_here(
            ["bash", str(script), "run.toml"],
            study,
            SLURM_ARRAY_TASK_ID=str(number),
            SLURM_ARRAY_TASK_COUNT=str(FEW),
            SLURM_CPUS_PER_TASK="1",
        )
    assert aggregated(study) == market.tables


def test_kubernetes_indexed_job(study: Path, market: Market) -> None:
    job: dict[str, Any] = yaml.safe_load((SCRIPTS / "kubernetes.yaml").read_text())
    assert (job["apiVersion"], job["kind"], job["spec"]["completionMode"]) == ("batch/v1", "Job", "Indexed")
    (container,) = job["spec"]["template"]["spec"]["containers"]
    environment = {entry["name"]: entry["value"] for entry in container["env"]}
    assert environment["SHARDS"] == str(job["spec"]["completions"])
    for index in range(FEW):
        variables = environment | {"SHARDS": str(FEW), "JOB_COMPLETION_INDEX": str(index)}
        run_here([*container["command"], *container["args"]], study, **variables)
    assert aggregated(study) == market.tables


def test_plain_ssh(study: Path, market: Market) -> None:
    """A stand-in for ssh runs the command here."""
    _program(study / "bin" / "ssh", 'echo "$1" >> hosts\nexec sh -c "$2"')
    run_here([str(SCRIPTS / "ssh.sh"), str(study), "run.toml", "node1", "node2"], study)
    assert sorted((study / "hosts").read_text().split()) == ["node1", "node2"]
    assert tables(study / "out") == market.tables
