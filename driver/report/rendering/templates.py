"""The templates of report.html, and the forms in which they show numbers. `driver.report.page` fills them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from driver.report.paid import in_bps
from driver.review.numbers import number, signed, three_figures
from driver.tables.table_style import few

PAGE: Final = "page.html"
WHOLE: Final = 100.0  # degrees of freedom from here on are shown whole


def _shown(form: Callable[..., str]) -> Callable[..., str]:
    """Return a filter of the template that shows numbers in a form, and nothing where a value is missing."""
    return lambda value, *more: "" if value is None else form(number(value), *more)


FILTERS: Final = {
    "count": _shown("{:,.0f}".format),
    "bps": _shown(signed),
    "money": _shown(lambda value: signed(value, 0)),
    "percent": _shown(lambda value, digits=1: f"{100 * value:.{digits}f}"),
    "number": _shown(lambda value, digits: signed(value, digits).removeprefix("+")),
    "figures": _shown(three_figures),
    "df": _shown(lambda value: f"{value:,.0f}" if value >= WHOLE or value == round(value) else f"{value:.1f}"),
    "p": _shown(lambda value: "< 0.0001" if value < 1e-4 else f"{value:.4f}"),
}
TESTS: Final = {"few": few, "in_bps": in_bps}


def templates() -> Any:
    """Return what compiles the templates. ImportError: its library is not installed."""
    import jinja2

    from driver.report.rendering.kept_templates import KeptTemplates

    loader, strict = jinja2.FileSystemLoader(Path(__file__).parents[1]), jinja2.StrictUndefined
    environment = jinja2.Environment(
        loader=loader,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=strict,
        bytecode_cache=KeptTemplates(),
    )
    environment.filters |= FILTERS
    environment.tests |= TESTS
    return environment
