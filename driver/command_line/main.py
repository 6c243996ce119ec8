"""From the words of a command line to an exit code: finds the command, runs it, says in one line what went wrong.

The top of `driver.command_line`; `python -m driver` calls it.
"""

import os
import signal
import sys
from collections.abc import Sequence
from typing import Any

from driver.command_line.arguments import check_arguments
from driver.command_line.commands import COMMANDS
from driver.command_line.help_text import command_help, overview
from driver.command_line.system_errors import system_trouble
from driver.engines.foreign_modules import foreign_cause
from tickstore.engines.engine import error_line
from tickstore.engines.freed_memory import keep_freed_memory
from tickstore.errors import UserError

EXIT_FAILED = 1
EXIT_USER_ERROR = 2
EXIT_INTERNAL_ERROR = 3
EXIT_INTERRUPTED = 130


def main(argv: Sequence[str]) -> int:
    """Run the command line and return its exit code: 0, 1 some jobs failed, 2 a mistake to mend, 130 interrupted."""
    signal.signal(signal.SIGTERM, _interrupt)
    keep_freed_memory()
    try:
        return _dispatch(list(argv))
    except UserError as error:
        _complain(error.message)
        return EXIT_USER_ERROR
    except KeyboardInterrupt:
        _complain("interrupted; what is finished stays, the same command goes on from it")
        return EXIT_INTERRUPTED
    except Exception as error:
        if os.environ.get("DARKREPLAY_TRACEBACK"):
            raise
        if trouble := foreign_cause(error) or system_trouble(error):
            _complain(trouble)
            return EXIT_USER_ERROR
        _complain(f"internal error: {error_line(error)}; DARKREPLAY_TRACEBACK=1 shows where, please report it")
        return EXIT_INTERNAL_ERROR


def _interrupt(number: int, frame: Any) -> None:
    raise KeyboardInterrupt


def _dispatch(argv: list[str]) -> int:
    if not argv or argv[0] in ("--help", "-h", "help"):
        sys.stdout.write(overview(COMMANDS))
        return 0 if argv else EXIT_USER_ERROR
    if argv == ["--version"]:
        sys.stdout.write(f"darkreplay {_version()}\n")
        return 0
    commands = COMMANDS
    if argv[0] == "synth":
        from driver.command_line.market_flags import with_dials

        commands = COMMANDS | {"synth": with_dials(COMMANDS["synth"])}
    if argv[0] in commands and {"--help", "-h"} & set(argv[1:]):
        sys.stdout.write(command_help(argv[0], commands[argv[0]]))
        return 0
    checked = check_arguments(argv, commands)
    import fire
    from fire.decorators import SetParseFn

    command = SetParseFn(str)(commands[checked[0]])
    try:
        fire.Fire({checked[0]: command}, command=checked, name="darkreplay")
    except SystemExit as end:
        return _ended(end)
    return 0


def _ended(end: SystemExit) -> int:
    """Return the exit code of whoever ended the program; other than Fire and the commands, it is no success."""
    if isinstance(end.code, int):
        return end.code
    trouble = foreign_cause(end)
    _complain(trouble or f"a module that is imported ended the program: {end.code or 'it gave no reason'}")
    return EXIT_USER_ERROR if trouble else EXIT_FAILED


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("darkreplay")
    except PackageNotFoundError:
        return "from its sources, not installed"


def _complain(message: str) -> None:
    """Print one line on stderr, whatever the message holds."""
    sys.stderr.write(f"darkreplay: {' '.join(message.split())}\n")
