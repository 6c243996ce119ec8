"""What a user can say of columns, and what files say of themselves: each kind of input that people had to rewrite."""

import tomllib
from pathlib import Path
from typing import Any, Final

import pytest

from tickstore import ConvertRequest, InputError, convert, open_day, read_catalog
from tickstore.parse.text_ids import words_text
from tickstore.request import ConvertReport

ORDERS: Final = "order_id,timestamp,security,price,side,quantity,leaves,matched,participant\n"
OPEN: Final = 1_725_494_400  # 2024-09-05 10:00:00 in Sydney, s
DAY: Final = ("101", "2024-09-05")
NULL: Final = -(2**63)
TEXTS: Final = tuple(f"order_text_{k}" for k in range(8))


def load(folder: Path, text: str, table: str = "orders", **request: Any) -> ConvertReport:
    """Convert one file, beside a good order where it holds other rows."""
    files = {table: folder / f"{table}.csv"}
    files[table].write_text(text)
    if table != "orders":
        files["orders"] = folder / "orders.csv"
        files["orders"].write_text(ORDERS + f"11,{OPEN},101,3350,B,100,100,0,69\n")
    usual: dict[str, Any] = {"store": folder / "store", "max_rejects": 0}
    return convert(ConvertRequest(**usual | {name: (path,) for name, path in files.items()} | request))


def stored(folder: Path, *names: str, key: tuple[str, str] = DAY) -> list[list[int]]:
    """Return columns of a day file, as group/name."""
    paths = {(p.security, p.date): p.path for p in read_catalog(folder / "store").partitions}
    day = open_day(paths[key])
    return [day.group(group)[name].tolist() for group, name in (path.split("/") for path in names)]


def row(time: object = OPEN, **cells: object) -> str:
    """Return a row of orders with other cells than usual."""
    usual = {"id": 11, "security": 101, "price": 3350, "side": "B", "quantity": 100, "leaves": 100, "matched": 0}
    made = usual | {"participant": 69} | cells
    first, *rest = made.values()
    return ",".join(map(str, [first, time, *rest])) + "\n"


class TestOneColumnForTwoFields:
    """Both fields get the column, on the fast path and on the slow one."""

    def test_quantity_and_leaves(self, tmp_path: Path) -> None:
        text = "order_id,timestamp,security,price,side,size,cum,participant\n"
        text += f"11,{OPEN},101,3350,B,1000,0,69\n12,{OPEN},101,3350,Buy ,500,0,70\n"
        columns = (("quantity", "size"), ("leaves_quantity", "size"), ("matched_quantity", "cum"))
        load(tmp_path, text, columns=columns)
        assert stored(tmp_path, "events/quantity", "events/leaves_quantity") == [[1000, 500], [1000, 500]]

    def test_order_and_parent(self, tmp_path: Path) -> None:
        load(tmp_path, ORDERS + row() + row(id=12), columns=(("order_id", "order_id"), ("parent_id", "order_id")))
        assert stored(tmp_path, "orders/order_id", "orders/parent_id") == [[11, 12], [11, 12]]

    def test_two_times(self, tmp_path: Path) -> None:
        columns = (("timestamp", "timestamp"), ("decision_time", "timestamp"))
        load(tmp_path, ORDERS + row() + row("2024-09-05T10:00:01", id=12), columns=columns)
        times = [OPEN * 10**9, (OPEN + 1) * 10**9]
        assert stored(tmp_path, "events/timestamp", "orders/decision_time") == [times, times]

    def test_fields_that_read_a_cell_in_other_ways(self, tmp_path: Path) -> None:
        """A participant is a name, a parent a number: every line is left to the slow path, and that is said."""
        columns = (("participant", "participant"), ("parent_id", "participant"))
        report = load(tmp_path, ORDERS + row() + row(id=12, participant=70), columns=columns)
        assert stored(tmp_path, "orders/participant", "orders/parent_id") == [[69, 70], [69, 70]]
        assert any("2 of 2 rows of orders were read slowly" in text for text in report.warnings)

    def test_one_that_may_be_empty_and_one_that_may_not(self, tmp_path: Path) -> None:
        text = "timestamp,security,price,side,quantity,order_id\n"
        text += f"{OPEN},101,3350,B,5,11\n{OPEN},101,,B,5,11\n"
        columns = (("price", "price"), ("national_bid", "price"))
        with pytest.raises(InputError, match=r"trades\.csv:3 missing value in price"):
            load(tmp_path, text, "trades", columns=columns)


