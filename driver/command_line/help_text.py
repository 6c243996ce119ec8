"""What --help prints: flags, their defaults and the comments of default.toml, so that nothing is said twice.

`main` prints it; a test keeps the settings of driver/README.md equal to it.
"""

import inspect
import re
import shlex
import textwrap
from collections.abc import Callable, Mapping
from typing import Any

from driver.command_line.market_flags import dial_comments
from driver.config.examples import EXAMPLES
from driver.config.keys import KINDS, PATHS, default_text

USAGE = """\
darkreplay: had these orders rested in the dark pool, what would they have filled, when, and at what cost?

usage: python -m driver COMMAND [--flag=value ...]
"""


def overview(commands: Mapping[str, Callable[..., Any]]) -> str:
    """Return the help of the program: its commands, one line each."""
    lines = [f"  {name:<10} {(inspect.getdoc(command) or '').splitlines()[0]}" for name, command in commands.items()]
    tail = "`python -m driver COMMAND --help` lists the flags of a command.\n"
    return "\n".join([USAGE, "commands:", *lines, "", tail])


def command_help(name: str, command: Callable[..., Any]) -> str:
    """Return the help of one command: what it does and every flag with its default."""
    parameters = inspect.signature(command).parameters.values()
    places = [p.name.upper() for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    about = (dial_comments() if name == "synth" else key_comments()) | own_comments(command)
    lines = [f"usage: python -m driver {' '.join([name, *places])} [--flag=value ...]", ""]
    lines += [(inspect.getdoc(command) or "").partition("\n\nArgs:")[0], ""]
    lines += [f"  {p.name.upper():<30} {about.get(p.name, '')}" for p in parameters if p.name.upper() in places]
    sections = {} if name == "synth" else {flag: f"[{path.partition('.')[0]}]" for path, flag in PATHS.items()}
    sections = {p.name: sections[p.name] for p in parameters if p.name in sections and _is_setting(p)}
    flags = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
    for section in dict.fromkeys(["flags:", *(sections.get(flag, "flags:") for flag in flags)]):
        lines += [section] if lines[-1] == "" else ["", section]
        for flag in flags:
            if sections.get(flag, "flags:") == section:
                kind = f" ({KINDS[flag].expects})" if flag in sections else ""
                text = f"{'--' + flag:<28} {about.get(flag, '')}{kind}"
                if flag in sections and flag in EXAMPLES and f"--{flag}=" not in text:
                    text += f", such as {_shown_flag(flag)}"
                lines += textwrap.wrap(text, width=118, initial_indent="  ", subsequent_indent=" " * 31)
    return "\n".join(lines) + "\n"


def _is_setting(parameter: inspect.Parameter) -> bool:
    """Return whether a flag is the setting of its name; one that defaults to no value of it is the command's own."""
    options = KINDS[parameter.name].options
    return not (parameter.default and options) or parameter.default in options


def _shown_flag(flag: str) -> str:
    """Return a flag with its example, in quotes where a shell would take it apart."""
    return shlex.quote(f"--{flag}={EXAMPLES[flag]}") if " " in EXAMPLES[flag] else f"--{flag}={EXAMPLES[flag]}"


def key_comments() -> dict[str, str]:
    """Return flag -> "comment [default]" of every key."""
    return {
        PATHS[path]: text + ("" if default in ('""', "[]", "{}") else f" [{default}]")
        for path, default, text in documented_keys()
    }


def documented_keys() -> list[tuple[str, str, str]]:
    """Return (path, default, comment) from the lines ``key = value  # comment`` of default.toml."""
    keys, section = [], ""
    for line in default_text().splitlines():
        if header := re.match(r"\[(\w+)\]", line):
            section = header[1]
        elif entry := re.match(r"([\w.]+) = (.*?)\s+# (.*)", line):
            text = re.sub(r"\s*\(--[\w =:,]+\)$", "", entry[3])
            keys.append((f"{section}.{entry[1]}", entry[2], text))
    return keys


def own_comments(command: Callable[..., Any]) -> dict[str, str]:
    """Return parameter -> text from the Args section of the command's docstring."""
    _, _, section = (inspect.getdoc(command) or "").partition("\n\nArgs:")
    return {entry[1]: entry[2] for entry in re.finditer(r"^\s+(\w+): (.*)$", section, re.MULTILINE)}
