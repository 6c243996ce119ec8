"""What a saving is made of: orders that the scenario fills, and orders that it refuses and that were really filled."""

from collections.abc import Sequence
from typing import Final

from driver.review.numbers import Row
from driver.tables.replay_words import ALL

PARTS: Final = ("fills", "refuses")  # the third, neither, saves nothing


def saving_parts(rows: Sequence[Row], scenarios: Sequence[str]) -> list[tuple[str, list[Row]]]:
    """Return each scenario with its row of each part, of all orders; none where that is not known of every order.

    rows : of saving_split.csv
    """
    found = {(str(row["scenario"]), str(row["part"])): row for row in rows if row["security_code"] == ALL}
    parts = [(name, [found[name, part] for part in PARTS]) for name in scenarios if (name, PARTS[0]) in found]
    return [(name, two) for name, two in parts if all(row["saving_part_bps"] is not None for row in two)]