class TestConstantsAndColumnsLeftOut:
    def test_constants_stand_in_every_row(self, tmp_path: Path) -> None:
        text = "order_id,timestamp,price,quantity,participant\n" + f"11,{OPEN},3350,100,69\n12,{OPEN},3350, 50,70\n"
        constants = {"security": "=BHP", "side": "=S", "leaves_quantity": "=0", "matched_quantity": "=0"}
        load(tmp_path, text, columns=tuple(constants.items()))
        assert stored(tmp_path, "events/quantity", "orders/side", key=("BHP", "2024-09-05")) == [[100, 50], [-1, -1]]

    def test_a_long_name_may_be_a_constant(self, tmp_path: Path) -> None:
        text = ORDERS.replace(",participant", "") + row().rsplit(",", 1)[0] + "\n"
        load(tmp_path, text, columns=(("participant", "=The Broker of Last Resort"),))
        assert read_catalog(tmp_path / "store").participants == {"The Broker of Last Resort": 0}

    @pytest.mark.parametrize("value", ["", {"column": ""}])
    def test_a_column_is_left_out(self, tmp_path: Path, value: Any) -> None:
        text = ORDERS.replace("\n", ",sequence\n") + row().replace("\n", ",x\n")
        with pytest.raises(InputError, match="nothing was stored"):
            load(tmp_path, text, columns=(("sequence", "sequence"),))
        load(tmp_path, text, columns=(("sequence", value),))
        assert stored(tmp_path, "events/sequence") == [[0]]

    def test_a_needed_field_cannot_be_left_out(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"leaves price out.*constant"):
            load(tmp_path, ORDERS + row(), columns=(("price", ""),))

    @pytest.mark.parametrize(
        ("name", "words", "field"),
        [("status", ("NEW", "FILLED"), "order_status"), ("reason", ("enter", "trade"), "change_reason"),
         ("midtick", ("Y", "N"), "mid_tick"), ("decisiontime", ("morning", "noon"), "decision_time")],
    )  # fmt: skip
    def test_an_optional_column_of_words_is_left_out_and_said(
        self, tmp_path: Path, name: str, words: tuple[str, str], field: str
    ) -> None:
        cells = ("1", *words, *words)  # the first may be read: it is no example
        text = ORDERS.replace("\n", f",{name}\n")
        text += "".join(row().replace("\n", f",{word}\n") for word in cells)
        report = load(tmp_path, text)
        (warning,) = [text for text in report.warnings if "is left out" in text]
        assert f"column '{name}' is left out: '{words[0]}' is no {field}" in warning

    def test_words_mean_what_the_user_says(self, tmp_path: Path) -> None:
        text = ORDERS.replace("\n", ",status\n") + row().replace("\n", ",NEW\n")
        text += row(side="short sale", id=12).replace("\n", ",a state of more than 24 letters\n")
        words = {"NEW": "1", "a state of more than 24 letters": "2"}
        columns = (("order_status", {"column": "status", "values": words}), ("side", {"values": {"short sale": "S"}}))
        load(tmp_path, text, columns=columns)
        assert stored(tmp_path, "events/order_status", "orders/side") == [[1, 2], [1, -1]]

    def test_an_empty_cell_means_what_the_user_says(self, tmp_path: Path) -> None:
        text = ORDERS.replace("\n", ",status\n") + "".join(row().replace("\n", f",{cell}\n") for cell in ("", " ", "2"))
        load(tmp_path, text, columns=(("order_status", {"column": "status", "values": {"": "1"}}),))
        assert stored(tmp_path, "events/order_status") == [[1, 1, 2]]

    def test_a_value_that_is_none_is_refused_at_once(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"side: 'X' cannot stand for 'sideways'"):
            load(tmp_path, ORDERS + row(), columns=(("side", {"values": {"X": "sideways"}}),))

    def test_a_constant_may_stand_for_empty_cells(self, tmp_path: Path) -> None:
        rows = row(price="") + row(price=3360)
        with pytest.raises(InputError, match=r'price = \{column = "price", constant = "0"\}'):
            load(tmp_path, ORDERS + rows)
        load(tmp_path, ORDERS + rows, columns=(("price", {"column": "price", "constant": "0"}),))
        assert stored(tmp_path, "events/price") == [[0, 3360]]

    @pytest.mark.parametrize(
        ("field", "constant"),
        [("side", "Q"), ("quantity", "abc"), ("price", "1.5"), ("timestamp", "yesterday"), ("order_id", "")],
    )
    def test_a_constant_that_cannot_be_read_is_refused(self, tmp_path: Path, field: str, constant: str) -> None:
        with pytest.raises(InputError, match=rf"the constant '{constant}' of {field} cannot be read: "):
            load(tmp_path, ORDERS + row(), columns=((field, f"={constant}"),), order_ids="integer")

    @pytest.mark.parametrize("word", ["n.a.", "10:00", "1.5", 'a "b"'])
    def test_the_words_of_a_warning_can_be_pasted(self, tmp_path: Path, word: str) -> None:
        quoted = '"' + word.replace('"', '""') + '"'
        report = load(tmp_path, ORDERS.replace("\n", ",status\n") + row().replace("\n", f",{quoted}\n"))
        (warning,) = [text for text in report.warnings if "is left out" in text]
        rule = tomllib.loads(warning.partition("what its words mean (")[2].partition(") or leave")[0])["order_status"]
        assert rule == {"column": "status", "values": {word: "1"}}

    def test_words_that_most_rows_do_not_have_leave_a_column_out_too(self, tmp_path: Path) -> None:
        cells = ["", "", "", "GONE"]
        text = ORDERS.replace("\n", ",status\n") + "".join(row().replace("\n", f",{cell}\n") for cell in cells)
        assert any("column 'status' is left out: 'GONE'" in told for told in load(tmp_path, text).warnings)

    def test_a_late_word_says_which_field_can_be_left_out(self, tmp_path: Path) -> None:
        rows = "".join(row().replace("\n", f",{'1' if n < 300 else 'DONE'}\n") for n in range(301))
        with pytest.raises(InputError, match=r"malformed number in status \('DONE'\).*--columns=order_status:"):
            load(tmp_path, ORDERS.replace("\n", ",status\n") + rows)

    @pytest.mark.parametrize("word", ["None", "NaN", "NULL", "N/A", "-", "null"])
    def test_words_for_no_value_are_none_in_columns_that_may_be_empty(self, tmp_path: Path, word: str) -> None:
        cells = ["P0", word, "P1"]
        text = ORDERS.replace("\n", ",parentid,changereason\n")
        text += "".join(row(id=n).replace("\n", f",{cell},{word}\n") for n, cell in enumerate(cells))
        load(tmp_path, text)
        parents, reasons = stored(tmp_path, "orders/parent_id", "events/change_reason")
        assert [parent == NULL for parent in parents] == [False, True, False]
        assert reasons == [-1, -1, -1]


