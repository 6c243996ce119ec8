"""The folder of a running conversion inside its store, and how it goes without half a trace."""

import shutil
from pathlib import Path

from tickstore.durable.files import sync_path
from tickstore.store.paths import CONVERT_FOLDER, FINISHED_FOLDER


def remove_working_folder(store: Path) -> None:
    """Remove a conversion's temporary files. Its folder is moved away first: killed midway, nothing of it counts."""
    remove_finished(store)
    folder = store / CONVERT_FOLDER
    if folder.exists():
        try:
            folder.rename(store / FINISHED_FOLDER)
            sync_path(store)
        except OSError:  # of a full disk, say
            shutil.rmtree(folder, ignore_errors=True)
        remove_finished(store)


def remove_finished(store: Path) -> None:
    """Remove what a conversion that was killed while it cleaned up left behind."""
    shutil.rmtree(store / FINISHED_FOLDER, ignore_errors=True)
