"""Configuration and catalog to jobs: the top of `driver.plan`, which `driver.run` calls before anything runs.

Pure: nothing is read or written here.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from driver.config.keys import ASSUMED_SESSION, Config
from driver.config.tick_file import TickFile
from driver.plan.fingerprints import digest_of, settings_text
from driver.plan.jobs import Job, Settings, job_settings
from driver.plan.matching import check_participants, matching, some
from driver.plan.sessions import plan_sessions
from tickstore.errors import UserError
from tickstore.store.catalog import Partition
from tickstore.store.paths import partition_order

if TYPE_CHECKING:
    from tickstore.store.names import StoredNames

LARGEST_PARTICIPANT = 2**31 - 1  # of numbers; a store with larger ones codes them as text
LACKS = (
    ("fills", "trades", "quantities come from order states, and there are no prices, no costs, no B, P, R and D"),
    ("quotes", "quotes", "costs are missing, and so is every scenario"),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """The jobs of a run, in the order in which their results merge."""

    jobs: tuple[Job, ...]
    bytes: int  # of the day files
    session_sources: dict[str, int]
    notes: tuple[str, ...] = ()  # what the data lacks, and what that means for the results
    tick_file: TickFile | None = None
    names: "StoredNames | None" = None  # of securities and participants, for tables and report

    @property
    def event_rows(self) -> int:
        """Return the order events of all jobs."""
        return sum(job.event_rows for job in self.jobs)

    @property
    def security_names(self) -> dict[str, str]:
        """Return the names of securities, where the store has any."""
        return {code: facts.name for code, facts in self.names.securities.items() if facts.name} if self.names else {}

    def digest(self, extra: str = "") -> str:
        """Return a digest that changes when any table of the run could."""
        return digest_of([extra, *(f"{job.name} {job.fingerprint}" for job in self.jobs)])


def plan_jobs(
    config: Config,
    partitions: Sequence[Partition],
    participants: Mapping[str, int] | None,
    results: Path,
    code: str = "",
    only: frozenset[tuple[str, str]] | None = None,
    tick_file: TickFile | None = None,
    session_stated: bool = False,
) -> Plan:
    """Return the jobs that ``config`` selects from the store's ``partitions``.

    ``only`` limits them to the (security, date) the given input makes up; ``session_stated`` says that the session is
    the user's word, which wins over what the data hints at. Sessions are decided over the
    whole store, so that a selection never changes them (decisions 6). Partitions that cannot have an order of the
    selection are no jobs.
    """
    chosen = _chosen(config, partitions, only)
    chosen_ids = _participant_codes(config.participant_ids, participants, "participant_ids")
    left_out = _participant_codes(config.without_participants, participants, "without_participants")
    preferring = _participant_codes(config.preferring, participants, "preferring")
    settings = job_settings(config, chosen_ids, left_out, preferring)
    check_participants("participant_ids", chosen_ids, partitions, participants)
    asked, chosen = len(chosen), matching(config, chosen, settings.selection, participants)
    own = {p.security: _own_settings(settings, p.security, tick_file) for p in chosen}
    texts = {security: settings_text(one) for security, one in own.items()}
    sessions = plan_sessions(config, partitions, session_stated)
    jobs = []
    for index, partition in enumerate(sorted(chosen, key=lambda p: partition_order(p.security, p.date))):
        security, date = partition.security, partition.date
        session = sessions[security, date]
        decided = digest_of([partition.digest, asdict(session), texts[security], code])
        job = Job(
            index=index,
            security=security,
            date=date,
            day_file=str(partition.path),
            folder=str(results / job_folder(security, date)),
            session=session,
            settings=own[security],
            event_rows=partition.rows["events"],
            fingerprint=decided + settings.kept,
            content=partition.digest,
            day_bytes=partition.bytes,
        )
        jobs.append(job)
    size = sum(partition.bytes for partition in chosen)
    sources = dict(Counter(job.session.source for job in jobs))
    notes = (
        *_notes(chosen),
        *_unopened_notes(asked - len(chosen), asked),
        *_quantity_notes(config.quantity_decimals),
        *_session_notes(sources),
        *_tick_notes(set(own), tick_file),
    )
    return Plan(tuple(jobs), size, sources, notes, tick_file)


def _own_settings(settings: Settings, security: str, tick_file: TickFile | None) -> Settings:
    """Return the settings of one security's jobs: with its ticks, where the tick file has them (decisions 11)."""
    if tick_file is None or security not in tick_file.ticks:
        return settings
    return replace(settings, simulation=replace(settings.simulation, ticks=tick_file.ticks[security]))


