"""Files as spreadsheets, databases and other programs write them: read, or refused with what to do about them."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from tests.tickstore.input.test_readings import OPEN, ORDERS, load, row, stored
from tickstore import ConvertRequest, InputError, convert, inspect_file

TWO = ORDERS + row() + row(id=12)


def write(folder: Path, content: bytes) -> Path:
    path = folder / "orders.csv"
    path.write_bytes(content)
    return path


def refusal(path: Path, folder: Path, **request: object) -> str:
    with pytest.raises(InputError) as error:
        convert(ConvertRequest(orders=(path,), store=folder / "store", max_rejects=0, **request))  # type: ignore[arg-type]
    return error.value.message


class TestFirstLines:
    @pytest.mark.parametrize("before", ["# made by x\n", "Orders of 2024-09-05\n\n", "sep=,\n", "a,b,c\n1,2,3\n"])
    def test_the_line_of_a_header_that_comes_later_is_named(self, before: str, tmp_path: Path) -> None:
        line = before.count("\n") + 1
        said = refusal(write(tmp_path, (before + TWO).encode()), tmp_path)
        assert f"orders.csv: the header is line {line}, the first one is '{before.splitlines()[0]}'; remove" in said
        with pytest.raises(InputError, match=f"the header is line {line}"):
            inspect_file(tmp_path / "orders.csv")

    @pytest.mark.parametrize("parted", [" ", "  ", "^", "~", ":", "\x01"])
    def test_another_delimiter_is_named(self, parted: str, tmp_path: Path) -> None:
        said = refusal(write(tmp_path, TWO.replace(",", parted).encode()), tmp_path)
        assert "are parted by none of comma, semicolon, tab and |" in said

    @pytest.mark.parametrize("header", [(), tuple(ORDERS.strip().split(","))])
    def test_lines_that_end_in_cr_alone(self, header: tuple[str, ...], tmp_path: Path) -> None:
        path = write(tmp_path, TWO.replace("\n", "\r").encode())
        assert "lines end in CR alone" in refusal(path, tmp_path, header=header)
        with pytest.raises(InputError, match="lines end in CR alone"):
            inspect_file(path)

    @pytest.mark.parametrize("code", ["utf-16-le", "utf-16-be", "utf-32-le"])
    def test_two_bytes_a_letter(self, code: str, tmp_path: Path) -> None:
        assert "NUL bytes in the first line" in refusal(write(tmp_path, TWO.encode(code)), tmp_path)

    def test_an_empty_file_of_orders_is_named(self, tmp_path: Path) -> None:
        quotes = tmp_path / "nbbo.csv"
        quotes.write_text(f"ts,security,bid,ask\n{OPEN},101,33,34\n")
        said = refusal(write(tmp_path, b"\n"), tmp_path, nbbo=(quotes,))
        assert said.endswith("orders.csv: the file is empty, and no other one has orders")


class TestOtherCodes:
    @pytest.mark.parametrize("name", ["Müller", "Société", "Ærø"])
    def test_bytes_of_another_code(self, name: str, tmp_path: Path) -> None:
        path = write(tmp_path, (ORDERS + row(participant=name)).encode("latin-1"))
        said = refusal(path, tmp_path)
        assert "not UTF-8 in participant ('" in said
        assert "\\x" in said
        assert "Convert the file to UTF-8 first, say with iconv" in said
        assert any("not UTF-8" in note for note in inspect_file(path).notes)


@pytest.mark.parametrize(
    ("cell", "advice"),
    [
        ("1,000", "separators of thousands"),
        ("1,000,000.5", "separators of thousands"),
        ("3,35", "a point where a comma begins decimals"),
        ("1.000,5", "a point where a comma begins decimals"),
        ("$3.350", "without their currency"),
        ("3.35 AUD", "without their currency"),
        ("(3.35)", "a minus, not in brackets"),
        ("x", 'values = {"x" = "0"}'),
    ],
)
def test_numbers_written_for_people(cell: str, advice: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        load(tmp_path, ORDERS + row(price=f'"{cell}"'), price_format="decimal")
    assert f"malformed number in price ('{cell}'). In price: " in error.value.message
    assert advice in error.value.message


@pytest.mark.parametrize("cell", ["3.3500000000000001", "3.3599999999999999", "0.30000000000000004"])
def test_noise_of_floats_is_named(cell: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="floats are written with their noise: round them first"):
        load(tmp_path, ORDERS + row(price=cell))


@pytest.mark.parametrize(("cell", "said"), [(f"{OPEN}000111104.0", True), (f"{OPEN}000111104", False), (OPEN, False)])
def test_times_in_ns_that_went_through_floats_are_doubted(cell: object, said: bool, tmp_path: Path) -> None:
    report = load(tmp_path, ORDERS + row(cell))
    assert any("keep them to 256 ns" in warning for warning in report.warnings) == said


@pytest.mark.parametrize("unit", [1, 1_000, 1_000_000])
def test_whole_floats_of_parquet_are_whole_numbers(unit: int, tmp_path: Path) -> None:
    """Beyond 10^15 text of a float has an exponent, and times in us are there."""
    names = ORDERS.strip().split(",")
    cells = dict(zip(names, row().strip().split(","), strict=True)) | {"timestamp": str(OPEN * unit)}
    columns = {name: [cell if name == "side" else float(cell)] for name, cell in cells.items()}
    path = tmp_path / "o.parquet"
    pa.parquet.write_table(pa.table(columns | {"security": ["101"], "participant": ["69"]}), path)
    convert(ConvertRequest(orders=(path,), store=tmp_path / "store", max_rejects=0, price_format="units"))
    assert stored(tmp_path, "events/timestamp", "events/price", "events/quantity") == [[OPEN * 10**9], [3350], [100]]


@pytest.mark.parametrize(("quantities", "open_field"), [(("100", "100"), True), (("100", "60"), False)])
def test_a_quantity_that_stays_whole_is_not_what_is_left(
    quantities: tuple[str, str], open_field: bool, tmp_path: Path
) -> None:
    header = ORDERS.replace("leaves,", "")
    rows = [f"11,{OPEN + n},101,3350,B,{quantity},{40 * n},69\n" for n, quantity in enumerate(quantities)]
    found = inspect_file(write(tmp_path, (header + "".join(rows)).encode()))
    assert ("leaves_quantity" in found.missing) == open_field
    assert any("order 11 trades. Add a column" in note for note in found.notes) == open_field


@pytest.mark.parametrize("written", ["{}.0", "{}.", "{}.000", '"{}.0"', " {}.0 "])
def test_codes_of_tables_with_gaps_are_whole_numbers(written: str, tmp_path: Path) -> None:
    """Left out, a deal source would make all trades lit."""
    cells = ",".join(written.format(code) for code in (47, 1_000_000_000_001, 1))
    trades = "order_id,timestamp,security,price,side,quantity,dealsource,sequence,passiveaggressive\n"
    report = load(tmp_path, f"{trades}12,{OPEN},101,3350,B,5,{cells}\n", "trades")
    assert not any("left out" in warning for warning in report.warnings)
    found = stored(tmp_path, "fills/deal_source", "fills/sequence", "fills/aggressor", "fills/venue")
    assert found == [[47], [1_000_000_000_001], [1], [1]]


@pytest.mark.parametrize("code", ["47.5", "9007199254740993.0", "1e1"])
def test_a_code_is_a_whole_number(code: str, tmp_path: Path) -> None:
    trades = "order_id,timestamp,security,price,side,quantity,sequence\n"
    rows = f"11,{OPEN},101,3350,B,5,7\n" * 3 + f"11,{OPEN},101,3350,B,5,{code}\n"
    with pytest.raises(InputError, match=r"trades\.csv:5 malformed number in sequence"):
        load(tmp_path, trades + rows, "trades", duplicates="keep")