class TestNoPrice:
    """Numbers and words that vendors write where a book has no price."""

    @pytest.mark.parametrize(
        "word", ["9999999999", "-9999999999", "2147483647", "9223372036854775807", "214748.3647", "NaN", "null", ""]
    )
    @pytest.mark.parametrize("price_format", ["units", "decimal"])
    def test_a_known_one_is_no_price(self, tmp_path: Path, word: str, price_format: str) -> None:
        load(tmp_path, f"ts,security,bid,ask\n{OPEN},101,33,{word}\n", "nbbo", price_format=price_format)
        assert stored(tmp_path, "quotes/offer") == [[NULL]]

    def test_another_one_is_named(self, tmp_path: Path) -> None:
        text = f"ts,security,bid,ask\n{OPEN},101,0,999999\n{OPEN + 1},101,3350,3360\n"
        load(tmp_path, text, "nbbo", null_values=("999999", "0"))
        assert stored(tmp_path, "quotes/bid", "quotes/offer") == [[NULL, 3350], [NULL, 3360]]

    def test_one_field_alone_may_have_it(self, tmp_path: Path) -> None:
        text = f"ts,security,bid,ask\n{OPEN},101,1,1\n"
        load(tmp_path, text, "nbbo", columns=(("nbbo.bid", {"null_values": ["1"]}),))
        assert stored(tmp_path, "quotes/bid", "quotes/offer") == [[NULL], [1]]

    def test_a_price_beyond_all_prices_is_refused_before_a_run_would(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"out of range in bid \('9223372036854775806'\).*--null_values"):
            load(tmp_path, f"ts,security,bid,ask\n{OPEN},101,9223372036854775806,3360\n", "nbbo")


