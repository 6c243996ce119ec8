"""A Dask cluster for the tests that need one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.driver.dask_cluster import Cluster


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    folder = tmp_path / "cluster"
    folder.mkdir()
    made = Cluster(folder)
    try:
        yield made
    finally:
        made.close()
