"""What a run says about impossible rows, from the table of their counts."""

from pathlib import Path

import pytest

from driver.run.quality_notes import quality_notes


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("all,all,fills,10\nall,all,fills_without_order,5\n", ()),
        (
            "all,all,fills,1000\nall,all,fills_without_order,501\n",
            ("501 of 1,000 fills are of orders that the order files lack (fills_without_order)",),
        ),
        (
            "all,all,orders_set_apart,7\n101,2024-09-05,orders_set_apart,3\n102,2024-09-05,orders_set_apart,4\n",
            ("7 orders contradict themselves and are in no table; first: security 101 on 2024-09-05",),
        ),
        ("all,all,orders_without_window,1\nall,all,orders_reconciled,8\nall,all,orders_not_reconciled,2\n", ()),
        (
            "all,all,orders_without_window,2\nall,all,orders_reconciled,8\nall,all,orders_not_reconciled,2\n",
            (
                "2 of 10 orders ended before the session or arrived after it (orders_without_window): check --session "
                "and --timezone",
            ),
        ),
        (
            "all,all,date_implausible,1\n101,1994-09-05,date_implausible,1\nall,all,day_without_orders,2\n"
            "7,2024-09-05,day_without_orders,1\n8,2024-09-05,day_without_orders,1\n",
            (
                "1 security-days are dated before 2000 or 10 years from most others: check --epoch, --time_unit "
                "(date_implausible); first: security 101 on 1994-09-05",
                "2 security-days have trades or quotes and no orders: check how securities and dates are written "
                "(day_without_orders); first: security 7 on 2024-09-05",
            ),
        ),
        (
            "all,all,replay_orders_left_out,0\n",
            ("no dark order is of the brokers of --without_participants: nothing was left out of the book",),
        ),
        ("all,all,replay_orders_left_out,3\n", ()),
        ("all,all,orders_set_apart,0\nall,2024-09-05,fills,3\nall,2024-09-05,fills_without_order,3\n", ()),
    ],
)
def test_notes(rows: str, said: tuple[str, ...], tmp_path: Path) -> None:
    """A security may be called ``all``: its rows have a date."""
    (tmp_path / "data_quality.csv").write_text("security_code,date,kind,count\n" + rows)
    assert quality_notes(tmp_path) == said
