"""What `page` shows of savings broken down, from the tables of a results folder."""

from collections.abc import Mapping
from typing import Any

from driver.report.breakdowns.interval_tables import interval_tables
from driver.report.breakdowns.saving_parts import saving_parts
from driver.report.groups import grouped, largest, size_name
from driver.review.read_back import Cells
from driver.tables.replay_words import ASSERTED


def broken_down(tables: Mapping[str, list[Cells]]) -> dict[str, Any]:
    """Return savings with intervals by part of the orders, and what each is made of; of the groups that are shown."""
    told = [str(row["scenario"]) for row in tables["global_summary"][1:] if row["scenario"] in ASSERTED]
    securities = largest(grouped(tables["by_security"], "security_code", "security_name"))
    dates = largest(grouped(tables["by_date"], "date"))
    labels = {
        "security": {str(rows[0]["security_code"]): label for label, rows in securities},
        "date": {label: label for label, _ in dates},
        "size_bucket": {key: size_name(key) for key, _ in grouped(tables["by_order_size"], "size_bucket")},
    }
    return {
        "interval_tables": interval_tables(tables["contrasts"], tables["by_size_quartile"], told, labels),
        "parts": saving_parts(tables["saving_split"], told),
    }
