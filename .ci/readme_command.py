"""Print a command of README.md, so that CI runs exactly what the README tells a new user to run.

A command is the first fenced block after the comment ``<!-- command: NAME -->``.
"""

import re
import sys
from pathlib import Path

README = Path(__file__).resolve().parents[1] / "README.md"


def readme_command(name: str) -> str:
    """Return the shell text of the command called ``name``."""
    pattern = rf"<!-- command: {re.escape(name)} -->\s*```sh\n(.*?)```"
    found = re.search(pattern, README.read_text(encoding="utf-8"), re.DOTALL)
    if found is None:
        sys.exit(f"README.md has no command marked '{name}'")
    return found.group(1).strip()


if __name__ == "__main__":
    sys.stdout.write(readme_command(sys.argv[1]) + "\n")