class TestRowNumbers:
    def test_a_better_name_than_id_wins(self, tmp_path: Path) -> None:
        text = "id,order_ref," + ORDERS.removeprefix("order_id,")
        load(tmp_path, text + "1,5001," + row().split(",", 1)[1] + "2,5001," + row().split(",", 1)[1])
        assert stored(tmp_path, "orders/order_id") == [[5001]]

    @pytest.mark.parametrize("table", ["orders", "trades"])
    def test_a_number_of_rows_is_no_order(self, tmp_path: Path, table: str) -> None:
        rows = "".join(row(id=n) for n in range(1, 9))
        with pytest.raises(
            InputError, match=rf"column 'id' has another value on each of the first 8 rows.*{table}\.order_id:id"
        ):
            load(tmp_path, ORDERS.replace("order_id", "id") + rows, table)

    def test_nor_a_security(self, tmp_path: Path) -> None:
        text = ORDERS.replace("order_id", "orderid").replace("security", "id")
        with pytest.raises(InputError, match=r"is not the security"):
            load(tmp_path, text + row(security=1) + row(security=2))

    def test_unless_the_user_says_so(self, tmp_path: Path) -> None:
        rows = row(id=1) + row(id=2)
        load(tmp_path, ORDERS.replace("order_id", "id") + rows, columns=(("order_id", "id"),))
        assert stored(tmp_path, "orders/order_id") == [[1, 2]]


class TestUnits:
    def test_one_price_in_ten_with_a_fraction_makes_all_decimal(self, tmp_path: Path) -> None:
        load(tmp_path, ORDERS + "".join(row(price="9682.5" if n % 10 == 0 else "9682") for n in range(20)))
        assert stored(tmp_path, "events/price")[0][:2] == [9682500, 9682000]

    @pytest.mark.parametrize("table", ["orders", "trades"])
    def test_a_late_fraction_contradicts_whole_prices(self, tmp_path: Path, table: str) -> None:
        rows = "".join(row(price="9682.5" if n == 500 else "9682") for n in range(501))
        with pytest.raises(
            InputError, match=rf"{table}\.csv:502: 9682\.5 in price has decimals.*--price_format=decimal"
        ):
            load(tmp_path, ORDERS + rows, table)
        if table == "orders":
            load(tmp_path, ORDERS + rows, table, price_format="decimal")
            return
        with pytest.raises(InputError, match="orders_filled_above_quantity"):  # read: so many fills of one small order
            load(tmp_path, ORDERS + rows, table, price_format="decimal")

    def test_that_the_user_wants_whole_ones_makes_it_a_bad_row(self, tmp_path: Path) -> None:
        rows = "".join(row(price="9682.5" if n == 500 else "9682") for n in range(501))
        report = load(tmp_path, ORDERS + rows, price_format="units", max_rejects=1)
        assert report.reject_reasons == {"too many decimals": 1}

    def test_quantities_with_decimals(self, tmp_path: Path) -> None:
        rows = row(quantity="0.00125", leaves="0.00125", matched="0") + row(quantity=1, leaves="0.5", matched="0.50000")
        with pytest.raises(InputError, match="--quantity_decimals"):
            load(tmp_path, ORDERS + rows)
        load(tmp_path, ORDERS + rows, quantity_decimals=5)
        assert stored(tmp_path, "events/quantity", "events/matched_quantity") == [[125, 100_000], [0, 50_000]]

    @pytest.mark.parametrize("price", ["3.35e1", "+33.5", "335E-1"])
    def test_numbers_with_a_sign_or_an_exponent(self, tmp_path: Path, price: str) -> None:
        load(tmp_path, ORDERS + row(price=price) + row(price="33.5"), price_format="decimal")
        assert stored(tmp_path, "events/price") == [[33_500, 33_500]]

    def test_whole_quantities_written_with_a_point(self, tmp_path: Path) -> None:
        report = load(tmp_path, ORDERS + row(quantity="100.0", leaves="100.0", matched="0.0"))
        assert stored(tmp_path, "events/quantity", "events/matched_quantity") == [[100], [0]]
        assert report.warnings == ()

    def test_prices_in_parts_of_the_currency(self, tmp_path: Path) -> None:
        load(tmp_path, ORDERS + row(price=2238100) + row(price=2238200), price_divisor=10_000)
        assert stored(tmp_path, "events/price") == [[223_810, 223_820]]

    def test_a_part_that_is_too_small_for_the_store_is_a_reject(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"too many decimals in price \('2238105'\)"):
            load(tmp_path, ORDERS + row(price=2238105), price_divisor=10_000)


