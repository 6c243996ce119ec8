"""docs/notebook.ipynb is executed, with the sample and with the real day; its last cells compare with the report."""

import re
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[1]
# What Jupyter's libraries say of each other is theirs.
pytestmark = pytest.mark.filterwarnings("default::DeprecationWarning", "default::ResourceWarning")


def executed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Run the notebook in ``folder`` and return its cells with what they gave."""
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}:{ROOT / 'io'}")
    for name, place in (("IPYTHONDIR", "ipython"), ("JUPYTER_RUNTIME_DIR", "jupyter"), ("TMPDIR", "")):
        (folder / place).mkdir(exist_ok=True)
        monkeypatch.setenv(name, str(folder / place))
    book = nbformat.read(ROOT / "docs" / "notebook.ipynb", as_version=4)
    assert not any(cell.get("outputs") for cell in book.cells), "it is kept without outputs"
    nbclient.NotebookClient(book, timeout=300, resources={"metadata": {"path": str(folder)}}).execute()
    return [cell for cell in book.cells if cell.cell_type == "code"]


def printed(cell: Any) -> str:
    return "".join(output.text for output in cell.outputs if output.output_type == "stream")


def shown(cells: list[Any], kind: str) -> list[str]:
    return [output.data[kind] for cell in cells for output in cell.outputs if kind in output.get("data", {})]


def check(cells: list[Any]) -> str:
    """Check what is shown, and return the line of the three public calls."""
    (page,) = shown(cells, "text/html")
    assert "<th>shortfall_bps</th>" in page
    assert any("<svg" in figure for figure in shown(cells, "image/svg+xml"))
    mine, report = printed(cells[-2]), printed(cells[-1])
    assert re.sub("^.*?: +", "", mine) == re.sub("^.*?: +", "", report)
    return mine


def test_with_the_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DARKREPLAY_REAL_DATA", raising=False)
    assert check(executed(tmp_path, monkeypatch)).startswith("participant 69: ")


def test_with_the_real_day(real_day: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DARKREPLAY_REAL_DATA", str(real_day.parent))
    assert check(executed(tmp_path, monkeypatch)).startswith("participant 69: 70 orders, vwap 3361.7783, ")
