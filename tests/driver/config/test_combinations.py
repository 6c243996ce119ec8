"""Combinations of keys as values of `aggregate_by`: what is understood, what is refused, how their files are called."""

from itertools import permutations

import pytest

from driver.config.combinations import (
    KEYS,
    check_combinations,
    combination_keys,
    combination_name,
    combinations_of,
    mixed_keys,
    needs_cell_sums,
    needs_more,
)
from driver.config.loading import load_config
from driver.tables.table_list import TABLES, is_table, meaning_of
from tickstore.errors import UserError


def asked(value: str) -> tuple[str, ...]:
    return load_config({"aggregate_by": value}).config.aggregate_by


def test_keys_are_joined_by_a_plus_sign_in_the_order_of_the_columns() -> None:
    values = asked("date, participant_id ,date + participant_id,hour+security_code,phase")
    assert values == ("date", "participant_id", "date+participant_id", "hour+security_code", "phase")
    assert combinations_of(values) == (("date", "participant_id"), ("hour", "security_code"), ("phase",))
    assert asked('["security_code+hour"]') == ("security_code+hour",)


def test_single_keys_that_have_a_table_anyway_ask_for_no_other() -> None:
    alone = [table.keys[0] for table in TABLES if len(table.keys) == 1]
    assert sorted({*KEYS} - {*alone}) == ["phase", "spread", "volatility", "volume_share"]
    assert combinations_of(alone) == ()
    check_combinations(KEYS)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("date+foo", "--aggregate_by needs a list, each one of security_code, date, .* with [+] between them, not "),
        ("date+", "needs a list, each one of security_code, date"),
        ("date+hour+date", "date[+]hour[+]date names date twice: give each key once, of security_code, date, "),
        ("date,date", "--aggregate_by names date twice: give each combination once, of the keys security_code, date, "),
        ("hour+date,group,date+hour", "date[+]hour and hour[+]date are the same rows: .* of the keys security_code, "),
    ],
)
def test_what_cannot_be_is_refused_with_the_keys_that_there_are(value: str, said: str) -> None:
    with pytest.raises(UserError, match=said) as refused:
        asked(value)
    assert "\n" not in refused.value.message


def test_finer_sums_are_kept_where_participants_are_cut_by_what_cells_are_by() -> None:
    for value in ("participant_id+hour", "group+date+participant_id", "security_code+size_bucket+participant_id"):
        assert needs_cell_sums(["date", value])
    for value in ("participant_id", "date+participant_id+security_code", "hour+size_bucket+group+date", "phase"):
        assert not needs_cell_sums(["participant_id", value])


@pytest.mark.parametrize(
    ("values", "keys"),
    [
        (("hour+spread",), ("hour", "spread")),
        (("security_code+volatility", "volatility+date", "volatility", "marketability+date"), ()),
        (("phase+spread+volume_share+security_code", "participant_id+hour"), ()),
        (("phase+date+participant_id", "marketability+group"), ("participant_id", "group", "phase", "marketability")),
        (("volatility+spread", "spread+hour", "date"), ("hour", "spread", "volatility")),
        (("+".join(KEYS),), KEYS[2:]),
    ],
)
def test_orders_are_summed_once_more_by_all_keys_of_combinations_that_are_of_several_sets(
    values: tuple[str, ...], keys: tuple[str, ...]
) -> None:
    check_combinations(values)
    assert mixed_keys(values) == keys
    assert any(map(needs_more, values)) == (bool(keys) or "participant_id+hour" in values)


def test_participants_among_mixed_keys_need_no_finer_cells() -> None:
    assert not needs_cell_sums(["participant_id+hour+phase", "participant_id"])
    assert needs_cell_sums(["participant_id+hour+phase", "participant_id+group"])


def test_files_tell_their_keys() -> None:
    for keys in permutations(KEYS, 3):
        file = f"{combination_name(keys)}.csv"
        assert combination_keys(file) == keys
        assert is_table(file)
    assert meaning_of("by_date_participant_id.csv") == "orders by date, participant_id"
    assert meaning_of("by_date.csv") == "orders of a trade date"
    for name in ("by_date_date.csv", "by_date_foo.csv", "by.csv", "my_by_date_hour.csv", "by_date_hour.csv.gz"):
        assert not is_table(name)
