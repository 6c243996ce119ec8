"""Tables of security-days are read in part where all of their rows are not shown."""

from pathlib import Path

import pytest

from driver.review.read_back import read_table

LINES = (
    "security_code,date,kind,count", "all,all,jobs_missing,1", "9,2024-01-03,jobs_missing,1", "all,all,fills,5",
    "7,2024-01-01,fills,2", "7,2024-01-01,quotes,4", "7,2024-01-02,fills,3", "9,2024-01-01,quotes,6",
)  # fmt: skip


@pytest.mark.parametrize(
    ("days", "counts"),
    [(None, [1, 1, 5, 2, 4, 3, 6]), (0, [1, 5]), (1, [1, 1, 5]), (3, [1, 1, 5, 2, 3]), (9, [1, 1, 5, 2, 3, 6])],
)
def test_of_security_days_the_first_row_is_read_of_as_many_as_are_asked_for(
    days: int | None, counts: list[int], tmp_path: Path
) -> None:
    path = tmp_path / "data_quality.csv"
    path.write_text("\n".join(LINES) + "\n")
    assert [row["count"] for row in read_table(path, days=days)] == counts
