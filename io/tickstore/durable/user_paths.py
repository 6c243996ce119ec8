"""Paths as users write them. Called wherever one comes in."""

from pathlib import Path

from tickstore.errors import UserError


def user_path(text: str | Path) -> Path:
    """Return a path with ``~`` as the user's home.

    UserError: nobody knows where that is.
    """
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise UserError(
            f"{text}: there is no home folder for ~ here (HOME is not set): write the path in full"
        ) from None
