"""Convert raw CSVs into day files, or find that this was done before, which needs neither compiler nor kernels.

The top layer, called by the command line, runs and research.
"""

import time
from dataclasses import replace
from typing import Any

from tickstore.conversion.earlier_report import InputFile, earlier_report, fingerprint_of
from tickstore.durable.lock import ReadOnlyError, folder_lock
from tickstore.engines.engine import Elsewhere
from tickstore.input.fields import TABLES
from tickstore.input.files import check_file, expand
from tickstore.request import ConvertReport, ConvertRequest, Progress
from tickstore.store.commit import finish_commit
from tickstore.store.names import store_names
from tickstore.store.paths import MANIFEST_NAME, is_decided


def convert(
    request: ConvertRequest, progress: Progress | None = None, elsewhere: Elsewhere | None = None
) -> ConvertReport:
    """Convert the inputs of ``request`` into its store and say what was done.

    All or nothing: day files appear when every row of the input is accounted for. An interrupted conversion is
    taken up where it stopped when it is asked for again.

    elsewhere : gives an engine of other machines, which see all files as this one does, to parse and build on; None:
        processes of this machine do

    Raises
    ------
    InputError
        An input is missing or unusable, or too many rows are bad; nothing is committed then.
    StoreError
        The store holds other data for a partition and ``replace`` is off, or it cannot be written.
    """
    return known_conversion(request) or _convert(request, progress, elsewhere)


def known_conversion(request: ConvertRequest) -> ConvertReport | None:
    """Return the report of an equal conversion that was done before, None if there is none.

    Files are known by path, size and time of change; what this cannot tell, the conversion itself finds out.
    """
    began = time.perf_counter()
    if not (request.store / MANIFEST_NAME).exists():
        return None
    fingerprint = _fingerprint(request)
    try:
        with folder_lock(request.store):
            finish_commit(request.store)
            report = earlier_report(request.store, fingerprint, request.replace)
            if report is not None:
                report = replace(report, warnings=(*report.warnings, *store_names(request)))
    except ReadOnlyError:
        done = not is_decided(request.store)
        report = earlier_report(request.store, fingerprint, request.replace) if done else None
    except OSError:  # the conversion meets it again, and says what it means
        return None
    return None if report is None else replace(report, seconds=time.perf_counter() - began)


def already_converted(request: ConvertRequest) -> ConvertReport | None:
    """Return the same, of a store that is only looked at: nothing is written, finished or locked.

    InputError: an input is missing or unusable.
    """
    fingerprint = _fingerprint(request)
    return None if is_decided(request.store) else earlier_report(request.store, fingerprint, request.replace)


def _fingerprint(request: ConvertRequest) -> dict[str, Any]:
    paths = [(table, path) for table in TABLES for path in expand(getattr(request, table), table)]
    found = [(table, path, check_file(path, table)) for table, path in paths]
    files = [InputFile(table, str(path), status.st_size, status.st_mtime_ns) for table, path, status in found]
    return fingerprint_of(request, files)


def _convert(request: ConvertRequest, progress: Progress | None, elsewhere: Elsewhere | None) -> ConvertReport:
    from tickstore.conversion.conversion import convert as convert_files  # with all kernels of a conversion

    return convert_files(request, progress, elsewhere)
