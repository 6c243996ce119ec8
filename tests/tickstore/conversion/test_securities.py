"""An orders file that makes a security of every row was read by the wrong column; other files may be so."""

from pathlib import Path
from typing import Any

import pytest

from tickstore import ConvertRequest, InputError, convert
from tickstore.request import ConvertReport, Limits

OPEN = 1_725_494_400  # 2024-09-05 10:00:00 in Sydney, s


def load(folder: Path, securities: list[str], column: str = "instrument", **request: Any) -> ConvertReport:
    """Convert orders with these cells in the column that is taken for the security."""
    path = folder / "orders.csv"
    rows = (f"{n},{OPEN + n},{name},3350,B,100,100,0,69\n" for n, name in enumerate(securities))
    path.write_text(f"order_id,timestamp,{column},price,side,quantity,leaves,matched,participant\n" + "".join(rows))
    return convert(ConvertRequest(orders=(path,), store=folder / "store", **request))


@pytest.mark.parametrize("limits", [Limits(), Limits(in_memory_bytes=0, page_bytes=128, range_bytes=128)])
@pytest.mark.parametrize("names", [[str(n) for n in range(1, 11)], [f"LONG-NAME-{n}" for n in range(40)]])
def test_a_security_a_row_is_refused_with_the_column(tmp_path: Path, names: list[str], limits: Limits) -> None:
    with pytest.raises(
        InputError,
        match=rf"orders\.csv: column 'instrument' is taken for the security .* each of {len(names)} rows; nothing was "
        r"stored.*--columns=security:instrument",
    ):
        load(tmp_path, names, limits=limits)
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize(
    "names", [[str(n) for n in range(1, 10)], [*map(str, range(1, 11)), "1"], ["7"] * 12], ids=["few", "twice", "one"]
)
def test_files_with_few_rows_or_a_security_twice_are_taken(tmp_path: Path, names: list[str]) -> None:
    assert len(load(tmp_path, names).partitions) == len(set(names))


@pytest.mark.parametrize("field", ["security", "orders.security"])
def test_a_column_that_the_user_names_is_the_security(tmp_path: Path, field: str) -> None:
    names = [str(n) for n in range(1, 13)]
    assert len(load(tmp_path, names, columns=((field, "instrument"),)).partitions) == 12


def test_another_column_that_the_user_names_mends_it(tmp_path: Path) -> None:
    report = load(tmp_path, [str(n) for n in range(1, 13)], columns=(("security", "side"), ("side", "=B")))
    assert [security for security, _ in report.partitions] == ["B"]


def test_rows_on_other_dates_are_of_the_same_security(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    rows = (f"{n},{OPEN + n * 86_400},101,3350,B,100,100,0,69\n" for n in range(12))
    path.write_text("order_id,timestamp,security,price,side,quantity,leaves,matched,participant\n" + "".join(rows))
    assert len(convert(ConvertRequest(orders=(path,), store=tmp_path / "store")).partitions) == 12


@pytest.mark.parametrize("table", ["trades", "nbbo"])
def test_trades_and_quotes_may_have_one_row_a_security(tmp_path: Path, table: str) -> None:
    path = tmp_path / "other.csv"
    cells = {"trades": "order_id,side,quantity,price", "nbbo": "bid,offer"}[table]
    values = {"trades": "5,B,5,3350", "nbbo": "3350,3360"}[table]
    rows = "".join(f"{OPEN + n},{n},{values}\n" for n in range(12))
    path.write_text(f"timestamp,security,{cells}\n" + rows)
    tables: dict[str, Any] = {table: (path,)}
    report = load(tmp_path, ["1", "2", "2"], **tables)
    assert report.tables[table].stored == 12


def test_a_store_of_parts_sees_each_file_alone(tmp_path: Path) -> None:
    """Of two files, one may be good: the other one is named."""
    good, bad = tmp_path / "a.csv", tmp_path / "b.csv"
    header = "order_id,timestamp,security,price,side,quantity,leaves,matched,participant\n"
    good.write_text(header + "".join(f"{n},{OPEN + n},101,3350,B,100,100,0,69\n" for n in range(20)))
    bad.write_text(header + "".join(f"{n},{OPEN + n},{n},3350,B,100,100,0,69\n" for n in range(100, 120)))
    with pytest.raises(InputError, match=r"b\.csv: column 'security' is taken"):
        convert(ConvertRequest(orders=(good, bad), store=tmp_path / "store"))
