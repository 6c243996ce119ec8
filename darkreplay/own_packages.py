"""Whether ``driver``, ``kernels`` and their like are this program's own: other packages have these names, too.

Asked before any of them is imported, so nothing but the standard library is.
"""

import importlib.util
from pathlib import Path


def foreign_driver() -> str:
    """Return a line that names a package called ``driver`` which did not come with this one; "" if it did."""
    here = Path(__file__).resolve().parents[1]
    spec = importlib.util.find_spec("driver")
    if spec is None:
        return f"the package driver is missing beside {here / 'darkreplay'}: install darkreplay again"
    place = next(iter(spec.submodule_search_locations or [spec.origin or "driver"]))
    if Path(place).resolve() == here / "driver":
        return ""
    return (
        f"{spec.origin or place} is another package called driver, and is found first: install darkreplay in a virtual "
        f"environment of its own, or start from another folder (this program is in {here})"
    )


def refuse_foreign() -> None:
    """Raise an ImportError that names a package that hides one of ours."""
    trouble = foreign_driver()
    if not trouble:
        from driver.command_line.own_packages import foreign_package

        trouble = foreign_package()
    if trouble:
        raise ImportError(trouble)
