"""Check the command line against the command's signature before Fire sees it.

Fire runs the command first and complains about unknown flags afterwards, and reads `--resume=false` as true.
Here every word is matched to a parameter, and Fire only gets `--name=value` words that are known to be good.

`main` calls it with what the shell passed on; `commands` and `market_flags` give the signatures their flags.
"""

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from driver.config.checks import did_you_mean
from driver.config.kinds import WORDS
from tickstore.errors import UserError

Command = Callable[..., None]
SHORT = {"-q": "--quiet", "-v": "--verbose"}
NEGATIVE_NUMBER = re.compile(r"-\.?\d.*")


def with_flags(command: Command, flags: Mapping[str, bool]) -> Command:
    """Return ``command`` with a keyword-only parameter for each flag, name -> is boolean, in place of its ``**``."""
    own = list(inspect.signature(command).parameters.values())[:-1]
    taken = {parameter.name for parameter in own}
    more = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=bool if boolean else str)
        for name, boolean in flags.items()
        if name not in taken
    ]
    command.__signature__ = inspect.Signature([*own, *more])  # type: ignore[attr-defined]
    return command


def check_arguments(argv: Sequence[str], commands: Mapping[str, Command]) -> list[str]:
    """Return ``argv`` as Fire should see it: the command, then positional values, then ``--name=value``.

    Raises UserError for anything that is not a parameter of the command.
    """
    name, words = argv[0], list(argv[1:])
    if name not in commands:
        raise UserError(f"unknown command {name}{_hint(name, commands)}")
    parameters = inspect.signature(commands[name]).parameters
    places = [p.name for p in parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    required = {p.name for p in parameters.values() if p.default is p.empty}
    given: dict[str, str] = {}
    while words:
        word = words.pop(0)
        if word.startswith("-") and word != "-":
            flag, value = _read_flag(word, words, name, parameters)
        elif places and places[0] not in given:
            flag, value = places[0], word
        else:
            hint = f"; did you mean --input={word}?" if "input" in parameters and Path(word).is_dir() else ""
            raise UserError(f"`{name}` does not know what to do with '{word}': flags are written --name=value{hint}")
        if flag in given:
            raise UserError(f"--{flag} is given twice")
        given[flag] = value
        places = [place for place in places if place != flag]
    missing = sorted(required - set(given))
    if missing:
        place = parameters[missing[0]].kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
        shown = missing[0].upper() if place else f"--{missing[0]}=..."
        raise UserError(f"`{name}` needs {shown}: see python -m driver {name} --help")
    return [name, *(f"--{flag}={value}" for flag, value in given.items())]


def _read_flag(
    word: str, rest: list[str], command: str, parameters: Mapping[str, inspect.Parameter]
) -> tuple[str, str]:
    """Return (parameter, value as text) of the flag ``word``, taking its value from ``rest`` if it stands there."""
    if SHORT.get(word, "")[2:] in parameters:
        word = SHORT[word]
    if not word.startswith("--"):
        raise UserError(f"unknown flag {word}: flags are written --name=value")
    name, equals, value = word[2:].partition("=")
    name = name.replace("-", "_")
    negated = re.sub(r"^no_?", "", name)
    if name not in parameters and negated in parameters and parameters[negated].annotation is bool:
        if equals:
            raise UserError(f"{word}: write --{negated}={value} or --no-{negated.replace('_', '-')}")
        return negated, "false"
    if name not in parameters:
        raise UserError(f"unknown flag --{name} of `{command}`{_hint(name, parameters, '--')}")
    if parameters[name].annotation is bool:
        if not equals:
            value = rest.pop(0) if rest and rest[0].lower() in WORDS else "true"
        if value.lower() not in WORDS:
            raise UserError(f"--{name} needs true or false, not '{value}'")
        return name, str(WORDS[value.lower()]).lower()
    if not equals:
        if not rest or (rest[0].startswith("-") and not NEGATIVE_NUMBER.fullmatch(rest[0])):
            raise UserError(f"--{name} needs a value: --{name}=...")
        value = rest.pop(0)
    return name, value


def _hint(name: str, known: Mapping[str, Any], dashes: str = "") -> str:
    hint = did_you_mean(name, known).replace("mean ", f"mean {dashes}")
    return hint or (": see --help" if dashes else f": choose from {', '.join(known)}")
