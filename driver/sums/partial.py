"""What one job hands to the tables: `driver.job.job` makes it, `partial_file` keeps it, `driver.tables` adds it up."""

from dataclasses import dataclass, field

from driver.sums.cells import Cells, Marginals
from driver.sums.market_panel import Traders
from driver.sums.mixed.mixed_keys import MixedCells
from driver.sums.orders.fill_times import FillTimes
from driver.sums.orders.histograms import BucketCounts
from driver.sums.orders.kinds import Kinds
from driver.sums.outliers import Outliers
from driver.sums.parents import Parents


@dataclass(slots=True)
class Partial:
    """What one job adds to the tables."""

    security: str
    date: str
    fingerprint: str  # of the job that made it
    cells: Cells
    conditions: Cells  # the same orders by the market they met
    volatility: Cells  # and by the range of the mid around them
    marketability: Cells  # and by where their limits lay against the quote
    marginals: Marginals  # integer sums of the first cells, which most have none of but counts of priced orders
    quality: dict[str, int]
    outliers: Outliers  # the job's most extreme orders
    participants: dict[str, str]  # code -> text, where participant ids are text; else empty
    intervals: list[int]  # how many intervals of the day have each range of the mid
    volumes: tuple[int, int] = (0, 0)  # shares traded on the market that day, and in the dark
    parents: Parents | None = None  # where the input names parents
    parents_shown: dict[str, str] = field(default_factory=dict)  # number -> id as written, where these differ
    # Where the dark book was replayed: counts of ``kernels.replay.fidelity``; by why they fill nothing under R how many
    # subjects there are, and what they ask for; by seconds in the dark the sums of `driver.tables.replay_tables`.
    fidelity: dict[str, int] = field(default_factory=dict)
    unfilled: dict[str, list[int]] = field(default_factory=dict)
    lifeless: int = 0  # subjects that fill nothing under R and rest for no time
    asked: int = 0  # subjects
    time_limits: dict[str, dict[str, int]] = field(default_factory=dict)
    is_empty: bool = False  # no order of the day is asked for: nothing of it counts, not even what is odd in it
    market: dict[str, int] = field(default_factory=dict)  # of `driver.sums.market_panel`
    market_participants: Traders = field(default_factory=Traders)
    split: dict[str, dict[str, list[int]]] = field(default_factory=dict)  # of `driver.sums.orders.saving_split`
    ranks: dict[str, int] = field(default_factory=dict)  # of `driver.sums.orders.rank_sums`
    histograms: BucketCounts = field(default_factory=BucketCounts)  # of measures of single orders
    savings: BucketCounts = field(default_factory=BucketCounts)  # of what each scenario but reality saves, to rank by
    fill_times: FillTimes | None = None
    kinds: Kinds = field(default_factory=Kinds)
    deals: dict[str, dict[str, list[int]]] = field(default_factory=dict)  # of `driver.sums.orders.deal_sources`
    contra: dict[str, list[int]] = field(default_factory=dict)  # of `driver.sums.orders.contra`
    sensitivity: dict[str, dict[str, list[int]]] = field(default_factory=dict)  # of `driver.job.sensitivity`
    mixed: MixedCells | None = None  # where combinations of keys ask for them
