"""A job, its description and its report: small frozen pieces that travel to worker processes and into run.json."""

from dataclasses import dataclass

from kernels.measure.choices import Session, Settings


@dataclass(frozen=True, slots=True)
class Job:
    """One partition of one run. ``index`` is its place in the plan: the order in which results merge."""

    index: int
    security: str
    date: str  # trade date, YYYY-MM-DD
    day_file: str
    folder: str  # where its results go: <results>/sec<security>/<date>
    session: Session
    settings: Settings
    event_rows: int  # its weight: largest jobs first
    fingerprint: str  # digest of day file, session and settings; decides whether a finished job is still valid
    content: str = ""  # digest of the day file's columns when the job was planned, "": not checked


@dataclass(frozen=True, slots=True)
class JobReport:
    """What a finished job tells the driver."""

    index: int
    events: int
    orders: int  # subjects
    fills: int
    bytes_written: int
    seconds: float
    warnings: tuple[str, ...] = ()
