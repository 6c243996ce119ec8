"""All that is summed over the orders of a job, block by block, for its partial. Used by `driver.job.job`."""

from typing import Any

from driver.job.order_ids import OrderIds
from driver.job.replayed import Played
from driver.plan.jobs import Job
from driver.sums.conditions import Market
from driver.sums.job_sums import JobSums
from driver.sums.mixed.mixed_sums import MixedSums
from driver.sums.orders.deal_sources import DealSums
from driver.sums.orders.fill_times import FillTimeSums, lives_of
from driver.sums.orders.histograms import OrderHistograms
from driver.sums.orders.kinds import KindSums
from driver.sums.orders.rank_sums import RankSums
from driver.sums.orders.saving_split import SavingSplit
from driver.sums.outliers import Extremes
from driver.sums.parents import ParentSums, state_columns
from kernels.base.memory import Buffers
from kernels.measure.result_rows import OrderBlock
from kernels.measure.rules import Day, Inputs
from kernels.sums.fill_times import Clock


class OrderSums:
    """Sums that take blocks as they come, in any order; their results are arguments of a `Partial`."""

    def __init__(self, job: Job, day: Day, inputs: Inputs, market: Market, played: Played, buffers: Buffers) -> None:
        clock = Clock(inputs.rules.session_end, inputs.rules.hours_end)
        self._cells = JobSums(market, job.settings.timezone, buffers, job.settings.cell_sums)
        self._outliers = Extremes(job.settings.outliers)
        self._parents = ParentSums(state_columns(day.events, day.orders))
        self._split, self._ranks = SavingSplit(buffers=buffers), RankSums()
        self._histograms = OrderHistograms(buffers)
        self._times = FillTimeSums(lives_of(day, played.rests), clock, buffers)
        self._kinds = KindSums(day.orders["mid_tick"], buffers)
        self._deals, self._fills = DealSums(inputs, len(day.orders["order_id"])), played.fills
        asked = job.settings.mixed_keys
        self._mixed = [MixedSums(market, job.settings.timezone, keys=asked)] if asked else []
        parts = self._cells, self._outliers, self._parents, self._split, self._ranks, self._histograms, self._times
        self._adds = [part.add for part in (*parts, self._kinds, self._deals)]
        self._adds += [sums.add for sums in self._mixed]

    def add(self, block: OrderBlock) -> None:
        """Add the orders of a block."""
        for add in self._adds:
            add(block)

    def found(self, ids: OrderIds) -> dict[str, Any]:
        """Return the results by the names that a `Partial` has for them."""
        cells, conditions, volatility, marketability, marginals = self._cells.partial_sums()
        outliers, parents = self._outliers.found, self._parents.parents()
        outliers.names = ids.names(outliers.columns[0])
        shown = {} if parents is None else ids.parent_names(parents.sums[parents.names.index("parent_id")])
        return {
            "cells": cells, "conditions": conditions, "volatility": volatility, "marketability": marketability,
            "marginals": marginals, "outliers": outliers, "parents": parents, "parents_shown": shown,
            "split": self._split.found, "savings": self._split.ranked(), "ranks": self._ranks.found,
             "histograms": self._histograms.found(),
            "fill_times": self._times.found(), "kinds": self._kinds.found(), "deals": self._deals.found(self._fills),
            "mixed": next((sums.found() for sums in self._mixed), None),
        }  # fmt: skip
