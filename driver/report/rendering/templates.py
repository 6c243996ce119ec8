"""The templates of report.html, and the forms in which they show numbers. `driver.report.page` fills them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from driver.review.numbers import number, signed
from driver.tables.table_style import few

PAGE: Final = "page.html"


def _shown(form: Callable[..., str]) -> Callable[..., str]:
    """Return a filter of the template that shows numbers in a form, and nothing where a value is missing."""
    return lambda value, *more: "" if value is None else form(number(value), *more)


FILTERS: Final = {
    "count": _shown("{:,.0f}".format),
    "bps": _shown(signed),
    "money": _shown(lambda value: signed(value, 0)),
    "percent": _shown(lambda value, digits=1: f"{100 * value:.{digits}f}"),
    "number": _shown(lambda value, digits: signed(value, digits).removeprefix("+")),
    "p": _shown(lambda value: "< 0.0001" if value < 1e-4 else f"{value:.4f}"),
}
TESTS: Final = {"few": few}


def templates() -> Any:
    """Return what compiles the templates. ImportError: its library is not installed."""
    import jinja2

    loader, strict = jinja2.FileSystemLoader(Path(__file__).parents[1]), jinja2.StrictUndefined
    environment = jinja2.Environment(
        loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=strict
    )
    environment.filters |= FILTERS
    environment.tests |= TESTS
    return environment
