"""Whether the packages that will be imported are this program's own: others have the same names.

`start` asks before it imports any of them.
"""

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import driver

BESIDE: Final = {
    "kernels": ("kernels",),
    "tickstore": ("io/tickstore", "tickstore"),
    "marketgen": ("io/marketgen", "marketgen"),
}


def foreign_package() -> str:
    """Return a line that names the first package that did not come with ``driver``; "" if there is none."""
    root = Path(str(driver.__file__)).resolve().parents[1]
    for name, places in BESIDE.items():
        found = _place(name)
        if found is None:
            return f"the package {name} is missing beside {root / 'driver'}: install darkreplay again"
        if not any(found.resolve() == root / place for place in places):
            return (
                f"{_shown(found)} is another package called {name}, and is found first: {_remedy(found.parent)} "
                f"(this program is in {root})"
            )
    return ""


def _place(name: str) -> Path | None:
    """Return the folder or the single file that ``import name`` would load."""
    spec = find_spec(name)
    if spec is None:
        return None
    if spec.submodule_search_locations:
        return Path(next(iter(spec.submodule_search_locations)))
    return Path(spec.origin or name)


def _shown(found: Path) -> Path:
    init = found / "__init__.py"
    return init if init.exists() else found


def _remedy(folder: Path) -> str:
    listed = [Path(entry).resolve() for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
    if folder.resolve() in listed:
        return f"take {folder} out of PYTHONPATH"
    if folder.resolve() == Path.cwd():
        return "start from another folder"
    return "install darkreplay in a virtual environment of its own"
