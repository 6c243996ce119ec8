"""Partials of all jobs -> the tables of a run. Linear in jobs x cells; orders are never read again.

The top of `driver.tables`: `driver.run.runner` calls it once all jobs are done. Which tables there are says
`table_list`. Partials are merged in the order of the plan, so tables do not depend on which worker finished when.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from driver.config.combinations import Keys
from driver.inference.contrasts import CONTRAST_COLUMNS, contrasts
from driver.inference.rows import COLUMNS
from driver.inference.statistics import statistics
from driver.plan.jobs import Job, Settings
from driver.sums.outliers import merge_extremes
from driver.sums.partial import Partial
from driver.sums.partial_file import PARTIAL_NAME, read_partial
from driver.sums.totals import Totals
from driver.tables.column_guide import header
from driver.tables.columns.measured import Measured
from driver.tables.columns.tables_together import by_security_and_date, measures_of, table_in_pieces
from driver.tables.combinations.combination_files import CombinationFiles
from driver.tables.csv_text import Value, csv_bytes
from driver.tables.date_ranges import implausible_dates
from driver.tables.distributions.spread_tables import DistributionSums
from driver.tables.fill_curves.fill_table import FillCurveSums
from driver.tables.grouping import CodedSums, Dimensions, Met, natural, participant_name
from driver.tables.kinds.contrasted import parts_of
from driver.tables.kinds.deal_table import DealTable
from driver.tables.kinds.kind_tables import KindTables
from driver.tables.kinds.size_intervals import INTERVALS, intervals_by
from driver.tables.kinds.unmatched_table import UnmatchedTable
from driver.tables.market_tables import MarketSums
from driver.tables.named_keys import Labels, NamedKeys
from driver.tables.outlier_table import outliers_csv
from driver.tables.parent_table import ParentFile
from driver.tables.quality_kinds import DATE_IMPLAUSIBLE, QualityCounts
from driver.tables.replay_tables import ReplaySums
from driver.tables.replay_words import ALL
from driver.tables.row_measures import Beside, totals_csv, unknown_notes
from driver.tables.sampling import SampleSums
from driver.tables.split_table import SplitSums, Variants, sensitivity_csv
from driver.tables.table_list import BY_SIZE, TABLES, UNEXECUTED, Table
from driver.tables.table_style import TableStyle
from kernels.base.memory import Buffers
from kernels.conventions import GROUPS
from tickstore.durable.files import atomic_writes
from tickstore.errors import StoreError
from tickstore.store.names import StoredNames

# Tables that others ask for rows without orders too.
ASKED: Final = {"by_security": "security", "by_date": "date", "by_participant": "participant"}


@dataclass(frozen=True, slots=True)
class Aggregate:
    """The global row of each scenario, which is printed after a run, and the names of all tables written."""

    measures: list[dict[str, Value]]
    tables: tuple[str, ...]
    notes: tuple[str, ...] = ()  # what the tables leave empty


@dataclass(slots=True)
class _RunSums:
    """Everything that is summed while partials go by."""

    jobs: Sequence[Job]
    style: TableStyle
    dimensions: Dimensions
    names: NamedKeys
    kept: int  # outliers
    combinations: CombinationFiles
    variants: Variants
    market: MarketSums
    quality: QualityCounts
    totals: dict[str, Totals] = field(default_factory=dict)  # by table
    outliers: list[dict[str, Any]] = field(default_factory=list)
    replay: ReplaySums = field(default_factory=ReplaySums)
    split: SplitSums = field(default_factory=SplitSums)
    kinds: KindTables = field(default_factory=KindTables)
    deals: DealTable = field(default_factory=DealTable)
    unmatched: UnmatchedTable = field(default_factory=UnmatchedTable)
    sample: SampleSums = field(default_factory=SampleSums)
    distributions: DistributionSums = field(default_factory=DistributionSums)
    fill_curves: FillCurveSums = field(default_factory=FillCurveSums)
    measured: dict[str, Measured] = field(default_factory=dict)  # by table

    def measure(self) -> Mapping[str, Labels]:
        """Work out the measures of tables; return what rows each shows.

        Of tables that others ask all rows are measured, those without orders too. Those of many rows are left to
        ``content``.
        """
        shown, rows = {table.name: _labels(self, table) for table in TABLES}, dict[str, Sequence[int]]()
        for name in (table.name for table in TABLES if table.quantiles):
            labels = shown[name]
            if name in ASKED:
                rows[name] = range(len(self.dimensions.place[ASKED[name]]))
            else:
                rows[name] = [row for _, row in labels]
                shown[name] = [(label, place) for place, (label, _) in enumerate(labels)]
        self.measured = measures_of({name: (self.totals[name], of) for name, of in rows.items()}, self.style)
        return shown

    def content(self, table: Table, labels: Labels, beside: Beside | None) -> bytes:
        """Return a table; labels : of its rows, and which of the measured they are, or of the sums where none are."""
        more = self.replay.unexecuted() if table.name == UNEXECUTED else ()
        named = self.names.of(table.name, table.keys, labels)
        if not table.quantiles:
            return table_in_pieces(*named, self.totals[table.name], self.style)
        return totals_csv(*named, self.measured[table.name], more, beside)


def aggregate(
    results: Path | str,
    jobs: Sequence[Job],
    settings: Settings,
    names: StoredNames | None = None,
    missing: Sequence[tuple[str, str]] = (),
    combinations: Sequence[Keys] = (),
) -> Aggregate:
    """Merge the partials of ``jobs`` and write every table of a run into ``results``, with ``names`` beside ids.

    ``missing`` are the security-days that the run should have and lacks: data_quality.csv begins with them.
    ``combinations`` of keys have a table each.

    Raises
    ------
    StoreError
        There is no job, or a partial is not of this run.
    """
    jobs = sorted(jobs, key=lambda job: job.index)
    if not jobs:
        raise StoreError("no finished job to aggregate: run the jobs first")
    kept, odd_dates = NamedKeys(names or StoredNames()), implausible_dates(job.date for job in jobs)
    style, dimensions = TableStyle.of(settings), Dimensions(jobs)
    buffers = Buffers()
    with ExitStack() as stack:
        by_keys = CombinationFiles(Path(results), style, stack, dimensions, combinations)
        named = kept.of_securities(job.security for job in jobs)
        of_missing = kept.of_securities(security for security, _ in missing)
        sums = Variants(settings), MarketSums(style, named), QualityCounts(missing, named | of_missing)
        run = _RunSums(jobs, style, dimensions, kept, settings.outliers, by_keys, *sums)
        parents = ParentFile(Path(results), run.style, stack, named)
        for job, following in zip(jobs, [*jobs[1:], None], strict=True):
            partial = _partial_of(job, buffers)
            if job.date in odd_dates and not partial.is_empty:
                partial.quality[DATE_IMPLAUSIBLE] = 1
            _add(run, job, partial)
            if following is None or following.security != job.security:
                ranges, met = run.dimensions.of_security()
                _add_sums(run, job, ranges, met)
                by_keys.end_security(ranges["security"].codes["volatility"])
            by_keys.end_job(job.security, None if following is None else following.security)
            parents.append(partial)
    return _write(run, Path(results), parents)


def _partial_of(job: Job, buffers: Buffers) -> Partial:
    """Return the partial of a job, which is good until the next is read."""
    path = Path(job.folder) / PARTIAL_NAME
    partial = read_partial(path, buffers)
    if not job.is_done_by(partial.fingerprint):
        raise StoreError(f"{path} belongs to other settings or data; run the job again with --resume=false")
    return partial


def _add(run: _RunSums, job: Job, partial: Partial) -> None:
    """Add one partial to everything."""
    if not run.totals:
        for table in TABLES:
            size = sum(run.dimensions.count(rows.by) for rows in table.rows)
            run.totals[table.name] = Totals.empty(partial.conditions, size, table.quantiles)
        run.combinations.start(partial.conditions, run.names)
    if partial.marginals.names != run.totals["global_summary"].names:
        raise StoreError(f"the partial of {partial.security} {partial.date} has other columns; run with --resume=false")
    sums = run.dimensions.of_partial(partial)
    run.sample.add(sums.whole)
    run.variants.add(partial)  # other populations may have orders where the run's has none
    if partial.is_empty:  # what was not opened is not even here
        return
    _add_sums(run, job, sums.coded, [(slice(None), partial.volumes)])
    run.combinations.add(sums.coded, partial, job.index)
    where = {"security_code": partial.security, "date": partial.date}
    least = abs(run.outliers[-1]["cost"]) if len(run.outliers) == run.kept else 0.0
    extremes = [where | row for row in partial.outliers.rows(partial.cells.scenarios, least)]
    for row in extremes:
        row["participant_id"] = participant_name(partial, row["participant_id"])
    run.outliers = merge_extremes(run.outliers, extremes, run.kept) if extremes else run.outliers
    for part in (run.replay, run.market, run.split, run.deals, run.unmatched, run.distributions, run.fill_curves):
        part.add(partial)
    run.kinds.add(partial, len(run.sample) - 1)
    run.sample.add_ranked(partial)
    run.quality.add(partial.security, partial.date, partial.quality)


def _add_sums(run: _RunSums, job: Job, sums: Mapping[str, CodedSums], met: Met) -> None:
    """Add sums to the rows of all tables that are made of them; ``met`` : the markets of as many last jobs."""
    security = run.dimensions.place["security"][job.security]
    dimensions = run.dimensions
    for table in TABLES:
        totals, start = run.totals[table.name], 0
        for rows in table.rows:
            following = start + dimensions.count(rows.by)
            if found := sums.get(rows.sums):
                totals.grow(following)
                row, integers = dimensions.rows(found, rows.by, start), dimensions.integers(found, rows.by, start)
                entries = None
                if found.entries is not None and table.quantiles:
                    entries = found.entries.cells, dimensions.rows(found.entries, rows.by, start)
                totals.merge(found.sums, row, security, integers, entries)
                for before, (places, volumes) in enumerate(reversed(met)):
                    totals.meet(row[places], job.index - before, volumes)
            start = following


def _write(run: _RunSums, results: Path, parents: ParentFile) -> Aggregate:
    """Write the tables and return what the summary needs."""
    places = run.dimensions.place
    sample = run.sample.sample(run.totals["global_summary"], run.jobs, places, run.style)
    securities, dates = ([str(label) for label in places[by]] for by in ("security", "date"))
    parts = contrasts(sample, securities, dates, parts_of(sample, run.kinds))
    beside = {BY_SIZE: Beside(header(INTERVALS), intervals_by("size_bucket", parts))}
    labels = run.measure()
    written = {f"{one.name}.csv": run.content(one, labels[one.name], beside.get(one.name)) for one in TABLES}
    measured = by_security_and_date(run.measured, securities, dates)
    written |= run.replay.tables(measured) | run.market.by_participant(run.names) | run.split.tables(run.style)
    written |= run.fill_curves.tables() | run.kinds.tables(run.style, parts)
    written |= run.deals.tables(run.style) | run.unmatched.tables()
    traders = enumerate(run.dimensions.place["participant"])
    of_participants = {run.names.participant(str(name)): run.measured["by_participant"].row(n) for n, name in traders}
    sets = run.kinds.eligible_sets(run.style, [run.measured["by_group"].row(n) for n in range(len(GROUPS))])
    written["sensitivity.csv"] = sensitivity_csv(measured[ALL, ALL], of_participants, sets, run.variants)
    written["statistics.csv"] = csv_bytes(COLUMNS, ([*row.values()] for row in statistics(sample)))
    written["contrasts.csv"] = csv_bytes(CONTRAST_COLUMNS, ([*row.values()] for row in parts))
    by_security = run.totals["by_security"], places["security"]
    written["outliers.csv"] = outliers_csv(run.outliers, *by_security, run.style)
    written |= run.distributions.tables(run.totals["global_summary"], *by_security)
    by_day = run.market.by_day() | run.quality.by_day()
    atomic_writes(results, by_day | {name: [run.names.beside(data)] for name, data in written.items()})
    totals = run.totals["global_summary"]
    headline = [dict(line) for line in measured[ALL, ALL]]
    return Aggregate(headline, (*written, *by_day, *run.combinations.written, *parents.written), unknown_notes(totals))


def _labels(run: _RunSums, table: Table) -> list[tuple[list[Value], int]]:
    """Return label and row of what a table shows."""
    named = ((rows, label) for rows in table.rows for label in run.dimensions.combinations(rows.by))
    labels: list[list[Value]] = [[rows.named, *label] if rows.named else [*label] for rows, label in named]
    totals = run.totals[table.name]
    orders = totals.low[totals.names.index("orders")]
    shown = [(label, row) for row, label in enumerate(labels) if table.complete or orders[row]]
    return sorted(shown, key=lambda one: [natural(str(key)) for key in one[0]]) if table.ascending else shown
