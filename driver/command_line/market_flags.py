"""The dials of the synthetic exchange as flags: read from its spec, so that a new dial is a flag at once.

The command `synth` and its help are the callers; the exchange is `marketgen`.
"""

import inspect
import re
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from driver.command_line.arguments import Command, with_flags
from driver.config import kinds
from driver.run.monitor import Monitor
from tickstore.durable.files import make_folder
from tickstore.engines.short_sockets import keep_sockets_short
from tickstore.errors import UserError

if TYPE_CHECKING:
    from marketgen import GeneratedFiles


def with_dials(command: Command) -> Command:
    """Return ``command`` with one keyword-only parameter per dial in place of its ``**dials``."""
    from marketgen import MarketSpec

    return with_flags(command, {dial.name: dial.type in (bool, "bool") for dial in fields(MarketSpec)})


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

    given = {field.name: _kind(field.default).of_flag(field.name, dials[field.name]) for field in fields(MarketSpec)
             if field.name in dials}  # fmt: skip
    try:
        spec = MarketSpec(**given)
    except (ValueError, TypeError) as error:
        raise UserError(f"synth: {error}") from None
    make_folder(folder, "output")
    keep_sockets_short()

    def show(done: int, total: int) -> None:
        if monitor.title != "generating":
            monitor.start("generating", total, "the market")
        monitor.reach(done)

    try:
        with monitor:
            return generate(spec, folder, _kind(1).of_flag("max_workers", workers), show)
    except FileExistsError as error:
        raise UserError(f"synth: {error}") from None


def _kind(default: Any) -> kinds.Kind:
    """Return the kind of values that are of the default's type."""
    if isinstance(default, tuple):
        return kinds.list_of(_kind(default[0]) if default else kinds.text(), unique=False)
    return {bool: kinds.flag(), int: kinds.whole(0), float: kinds.number(0)}.get(type(default), kinds.text())
