"""What can go wrong that the user can mend. The command line prints the message and exits with 2.

Below every other module: each of them raises these.
"""


class UserError(Exception):
    """A mistake in input, arguments or configuration: one line that says what, where, and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message)  # all state in args: it must survive the trip between processes
        self.message = message


class InputError(UserError):
    """An input file is missing, unreadable or not what it should be."""


class StoreError(UserError):
    """A day file or the catalog is damaged, truncated, foreign or of another version."""