def _unopened_notes(unopened: int, asked: int) -> tuple[str, ...]:
    """Return a sentence on partitions without an order of the selection."""
    if not unopened:
        return ()
    return (f"{unopened:,} of {asked:,} security-days have no order of the selection: they are not opened",)


def _tick_notes(securities: set[str], tick_file: TickFile | None) -> tuple[str, ...]:
    """Return a sentence on securities that the tick file lacks."""
    if tick_file is None or not (without := sorted(securities - set(tick_file.ticks))):
        return ()
    return (f"{tick_file.name} has no ticks of {some(without)}: theirs are those of --ticks",)


def _quantity_notes(decimals: int) -> tuple[str, ...]:
    """Return a sentence on quantities that are not whole shares."""
    if not decimals:
        return ()
    return (f"quantities are in units of 10^-{decimals} (--quantity_decimals); values in currency are of whole ones",)


def _session_notes(sources: Mapping[str, int]) -> tuple[str, ...]:
    """Return a sentence on sessions that nobody stated and the data does not show."""
    assumed, days = sources.get("config", 0), sum(sources.values())
    where = f"{assumed:,}" if assumed == days else f"{assumed:,} of {days:,}"
    return (f"sessions of {where} security-days are {ASSUMED_SESSION}",) if assumed else ()


def _notes(chosen: Sequence[Partition]) -> tuple[str, ...]:
    """Return a sentence for each table that is absent from all or some partitions (decisions 15)."""
    notes = []
    for table, name, meaning in LACKS:
        without = sum(partition.rows[table] == 0 for partition in chosen)
        if without:
            where = "" if without == len(chosen) else f" on {without:,} of {len(chosen):,} security-days"
            notes.append(f"there are no {name}{where}: {meaning}")
    return tuple(notes)


def job_folder(security: str, date: str) -> Path:
    """Return a job's folder below the results folder."""
    return Path("sec" + quote(security, safe="").replace("~", "%7E")) / date


def _chosen(
    config: Config, partitions: Sequence[Partition], only: frozenset[tuple[str, str]] | None
) -> list[Partition]:
    """Return the partitions selected, or raise a UserError that names the filter that left none."""
    left = [p for p in partitions if only is None or (p.security, p.date) in only]
    if not left and only is not None:
        raise UserError("there is nothing to run: the input has no rows")
    if not left:
        raise UserError("there is nothing to run: the store has no day files; convert some with --orders=...")
    wanted = set(config.security_codes)
    if missing := sorted(wanted - {p.security for p in left}):
        known = sorted({p.security for p in left}, key=lambda name: partition_order(name, ""))
        raise UserError(f"--security_codes={missing[0]} is not in the data, which has {some(known)}")
    left = [p for p in left if not wanted or p.security in wanted]
    first, last = min(p.date for p in left), max(p.date for p in left)
    left = [p for p in left if config.date_start <= p.date and (not config.date_end or p.date <= config.date_end)]
    if not left:
        bounds = f"{config.date_start or 'the first'} to {config.date_end or 'the last'}"
        raise UserError(f"no trade date lies within {bounds}: the data has {first} to {last}")
    return left


def _participant_codes(ids: Sequence[str], dictionary: Mapping[str, int] | None, flag: str) -> tuple[int, ...]:
    """Return participants as the store codes them: numbers, or codes of a dictionary where ids are text."""
    if dictionary is None:
        for name in ids:
            if not (name.isascii() and name.isdecimal()):
                raise UserError(f"--{flag}={name} is not a number, as the participants of this data are")
            if int(name) > LARGEST_PARTICIPANT:
                raise UserError(f"--{flag}={name} is too large: numbers end at {LARGEST_PARTICIPANT}")
        return tuple(int(name) for name in ids)
    for name in ids:
        if name not in dictionary:
            raise UserError(f"--{flag}={name} is not in the data, which has {some(sorted(dictionary))}")
    return tuple(dictionary[name] for name in ids)
