"""Completion scripts for shells: commands, flags and the values flags choose from, out of what --help is made of.

The command `completion` prints one. A script holds everything as text, so that pressing Tab starts no Python.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from driver.config.keys import KINDS
from tickstore.input.fields import TABLES

SHELLS = ("bash", "zsh", "fish")
OWN_OPTIONS = {"table": TABLES}  # of flags that are no settings

BASH = """\
# Completion of darkreplay for bash: source this file, or name it darkreplay in a folder of completions
_darkreplay() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} flag= words= listed=
    COMPREPLY=()
    # the usual COMP_WORDBREAKS make three words of --flag=value
    if [[ $word == = ]]; then flag=$before word=
    elif [[ $before == = ]]; then flag=${{COMP_WORDS[COMP_CWORD-2]}}
    elif [[ $before == --* ]]; then flag=$before
    fi
    if (( COMP_CWORD == 1 )); then
        COMPREPLY=($(compgen -W "{commands}" -- "$word"))
        return
    fi
    case "${{COMP_WORDS[1]}} $flag" in
{values}
    esac
    if [[ $words ]]; then
        # of a list, only what is behind the last comma, or plus sign, is not written yet
        listed=${{word%"${{word##*[,+]}}"}}
        COMPREPLY=($(compgen -P "$listed" -W "$words" -- "${{word##*[,+]}}"))
        return
    fi
    if [[ ! $flag && $word != [!-]* ]]; then
        case ${{COMP_WORDS[1]}} in
{flags}
        esac
        COMPREPLY=($(compgen -W "$words" -- "$word"))
        [[ ${{COMPREPLY[0]}} == *= ]] && compopt -o nospace
        return
    fi
    compopt -o filenames
    COMPREPLY=($(compgen -f -- "$word"))
}}
complete -F _darkreplay darkreplay
"""


@dataclass(frozen=True, slots=True)
class Word:
    """A flag, or a value by its place: whether it is true or false, and what it chooses from."""

    name: str
    is_flag: bool
    is_bool: bool
    is_list: bool
    options: tuple[str, ...]


def completion_script(shell: str, commands: Mapping[str, Callable[..., Any]]) -> str:
    """Return the script for one of ``SHELLS`` that knows ``commands``."""
    words = {name: _words(command) for name, command in commands.items()}
    return {"bash": _bash, "zsh": _zsh, "fish": _fish}[shell](words)


def _words(command: Callable[..., Any]) -> list[Word]:
    found = []
    for parameter in inspect.signature(command).parameters.values():
        kind = KINDS.get(parameter.name)
        own = SHELLS if parameter.name == "shell" else OWN_OPTIONS.get(parameter.name, ())
        options = ("true", "false") if parameter.annotation is bool else own or (kind.options if kind else ())
        is_list = bool(kind and kind.expects.startswith("a list"))
        is_flag = parameter.kind is parameter.KEYWORD_ONLY
        found.append(Word(parameter.name, is_flag, parameter.annotation is bool, is_list, tuple(options)))
    return found


def _bash(commands: Mapping[str, list[Word]]) -> str:
    values, flags = [], []
    for command, words in commands.items():
        for word in words:
            if word.options:
                flag = f"--{word.name}" if word.is_flag else ""
                values.append(f'    "{command} {flag}") words="{" ".join(word.options)}" ;;')
        names = [f"--{word.name}{'' if word.is_bool else '='}" for word in words if word.is_flag]
        flags.append(f'        {command}) words="{" ".join(names)}" ;;')
    return BASH.format(commands=" ".join(commands), values="\n".join(values), flags="\n".join(flags))


def _zsh(commands: Mapping[str, list[Word]]) -> str:
    lines = ["#compdef darkreplay", "# Completion of darkreplay for zsh: write it as _darkreplay to a folder of $fpath"]
    lines += ["_darkreplay() {", "    if (( CURRENT == 2 )); then", f"        compadd -- {' '.join(commands)}"]
    lines += ["        return", "    fi", "    case $words[2] in"]
    for command, words in commands.items():
        lines += [f"    {command}) _arguments \\"]
        for word in words:
            action = f"({' '.join(word.options)})" if word.options else "_files"
            if word.is_list and word.options:
                action = f"_values -s , {word.name} {' '.join(word.options)}"
            if not word.is_flag:
                spec = f"2:{word.name}:{action}"
            elif word.is_bool:  # stands alone, or has a value behind the equals sign
                spec = f"--{word.name}"
            else:
                spec = f"--{word.name}=:{word.name}:{action}"
            lines += [f"        '{spec}' \\"]
        lines += ["        '*: :' ;;"]
    return "\n".join([*lines, "    esac", "}", "compdef _darkreplay darkreplay"]) + "\n"


def _fish(commands: Mapping[str, list[Word]]) -> str:
    lines = ["# Completion of darkreplay for fish: write it to ~/.config/fish/completions/darkreplay.fish"]
    lines += [f"complete -c darkreplay -n __fish_use_subcommand -f -a '{' '.join(commands)}'"]
    for command, words in commands.items():
        here = f"complete -c darkreplay -n '__fish_seen_subcommand_from {command}'"
        for word in words:
            chosen = f" -a '{' '.join(word.options)}'" if word.options else ""
            if not word.is_flag:
                lines += [f"{here} -f{chosen}"] if chosen else []
            elif word.is_bool:
                lines += [f"{here} -l {word.name}"]
            else:
                lines += [f"{here} -l {word.name} {'-x' if chosen else '-r'}{chosen}"]
    return "\n".join(lines) + "\n"