class TestTimes:
    @pytest.mark.parametrize(
        ("time", "settings"),
        [
            (OPEN - 946_684_800, {"epoch": "2000-01-01", "time_unit": "s"}),
            ((OPEN - 946_684_800) * 10**9, {"epoch": "2000-01-01"}),
            (f"{OPEN - 315_532_800}.000", {"epoch": "1980-01-01", "time_unit": "s"}),
            (OPEN * 1000, {"time_unit": "ms"}),
            ("05/09/2024 10:00:00.000", {"time_format": "%d/%m/%Y %H:%M:%S.%f"}),
            ("09/05/2024 10:00", {"time_format": "%m/%d/%Y %H:%M"}),
            ("20240905-10:00:00", {}),
            ("2024.09.05D10:00:00.000000000", {}),
            ("05-SEP-2024 10:00:00", {}),
            (f"{OPEN}.000000000", {}),
        ],
    )  # fmt: skip
    def test_every_epoch_unit_and_form(self, tmp_path: Path, time: object, settings: dict[str, str]) -> None:
        report = load(tmp_path, ORDERS + row(time) + row(time), **settings)
        assert stored(tmp_path, "events/timestamp") == [[OPEN * 10**9] * 2]
        assert not [text for text in report.warnings if "slowly" in text]

    @pytest.mark.parametrize(
        ("clock", "settings"),
        [
            ("10:00:00.500", {}),
            ("36000.5", {"epoch": "midnight"}),
            ("36000500", {"epoch": "midnight", "time_unit": "ms"}),
            ("100000500", {"epoch": "midnight", "time_unit": "hhmmssfff"}),
        ],
    )
    @pytest.mark.parametrize("date", ["20240905", "2024-09-05", "19971"])
    def test_a_clock_beside_a_date(self, tmp_path: Path, clock: str, settings: dict[str, str], date: str) -> None:
        text = "date," + ORDERS + f"{date},{row(clock)}{date},{row(clock)}"
        report = load(tmp_path, text, **settings)
        assert stored(tmp_path, "events/timestamp") == [[OPEN * 10**9 + 5 * 10**8] * 2]
        assert not [text for text in report.warnings if "slowly" in text]

    @pytest.mark.parametrize(
        ("date", "form"),
        [
            ("05/09/2024", "%d/%m/%Y %H:%M:%S"),
            ("05/09/2024", "%d/%m/%Y"),
            ("240905", "%y%m%d"),
            ("05-Sep-2024", ""),
            ("5 SEP 2024", ""),
            ("2024/09/05", ""),
        ],
    )
    def test_dates_in_other_forms_beside_a_clock(self, tmp_path: Path, date: str, form: str) -> None:
        text = "day," + ORDERS + f"{date},{row('10:00:00')}"
        load(tmp_path, text, columns=(("timestamp", "day+timestamp"),), time_format=form)
        assert stored(tmp_path, "events/timestamp") == [[OPEN * 10**9]]

    def test_the_date_that_cannot_be_read_is_shown(self, tmp_path: Path) -> None:
        text = "day," + ORDERS + f"05/09/2024,{row('10:00:00')}"
        with pytest.raises(InputError, match=r"malformed date in day \('05/09/2024'\).*--time_format="):
            load(tmp_path, text, columns=(("timestamp", "day+timestamp"),))

    def test_a_clock_whose_date_is_stated(self, tmp_path: Path) -> None:
        for settings in ({"date": "2024-09-05"}, {"columns": (("timestamp", {"date": "2024-09-05"}),)}):
            load(tmp_path, ORDERS + row("10:00:00"), replace=True, **settings)
            assert stored(tmp_path, "events/timestamp") == [[OPEN * 10**9]]

    def test_a_clock_whose_file_names_the_date(self, tmp_path: Path) -> None:
        path = tmp_path / "BHP_2024-09-05_orders.csv"
        path.write_text(ORDERS + row("36000"))
        convert(ConvertRequest(orders=(path,), store=tmp_path / "store", epoch="midnight"))
        assert stored(tmp_path, "events/timestamp") == [[OPEN * 10**9]]

    def test_a_clock_without_a_date_says_what_is_missing(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"timestamp is a clock; say where its date is.*--date"):
            load(tmp_path, ORDERS + row("36000"), epoch="midnight")

    def test_a_date_that_is_none_is_a_reject_with_its_line(self, tmp_path: Path) -> None:
        text = "date," + ORDERS + f"20240905,{row('10:00:00')}20241305,{row('10:00:00')}"
        with pytest.raises(InputError, match=r"orders\.csv:3 malformed date in date \('20241305'\)"):
            load(tmp_path, text)

    def test_local_clocks_follow_the_zone(self, tmp_path: Path) -> None:
        text = "date," + ORDERS + f"2024-07-01,{row('10:00:00')}"
        load(tmp_path, text, timezone="America/New_York")
        assert stored(tmp_path, "events/timestamp", key=("101", "2024-07-01")) == [[1_719_842_400 * 10**9]]

    @pytest.mark.parametrize(
        ("time", "warned"),
        [(OPEN - 946_684_800, "years before the files were written"), (4 * 10**9, "after today"), (OPEN, "")],
    )
    def test_dates_that_cannot_be_are_warned_about(self, tmp_path: Path, time: int, warned: str) -> None:
        report = load(tmp_path, ORDERS + row(time))
        told = [text for text in report.warnings if "--epoch" in text]
        assert len(told) == (warned != "")
        assert all(warned in text for text in told)

    def test_a_date_far_from_the_file_s_name_is_warned_about(self, tmp_path: Path) -> None:
        path = tmp_path / "orders_20230905.csv"
        path.write_text(ORDERS + row())
        for again in (False, True):  # a run that names the files converts them each time, if only to find it done
            report = convert(ConvertRequest(orders=(path,), store=tmp_path / "store"))
            assert report.nothing_to_do == again
            assert any("the names of the files say 2023-09-05" in text for text in report.warnings)


