"""Day files of a store by security and date, and when continuous trading was, as a run decides it."""

import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from darkreplay.html import day_html
from driver.config.checks import did_you_mean
from tickstore.day.reader import DayFile, Group
from tickstore.day.schema import GROUPS
from tickstore.durable.user_paths import user_path
from tickstore.errors import UserError
from tickstore.store.catalog import Partition

if TYPE_CHECKING:
    import pyarrow as pa

    from kernels.measure.choices import Session

SHOWN = 6  # names listed in a message


class Day(DayFile):
    """A day file: its groups by name, each with its columns as views of the mapped file; `kernels.measure` takes it."""

    def __getitem__(self, name: str) -> Group:
        """Return a group: events, orders, fills or quotes."""
        if name not in GROUPS:
            raise UserError(f"a day file has no {name}: it has {', '.join(GROUPS)}")
        return self.group(name)

    def table(self, name: str) -> "pa.Table":
        """Return a group as a table of Arrow, over the mapped file itself."""
        import pyarrow as pa

        return pa.table({column: pa.array(values) for column, values in self[name].items()})

    def __repr__(self) -> str:
        rows = ", ".join(f"{self.rows.get(name, 0):,} {name}" for name in GROUPS)
        return f"<security {self.security} on {self.date}: {rows}>"

    def _repr_html_(self) -> str:
        return day_html(self)

    def _ipython_key_completions_(self) -> list[str]:
        return list(GROUPS)


def open_day(store: Path | str, security: int | str, date: datetime.date | str) -> Day:
    """Map the day file of one security and trade date.

    Raises
    ------
    UserError
        the store has no such day
    StoreError
        the store or the file is missing, or damaged
    """
    wanted = str(security), str(date)
    days = {(p.security, p.date): p.path for p in _partitions(store)}
    if wanted not in days:
        raise UserError(f"{store} has no day of security {wanted[0]} on {wanted[1]}{_near(wanted, list(days))}")
    return Day(days[wanted])


def _near(wanted: tuple[str, str], known: list[tuple[str, str]]) -> str:
    """Return what there is instead."""
    dates = [date for security, date in known if security == wanted[0]]
    if dates:
        return f": its dates are {_some(dates)}"
    names = list(dict.fromkeys(security for security, _ in known))
    return did_you_mean(wanted[0], names) or f": its securities are {_some(names)}"


def _some(names: list[str]) -> str:
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


def sessions(store: Path | str, session: str = "") -> dict[tuple[str, str], "Session"]:
    """Return continuous trading of every security and date of a store, as a run with these settings has it.

    session : such as 10:00-16:00 in local time, which wins over what the data shows, as --session does
    """
    from driver.config.loading import load_config
    from driver.plan.sessions import plan_sessions
    from driver.run.input_files import as_stored

    flags: dict[str, Any] = {"store": str(store)} | ({"session": session} if session else {})
    loaded = load_config(flags)
    return plan_sessions(as_stored(loaded.config, loaded.given), _partitions(store), loaded.session_stated)


def _partitions(store: Path | str) -> tuple[Partition, ...]:
    from tickstore.store.recovery import read_catalog

    return read_catalog(user_path(str(store))).partitions
