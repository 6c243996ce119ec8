"""A results folder for notebooks: its tables by name, its orders as one table, the figures of its report."""

import json
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from darkreplay.html import results_html
from darkreplay.rows import Rows
from driver.config.checks import did_you_mean
from driver.job.table_file import EXTENSIONS
from driver.plan.plan import job_folder
from driver.run import results_folder as folder
from driver.tables.table_list import is_table
from tickstore.durable.user_paths import user_path
from tickstore.errors import InputError, UserError

if TYPE_CHECKING:
    import pyarrow as pa

JOB_TEXTS = ("job", "security", "session", "state", "error")  # of jobs.csv; codes of securities may look like numbers
COMPLETE = ("done", "kept")  # states of jobs whose files are there


class Figure(str):
    """A figure of the report, as SVG; a notebook draws it."""

    def _repr_svg_(self) -> str:
        return str(self)


class Figures(dict[str, Figure]):
    """The figures of a report by name."""

    def _repr_html_(self) -> str:
        return "".join(f"<figure><figcaption>{name}</figcaption>{svg}</figure>" for name, svg in self.items())

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)


class Results:
    """What a run left in its results folder.

    ``results["global_summary"]`` is a table by the name of its CSV file, ``results.orders`` one table over the orders
    of all jobs, ``results.figures["hours"]`` a figure of the report. The object itself stands for its orders
    wherever Arrow is taken.
    """

    def __init__(self, path: Path) -> None:
        self.folder = path
        try:
            self.run: dict[str, Any] = folder.read_run(path)
        except OSError:
            raise InputError(f"{path} is not a results folder: it has no {folder.RUN_FILE}") from None
        except ValueError:
            raise InputError(f"{path / folder.RUN_FILE} is damaged: run again") from None

    @property
    def state(self) -> str:
        """Return how the run ended: complete, failed (some jobs), interrupted, running, sharded, error."""
        return str(self.run.get("state"))

    @property
    def config(self) -> dict[str, Any]:
        """Return the settings of the run, by flag."""
        return dict(self.run.get("config", {}))

    def keys(self) -> list[str]:
        """Return the names of the tables."""
        return sorted(path.stem for path in self.folder.glob("*.csv") if is_table(path.name))

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __contains__(self, name: object) -> bool:
        return name in self.keys()

    def __getitem__(self, name: str) -> "pa.Table":
        """Return a table; numbers are numbers, what is missing is null.

        Raises
        ------
        UserError
            there is no such table
        """
        from pyarrow import csv

        if name not in self:
            there = f"; there are {', '.join(self.keys())}" if self.keys() else ": it has none, see `state`"
            raise UserError(f"{self.folder} has no table {name}{did_you_mean(name, self.keys()) or there}")
        from driver.review.read_back import TEXT_COLUMNS, is_text

        words = [column for column in TEXT_COLUMNS if is_text(name, column)]
        text = dict.fromkeys((*words, *JOB_TEXTS), "string")
        return csv.read_csv(self.folder / f"{name}.csv", convert_options=csv.ConvertOptions(column_types=text))

    @cached_property
    def figures(self) -> Figures:
        """Return the figures of the report, made from the tables."""
        from driver.report.page import report_content

        return Figures({name: Figure(svg) for name, svg in report_content(self.folder)["charts"].items()})

    @property
    def orders(self) -> Rows:
        """Return a row for each order of all jobs."""
        return self._rows("orders")

    @property
    def matches(self) -> Rows:
        """Return a row for each simulated match of all jobs, where a dark book was replayed."""
        return self._rows("matches")

    def _rows(self, kind: str) -> Rows:
        jobs = [key for key, row in folder.recorded_states(self.folder).items() if row["state"] in COMPLETE]
        places = [self.folder / job_folder(*job) / f"{kind}{end}" for job in jobs for end in EXTENSIONS.values()]
        files = [path for path in places if path.exists()]
        if not files:
            raise UserError(
                f"{self.folder} has no {kind} of its {len(jobs)} finished jobs: run with --order_level=true"
            )
        return Rows(kind, files)

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Return the orders of all jobs as a stream of Arrow's C interface."""
        return self.orders.__arrow_c_stream__(requested_schema)

    def __repr__(self) -> str:
        counts = json.dumps(self.run.get("jobs", {})).strip("{}").replace('"', "")
        return f"<results of {self.folder}: {self.state}, jobs {counts}; tables {', '.join(self.keys())}>"

    def _repr_html_(self) -> str:
        return results_html(self.folder, self.run, self.keys())

    def _ipython_key_completions_(self) -> list[str]:
        return self.keys()


def read_results(path: Path | str) -> Results:
    """Return what a run left in the folder ``path``.

    Raises
    ------
    InputError
        it is no results folder, or damaged
    """
    return Results(user_path(str(path)))