class TestHeaders:
    def test_a_header_that_is_repeated_is_passed_over(self, tmp_path: Path) -> None:
        report = load(tmp_path, ORDERS + row() + ORDERS + row(id=12))
        assert (report.tables["orders"].stored, report.tables["orders"].rejected) == (2, 0)

    @pytest.mark.parametrize("again", ["timestamp,order_id", "order_id,extra,timestamp"])
    def test_another_one_stops_at_its_line(self, tmp_path: Path, again: str) -> None:
        header = ORDERS.replace("order_id,timestamp", again)
        with pytest.raises(InputError, match=r"orders\.csv:3: a header in the middle of the file"):
            load(tmp_path, ORDERS + row() + header + row(id=12))

    @pytest.mark.parametrize("again", ["time,instrument,offer,bid\n", "row,ts,ticker,bestask,bestbid\n"])
    def test_another_one_under_other_names_stops_as_well(self, tmp_path: Path, again: str) -> None:
        text = f"ts,security,bid,ask\n{OPEN},101,3350,3360\n" + again + f"{OPEN},101,3360,3350\n"
        with pytest.raises(InputError, match=r"nbbo\.csv:3: a header in the middle of the file"):
            load(tmp_path, text, "nbbo", max_rejects=5)

    def test_a_file_with_a_header_needs_no_stated_one(self, tmp_path: Path) -> None:
        (tmp_path / "n.csv").write_text(f"{OPEN},101,3350,3360\n")
        (tmp_path / "m.csv").write_text(f"timestamp,security,ask,bid\n{OPEN + 1},101,3370,3350\n")
        (tmp_path / "orders.csv").write_text(ORDERS + row())
        convert(
            ConvertRequest(
                orders=(tmp_path / "orders.csv",), nbbo=(tmp_path / "n.csv", tmp_path / "m.csv"),
                store=tmp_path / "store", nbbo_header=("ts", "security", "bid", "ask"),
            )
        )  # fmt: skip
        assert stored(tmp_path, "quotes/bid", "quotes/offer") == [[3350, 3350], [3360, 3370]]

    def test_names_for_files_without_a_header(self, tmp_path: Path) -> None:
        text = row() + row(id=12)
        with pytest.raises(InputError, match=r"looks like data, not like a header.*--header="):
            load(tmp_path, text)
        names = tuple(ORDERS.strip().split(","))
        report = load(tmp_path, text, header=names)
        assert (report.tables["orders"].read, stored(tmp_path, "orders/order_id")) == (2, [[11, 12]])
        with pytest.raises(InputError, match=r"names 8 columns, the first line has 9"):
            load(tmp_path, text, header=names[:-1])

    def test_a_bad_row_of_a_file_without_a_header_has_its_own_line(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"orders\.csv:2 unknown side in side \('Z'\).*values"):
            load(tmp_path, row() + row(side="Z"), header=tuple(ORDERS.strip().split(",")))

    def test_empty_files_are_passed_over(self, tmp_path: Path) -> None:
        for name, text in (("a", ORDERS + row()), ("b", ""), ("c", "\ufeff"), ("d", "\r\n"), ("e", " \n")):
            (tmp_path / f"{name}.csv").write_text(text)
        paths = tuple(tmp_path / f"{name}.csv" for name in "abcde")
        report = convert(ConvertRequest(orders=paths, store=tmp_path / "store"))
        assert any("4 of 5 files are empty" in text for text in report.warnings)
        with pytest.raises(InputError, match="is empty"):
            convert(ConvertRequest(orders=paths[1:], store=tmp_path / "other"))


