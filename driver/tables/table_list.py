"""Every table of a run, one entry each: adding a table is adding an entry here.

`aggregate` sums and writes what the entries say. The results folder knows its files by them, `aggregate_by` and the
report which of them may be absent, and driver/README.md lists them. Nothing heavy is imported, since the command
line is among the readers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from driver.config.combinations import OWN_TABLES, combination_keys


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a table: one for each combination of the labels of some dimensions of `driver.tables.grouping`.

    Attributes
    ----------
    sums : which sums of a job, or of all jobs of a security, are added to the rows:
        ``job``: all its orders together, ``hours``: by local hour, ``cells``: as fine as a job sums them,
        ``unexecuted``: those of orders without a fill, ``conditions``: by the market they met;
        ``marketability``: by where their limits lay;
        ``security``: by the range of the mid, once all dates of the security are summed
    by : the dimensions that tell the rows apart
    named : what the rows are by, where the first key column of the table says so
    """

    sums: str
    by: tuple[str, ...] = ()
    named: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table with the same measures as every other: key columns, then a line for each scenario.

    Attributes
    ----------
    name : of the file, without its ending
    keys : names of the key columns
    rows : kinds of rows, one kind after the other
    meaning : what a row is about
    complete : whether rows without an order are written too
    quantiles : whether percentiles are known, which take most of the memory; a table without them has so many rows
        that it is written some rows at a time
    ascending : whether rows are sorted by their labels, whole numbers first
    """

    name: str
    keys: tuple[str, ...]
    rows: tuple[Rows, ...]
    meaning: str
    complete: bool = False
    quantiles: bool = True
    ascending: bool = False

    @property
    def chosen_by(self) -> str:
        """The value of `aggregate_by` that asks for this table; empty: it is always written."""
        return self.keys[0] if len(self.keys) == 1 and self.keys[0] in OWN_TABLES else ""


BY_SIZE, UNEXECUTED = "by_order_size", "unexecuted"
TABLES: Final = (
    Table("global_summary", (), (Rows("job"),), "all orders of the run", complete=True),
    Table("by_security", ("security_code",), (Rows("job", ("security",)),), "orders of a security"),
    Table("by_date", ("date",), (Rows("job", ("date",)),), "orders of a trade date"),
    Table("by_participant", ("participant_id",), (Rows("cells", ("participant",)),),
          "orders of a broker, as the input names it", ascending=True),
    Table("by_group", ("group",), (Rows("cells", ("group",)),),
          "orders really filled in full (1), in part (2), not at all (3)", complete=True),
    Table("by_time_of_day", ("hour",), (Rows("hours", ("hour",)),), "orders by the local hour of their benchmark time"),
    Table(BY_SIZE, ("size_bucket",), (Rows("cells", ("size",)),),
          "orders by the shares they asked for; their savings with intervals"),
    Table(UNEXECUTED, ("breakdown", "value"),
          tuple(Rows("unexecuted", (name.removesuffix("_bucket"),), name) for name in ("all", "hour", "size_bucket")),
          "orders without a real fill: all, by hour, by size; after them those that rest in vain under R, by why"),
    Table("by_condition", ("condition", "value"),
          (*(Rows("conditions", (name,), name) for name in ("phase", "spread", "volume_share")),
           Rows("security", ("volatility",), "volatility")),
          "orders by the market they met, each condition for itself"),
    Table("by_marketability", ("marketability",), (Rows("marketability", ("marketability",)),),
          "orders by where their limit lay against the quote they met; market orders are marketable"),
    Table("time_series", ("date", "hour"), (Rows("hours", ("date_hour",)),),
          "orders of a trade date by the local hour of their benchmark time", quantiles=False, ascending=True),
)  # fmt: skip
OTHER_FILES: Final = {  # with columns of their own
    "statistics.csv": "tests and intervals of each scenario's saving",
    "contrasts.csv": "savings of each security, clustered by date, of each date, by security, and by order size",
    "data_quality.csv": "what was odd in the data: security, date, kind and how often, after the totals by kind",
    "outliers.csv": "orders of largest cost or gain in money",
    "by_order_type.csv": "orders by the exchange's order type, with what it means",
    "by_mid_tick.csv": "orders by their mid-tick flag, with what it means",
    "by_size_quartile.csv": "orders by the quarter of their day's orders that they are in by quantity; with tests",
    "by_deal_source.csv": "fills of selected orders by deal source, real beside each replayed scenario",
    "unmatched.csv": "what stood against the orders that R lets rest, by why they fill nothing: depth, arrivals",
    "saving_split.csv": "what each scenario saves on orders that it fills, and on those it refuses that reality filled",
    "distributions.csv": "quantiles of measures of single orders, really and under each scenario: of all, by security",
    "histograms.csv": "the counts that they are read from, of all orders: exact, on fixed buckets",
    "sensitivity.csv": "the headline saving by charge, weighting, orders, who is left out or asked, in one small table",
    "fill_curves.csv": "how orders end over the time they wait: filled, cancelled, amended away or over; Kaplan-Meier",
    "market.csv": "the quality of the whole market of a security on a date, from all trades and quotes, then of all",
    "market_participants.csv": "all brokers of the run's security-days: what they asked for and traded",
    "fidelity.csv": "how faithful the replay of a security on a date is to the real dark book, then of all",
    "fidelity_causes.csv": "by which rule and for what cause it is not, by security and date, then of all",
    "fidelity_bias.csv": "what that costs real dark orders: for how often they fill, and for the price they fill at",
    "bounds.csv": "R between its bounds: of all, by security, by date",
    "by_time_limit.csv": "R with a limit of seconds in the dark, then as it really was: of all, by security",
    "by_parent.csv": "children of a parent order by security and date, where the input has parent ids",
    "jobs.csv": "a job: one security on one date, and what became of it",
    "report.html": "the report, made from the tables",
}
HEADLINE: Final = (  # of the global summary, printed after a run
    "scenario", "orders", "fully_filled", "partially_filled", "not_executed", "filled_quantity", "fill_ratio", "vwap",
    "shortfall_bps", "saving_bps", "saving_mean_bps",
)  # fmt: skip
FILES: Final = frozenset([*(f"{table.name}.csv" for table in TABLES), *OTHER_FILES])
ROW_KEYS: Final = {  # which columns of the other files tell their rows apart
    "statistics.csv": ("test", "scenario", "weighting"),
    "contrasts.csv": ("by", "value", "scenario", "weighting"),
    "data_quality.csv": ("security_code", "date", "kind"),
    "outliers.csv": ("security_code", "date", "order_id"),
    "by_order_type.csv": ("order_type", "scenario"),
    "by_mid_tick.csv": ("mid_tick", "scenario"),
    "by_size_quartile.csv": ("size_quartile", "scenario"),
    "by_deal_source.csv": ("deal_source", "venue", "scenario"),
    "unmatched.csv": ("reason",),
    "saving_split.csv": ("security_code", "scenario", "part"),
    "distributions.csv": ("security_code", "measure", "scenario"),
    "histograms.csv": ("measure", "scenario", "low", "high"),
    "sensitivity.csv": ("scenario", "about", "variant"),
    "fill_curves.csv": ("breakdown", "value", "scenario", "until", "seconds"),
    "market.csv": ("security_code", "date"),
    "market_participants.csv": ("participant_id",),
    "fidelity.csv": ("security_code", "date"),
    "fidelity_causes.csv": ("security_code", "date", "by", "name"),
    "fidelity_bias.csv": ("security_code", "date"),
    "bounds.csv": ("security_code", "date"),
    "by_time_limit.csv": ("security_code", "dark_seconds"),
    "by_parent.csv": ("security_code", "date", "parent_id", "scenario"),
}
NO_ROWS: Final = {  # the rest, and why two runs have no rows of it to compare
    "jobs.csv": "jobs are compared first; how long they took is no result",
    "report.html": "it is made from the tables",
}


def row_keys(name: str, columns: Sequence[str]) -> tuple[str, ...]:
    """Return the columns that tell the rows of a file apart, of those it has.

    A table that is in no list, such as one of a combination of keys, has its keys before the scenario.
    """
    listed = {f"{table.name}.csv": (*table.keys, "scenario") for table in TABLES} | ROW_KEYS
    before = columns[: columns.index("scenario") + 1] if "scenario" in columns else columns[:1]
    return tuple(key for key in listed.get(name, before) if key in columns)


def is_table(file: str) -> bool:
    """Return whether a run writes a file of that name: one of ``FILES``, or the table of a combination of keys."""
    return file in FILES or bool(combination_keys(file))


def meaning_of(file: str) -> str:
    """Return what the rows of one of these files are about."""
    meanings = {f"{table.name}.csv": table.meaning for table in TABLES} | OTHER_FILES
    return meanings.get(file) or f"orders by {', '.join(combination_keys(file))}"
