"""What engines share: a job goes in, an outcome comes out.

`driver.run.runner` takes outcomes, whichever engine gives them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from driver.plan.jobs import Job, JobReport

Work = Callable[[Job], JobReport]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job: a report, or the reason it failed."""

    job: Job
    report: JobReport | None
    error: str
    attempts: int


class PoolError(Exception):
    """Workers cannot be started at all. ``damaged`` means that the compiled kernels could not be loaded."""

    def __init__(self, message: str, damaged: bool = False) -> None:
        super().__init__(message, damaged)
        self.message = message
        self.damaged = damaged


def answer(work: Work, job: Job) -> tuple[str, Any]:
    """Return what a worker says of a job: done, with the report; exhausted (another try may do) or failed, and why."""
    try:
        return "done", work(job)
    except (MemoryError, OSError) as error:
        return "exhausted", error_line(error)
    except Exception as error:
        return "failed", error_line(error)


def error_line(error: BaseException) -> str:
    """Return one line that says what went wrong, and for bugs also where."""
    text = " ".join(str(error).split()) or type(error).__name__
    if hasattr(error, "message"):  # UserError: the message alone is for people
        return text
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" ({Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno})" if trace else ""
    return f"{type(error).__name__}: {text}{place}"
