"""What a row of statistics may hold."""

from typing import Final

Row = dict[str, int | float | str | None]
COLUMNS: Final = (
    "test", "scenario", "weighting", "status", "orders", "clusters", "effective_clusters", "saving_bps",
    "standard_error", "ci_low", "ci_high", "statistic", "df1", "df2", "p_value", "p_holm", "bound_low", "bound_high",
    "bounds_agree", "saving_value", "value_low", "value_high", "better", "equal", "worse", "d_z", "d_av", "hedges_g",
    "epsilon", "rank_biserial", "correlation", "note",
)  # fmt: skip
