"""A proposed mapping as the configuration that is to be pasted. `inspection` prints it."""

import json
from typing import Any

from tickstore.inspect.proposal import Proposal
from tickstore.inspect.sample import Sample
from tickstore.rules import rule_facts


def toml(made: Proposal, sample: Sample) -> str:
    """Return a proposal as configuration; needed fields that nothing shows stand first, to be filled in."""
    lines = []
    if made.settings:
        lines += ["[input]"]
        lines += [f"{name} = {_value(value)}  # {made.why[f'input.{name}']}" for name, value in made.settings.items()]
        lines += [""]
    lines += ["[input.columns]"]
    for name in made.open:
        choices = [_value(rule_facts(rule)) for rule in made.choices.get(name, ())]
        lines += [f'# "{made.table}.{name}" = {choice}' for choice in choices or ['"?"']]
    left = list(made.untaken(sample))
    if made.open and left:
        lines += [f"# columns not taken: {', '.join(map(_value, left))}"]
    for name, rule in made.columns():
        why = made.why.get(name.rpartition(".")[2], "")
        lines.append(f'"{name}" = {_value(rule_facts(rule))}' + f"  # {why}" * bool(why))
    if made.where is not None:
        name, kinds = made.where
        lines += ["", "[input.where]", f"{_value(name)} = {_value(list(kinds))}  # no others are read"]
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    """Return a TOML value on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(name)} = {_value(item)}" for name, item in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(name: str) -> str:
    return name if name.isascii() and name.replace("_", "a").isalnum() else _value(name)
