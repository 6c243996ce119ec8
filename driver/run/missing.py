"""Which jobs a run lacks, what share of the data that is, and what to do about each. Said before all else of a run."""

from collections.abc import Sequence
from typing import Any, Final

from driver.run.results_folder import JobState

NAMED: Final = 5  # jobs, in the line on all of them
DAMAGED: Final = ("SIGBUS", "SIGSEGV", "StoreError", "checksum", "damaged", "truncated", "HDF5", "changed since")
ADVICE: Final = (  # a part of the reason, what helps
    (DAMAGED, "its day file may be damaged: python -m driver verify --store={store}"),
    (("SIGKILL", "MemoryError", "memory"), "it may lack memory: fewer --max_workers, or more memory"),
    (("no answer within",), "if it only needs longer: a larger --deadline"),
    (("server of its worker",), "something outside killed it: run again"),
    (("space left", "OSError"), "free some space, or mend the disk, then run again"),
)
USUAL_ADVICE: Final = "a fault of this program or of its data: run again with --detailed_logs, please report it"


def share_of_rows(states: Sequence[JobState]) -> float:
    """Return the share of the order events of a run that its missing jobs have."""
    rows = sum(state.job.event_rows for state in states)
    missing = sum(state.job.event_rows for state in states if state.is_missing)
    return missing / rows if rows else float(any(state.is_missing for state in states))


def missing_line(states: Sequence[JobState]) -> str:
    """Return what is missing in one line; "" if nothing is."""
    missing = [state for state in states if state.is_missing]
    if not missing:
        return ""
    names = ", ".join(f"{one.job.name} {'failed' if one.state == 'failed' else 'not done'}" for one in missing[:NAMED])
    rest = f" and {len(missing) - NAMED:,} more" if len(missing) > NAMED else ""
    share = f"{100 * share_of_rows(states):.3g} % of the order events"
    return f"INCOMPLETE: {len(missing):,} of {len(states):,} jobs are in no table, {share}: {names}{rest}"


def missing_facts(states: Sequence[JobState]) -> dict[str, Any]:
    """Return the same for run.json and --json."""
    names = {state.job.name: state.error or "not done" for state in states if state.is_missing}
    return {"jobs": names, "share_of_rows": round(share_of_rows(states), 6), "note": missing_line(states)}


def advice(error: str, store: str) -> str:
    """Return what to do about a job that failed so."""
    for signs, what in ADVICE:
        if any(sign in error for sign in signs):
            return what.format(store=store)
    return USUAL_ADVICE
