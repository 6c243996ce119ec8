"""The console script ``darkreplay``, which is `python -m driver` by another name; also `python -m darkreplay`."""

import sys

from darkreplay.own_packages import foreign_driver

USER_ERROR = 2


def main() -> int:
    """Run the command line on the words of this process; return its exit code."""
    if trouble := foreign_driver():
        sys.stderr.write(f"darkreplay: {trouble}\n")
        return USER_ERROR
    from driver.entry import enter

    return enter(sys.argv[1:])
