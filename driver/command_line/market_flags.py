"""The dials of the synthetic exchange as flags: read from its spec, so that a new dial is a flag at once.

The command `synth` and its help are the callers; the exchange is `marketgen`.
"""

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from driver.config import kinds
from driver.run.monitor import Monitor
from tickstore.durable.files import make_folder
from tickstore.errors import UserError

if TYPE_CHECKING:
    from marketgen import GeneratedFiles


def with_dials(command: Callable[..., None]) -> Callable[..., None]:
    """Return ``command`` with one keyword-only parameter per dial in place of its ``**dials``."""
    from marketgen import MarketSpec

    own = list(inspect.signature(command).parameters.values())[:-1]
    dials = [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=bool if field.type in (bool, "bool") else str,
        )
        for field in fields(MarketSpec)
        if field.name not in {parameter.name for parameter in own}
    ]
    command.__signature__ = inspect.Signature([*own, *dials])  # type: ignore[attr-defined]
    return command


def dial_comments() -> dict[str, str]:
    """Return dial -> meaning and default, from the docstring and the fields of the spec."""
    from marketgen import MarketSpec

    meanings = dict(re.findall(r"^(\w+): (.+)$", inspect.getdoc(MarketSpec) or "", re.MULTILINE))
    defaults = {field.name: field.default for field in fields(MarketSpec)}
    return {name: f"{meanings.get(name, '')} [{_shown(default)}]".lstrip() for name, default in defaults.items()}


def _shown(value: Any) -> str:
    return ",".join(str(item) for item in value) if isinstance(value, tuple) else str(value)


def write_market(folder: Path, dials: Mapping[str, str], workers: str, monitor: Monitor) -> "GeneratedFiles":
    """Generate the files that ``dials``, given as text, describe."""
    from marketgen import MarketSpec, generate

    given = {field.name: _read(field.name, field.default, dials[field.name]) for field in fields(MarketSpec)
             if field.name in dials}  # fmt: skip
    try:
        spec = MarketSpec(**given)
    except (ValueError, TypeError) as error:
        raise UserError(f"synth: {error}") from None
    make_folder(folder, "output")
    started = False

    def show(done: int, total: int) -> None:
        nonlocal started
        if not started:
            monitor.start("generating", total, "the market")
            started = True
        monitor.reach(done)

    try:
        with monitor:
            return generate(spec, folder, _read("max_workers", 1, workers), show)
    except FileExistsError as error:
        raise UserError(f"synth: {error}") from None


def _read(name: str, default: Any, text: str) -> Any:
    """Return ``text`` as a value of the default's type."""
    kind = _kind(default)
    try:
        return kind.from_text(text)
    except (ValueError, TypeError):
        raise UserError(f"--{name} needs {kind.expects}, not '{text}'") from None


def _kind(default: Any) -> kinds.Kind:
    if isinstance(default, bool):
        return kinds.flag()
    if isinstance(default, int):
        return kinds.whole(0)
    if isinstance(default, float):
        return kinds.number(0)
    if isinstance(default, tuple):
        return kinds.list_of(_kind(default[0]) if default else kinds.text(), unique=False)
    return kinds.text()