class TestIds:
    @pytest.mark.parametrize("name", ["20240905000000000000001", "-5", "9223372036854775808"])
    def test_what_is_no_number_of_64_bits_is_text_on_request(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(InputError, match="--order_ids=text"):
            load(tmp_path, ORDERS + row(id=name), order_ids="integer")
        load(tmp_path, ORDERS + row(id=name), order_ids="text")
        assert len(stored(tmp_path, "orders/order_id")[0]) == 1

    @pytest.mark.parametrize("number", [2**63 - 1, 2**63 + 2, 10_476_689_054_159_187_521, 2**64 - 1])
    def test_ids_of_64_bits_are_kept(self, tmp_path: Path, number: int) -> None:
        report = load(tmp_path, ORDERS + row(id=number) + row(id=number, leaves=50, matched=50))
        (ids,) = stored(tmp_path, "orders/order_id")
        assert [value % 2**64 for value in ids] == [number]
        assert report.warnings == ()

    @pytest.mark.parametrize(
        "ids", [("ccc3c1fa-212c-e8b0-1706-9b9c4f3d5ecf", "000123AB"), ("0x1F", "0x2F"), ("A1", "x" * 60)]
    )
    def test_ids_that_are_text_come_back(self, tmp_path: Path, ids: tuple[str, str]) -> None:
        load(tmp_path, ORDERS + "".join(row(id=name) for name in (*ids, *ids)))
        numbers, *words = stored(tmp_path, "orders/order_id", *(f"orders/{name}" for name in TEXTS))
        assert len(set(numbers)) == 2
        assert min(numbers) >= 2**62
        import numpy as np

        assert words_text(np.array(words).T) == list(ids)

    def test_trades_find_their_orders_by_text(self, tmp_path: Path) -> None:
        (tmp_path / "trades.csv").write_text(
            f"order_id,timestamp,security,price,side,quantity\nA-7,{OPEN},101,3350,B,5\n"
        )
        load(tmp_path, ORDERS + row(id="B-7") + row(id="A-7"), trades=(tmp_path / "trades.csv",))
        assert stored(tmp_path, "fills/order_index") == [[1]]

    def test_numbers_in_a_file_of_texts_stay_numbers(self, tmp_path: Path) -> None:
        load(tmp_path, ORDERS + row(id="A-7") + row(id="B-7") + row(id=7))
        assert stored(tmp_path, "orders/order_id")[0][2] == 7
