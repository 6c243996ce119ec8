"""Cells that once held a value and do not any more: numbers for no quantity, times and ids that lost their digits."""

from pathlib import Path

import pytest

from tests.tickstore.input.test_readings import OPEN, ORDERS, load, row, stored
from tickstore import InputError

NONE = ["2147483647", "4294967295", "9223372036854775807", "18446744073709551615", "-2147483648", "4294967295.0"]


class TestNumbersForNoQuantity:
    @pytest.mark.parametrize("number", [*NONE, '"4294967295"', " 4294967295 "])
    @pytest.mark.parametrize("field", ["quantity", "leaves", "matched"])
    def test_are_no_quantity(self, number: str, field: str, tmp_path: Path) -> None:
        text = ORDERS + row() + row(id=12, **{field: number}) + row(id=13)
        with pytest.raises(
            InputError, match=rf"orders\.csv:3 stands for no value in {field} \('{number.strip(chr(34) + ' ')}'"
        ):
            load(tmp_path, text)
        assert load(tmp_path, text, max_rejects=1).reject_reasons == {"stands for no value": 1}
        assert stored(tmp_path, "orders/order_id", "events/quantity") == [[11, 13], [100, 100]]

    @pytest.mark.parametrize("number", NONE)
    def test_nor_of_a_trade(self, number: str, tmp_path: Path) -> None:
        text = f"order_id,timestamp,security,price,side,quantity\n11,{OPEN},101,3350,B,{number}\n"
        with pytest.raises(InputError, match=r"trades\.csv:2 stands for no value in quantity"):
            load(tmp_path, text, "trades")

    @pytest.mark.parametrize("number", NONE)
    def test_and_no_minimum(self, number: str, tmp_path: Path) -> None:
        load(tmp_path, ORDERS.replace("\n", ",minqty\n") + row().replace("\n", f",{number}\n"))
        assert stored(tmp_path, "events/minimum_quantity") == [[0]]

    @pytest.mark.parametrize("number", ["2147483646", "2147483648", "4294967294", "65535"])
    def test_their_neighbours_are_quantities(self, number: str, tmp_path: Path) -> None:
        load(tmp_path, ORDERS + row(quantity=number))
        assert stored(tmp_path, "events/quantity") == [[int(number)]]

    def test_unless_the_user_says_so(self, tmp_path: Path) -> None:
        said = (("quantity", {"values": {"2147483647": "2147483647"}}),)
        load(tmp_path, ORDERS + row(quantity=2147483647) + row(id=12, quantity='"2147483647"'), columns=said)
        assert stored(tmp_path, "events/quantity") == [[2147483647, 2147483647]]


@pytest.mark.parametrize("time", ["1.725e+09", "1.72549E+18", "1.725494400001e12"])
def test_times_in_scientific_notation_are_refused_with_what_to_do(time: str, tmp_path: Path) -> None:
    said = r"time in scientific notation in timestamp \('1\.7.*leaves digits out: write times in full, as whole numbers"
    with pytest.raises(InputError, match=said):
        load(tmp_path, ORDERS + row(time))
    with pytest.raises(InputError, match=said):
        load(tmp_path, ORDERS + row(time), time_unit="ns" if "18" in time else "s")


@pytest.mark.parametrize("number", ["7.904794000124e+18", "7904794000124046634.0", "7.9E+18"])
def test_ids_that_lost_digits_are_told_far_into_a_file_too(number: str, tmp_path: Path) -> None:
    text = ORDERS + row() * 300 + row(id=number)
    with pytest.raises(
        InputError, match=r"csv:302 id rounded by a float in order_id \('7.*Floats keep 15 to 17 digits"
    ):
        load(tmp_path, text)
