"""outliers.csv: the most extreme orders of a run, and how far from usual each is. `aggregate` is the caller."""

from collections.abc import Mapping, Sequence
from typing import Any

from driver.sums.outliers import robust_z
from driver.sums.totals import Totals
from driver.tables.csv_text import Value, csv_bytes
from driver.tables.table_style import TableStyle

ABOUT = (
    "security_code", "date", "order_id", "participant_id", "side", "order_quantity", "filled_quantity", "group",
)  # fmt: skip


def outliers_csv(
    orders: Sequence[Mapping[str, Any]], totals: Totals, place: Mapping[Value, int], style: TableStyle
) -> bytes:
    """Return the table of ``orders``, their cost in currency.

    totals : sums by security, whose rows ``place`` names
    """
    savings = [f"{scenario}_saving_bps" for scenario in totals.scenarios[1:]]
    unit = 2.0 * style.unit
    usual = {code: totals.spread(place[code], 0) for code in {order["security_code"] for order in orders}}
    columns = [*ABOUT, "shortfall_value", "shortfall_bps", *savings, "shortfall_z"]
    rows = []
    for order in orders:
        z = robust_z(order["shortfall_bps"], usual[order["security_code"]])
        shown = order.get("order_name", order["order_id"])
        known = {**order, "order_id": shown, "shortfall_value": order["cost"] / unit, "shortfall_z": z}
        rows.append([known[name] for name in columns])
    return csv_bytes(columns, rows)
