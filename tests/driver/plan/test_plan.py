"""Which jobs a configuration and a catalog make, with which sessions, and what is refused."""

import statistics
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from driver.config.keys import default_text
from driver.config.loading import load_config, settings_toml
from driver.plan.plan import job_folder, plan_jobs
from driver.plan.sessions import _median_of_others, plan_sessions
from kernels.base.local_time import local_instant
from kernels.conventions import NULL
from kernels.measure.choices import Session
from kernels.measure.delay import EARLIER_DATE, FINE, decision_faults
from tickstore.errors import UserError
from tickstore.store.catalog import Partition, SessionHints

RESULTS = Path("results")


def at(clock: str, date: str = "2024-01-02") -> int:
    moment = datetime.fromisoformat(f"{date}T{clock}").replace(tzinfo=ZoneInfo("Australia/Sydney"))
    return round(moment.timestamp() * 1000) * 1_000_000


def partition(security: str = "101", date: str = "2024-01-02", **hints: int | None) -> Partition:
    known: dict[str, int | None] = {
        "first_auction": at("10:02:15", date),
        "last_continuous": at("15:59:58.500", date),
        "continuous_prints": 100,
    }
    return Partition(
        security=security,
        date=date,
        path=Path(f"store/{security}/{date}.h5"),
        rows={"events": 1000, "orders": 300, "fills": 100, "quotes": 50},
        bytes=100_000,
        first_time=at("07:00", date),
        last_time=at("16:10", date),
        digest=f"digest of {security} {date}",
        session_hints=SessionHints(**known | hints),  # type: ignore[arg-type]
    )


def session(*partitions: Partition, **flags: str) -> Session:
    """Return the session of the first partition."""
    first = partitions[0]
    loaded = load_config(flags)
    found = plan_sessions(loaded.config, partitions, loaded.session_stated)[first.security, first.date]
    return replace(found, date_start=NULL)


def test_session_from_the_opening_auction_to_the_minute_after_the_last_print() -> None:
    assert session(partition()) == Session(at("10:02:15"), at("16:00"), "auction")


def test_spans_of_a_session_file_have_halts_between_them() -> None:
    spans = tuple(at(clock) for clock in ("10:00", "12:00", "12:30", "13:00", "13:01", "15:00", "15:00", "16:00"))
    assert session(replace(partition(), session=spans[:2])) == Session(spans[0], spans[1], "file")
    halts = ((spans[1], spans[2]), (spans[3], spans[4]))
    assert session(replace(partition(), session=spans)) == Session(spans[0], spans[-1], "file", halts=halts)


def test_an_end_on_the_minute_stays() -> None:
    assert session(partition(last_continuous=at("15:59:00"))).end == at("15:59:00")


def test_session_without_an_auction_starts_with_the_first_activity() -> None:
    first = session(partition(first_auction=None, first_continuous=at("10:05"), first_dark_entry=at("10:03")))
    assert first == Session(at("10:03"), at("16:00"), "activity")
    quote = session(partition(first_auction=None, first_continuous=at("10:05"), first_quote=at("10:01")))
    assert quote.start == at("10:01")


def test_the_end_is_the_later_of_last_print_and_last_dark_entry() -> None:
    assert session(partition(last_dark_entry=at("16:00:30"))).end == at("16:01")
    assert session(partition(last_dark_entry=at("14:00"))).end == at("16:00")


def test_the_end_is_at_least_the_usual_end_of_the_date() -> None:
    early = partition("101", last_continuous=at("13:00"))
    others = [partition(str(number)) for number in (102, 103)]
    elsewhere = partition("101", "2024-01-03", last_continuous=at("17:00", "2024-01-03"))
    assert session(early, *others, elsewhere).end == at("16:00")
    assert session(partition(last_continuous=at("16:07")), *others).end == at("16:07")


def test_few_prints_mean_the_configured_session() -> None:
    sparse = partition(continuous_prints=4)
    assert session(sparse) == Session(at("10:00"), at("16:00"), "config")
    assert session(sparse, partition("102", last_continuous=at("17:30"))).end == at("16:00")


def test_a_session_file_wins() -> None:
    given = replace(partition(), session=(at("11:00"), at("12:00")))
    assert session(given) == Session(at("11:00"), at("12:00"), "file")
    assert session(given, session="09:30-17:00") == Session(at("11:00"), at("12:00"), "file")


@pytest.mark.parametrize("clocks", ["09:30-17:00", "10:00-16:00"])
def test_a_session_that_the_user_states_wins_over_what_the_data_hints_at(clocks: str) -> None:
    first, last = clocks.split("-")
    for one in (partition(), partition(continuous_prints=4)):
        assert session(one, session=clocks) == Session(at(first), at(last), "stated")


def test_a_file_states_a_session_whatever_it_is(tmp_path: Path) -> None:
    """The file that `config` prints holds the default of every key: with it nothing is stated."""
    path = tmp_path / "settings.toml"
    path.write_text(default_text())
    assert not load_config({}, str(path)).session_stated
    path.write_text(settings_toml(load_config({}).config))
    assert not load_config({}, str(path)).session_stated
    for clocks, stated in (("10:00-16:00", True), ("09:30-16:00", True), ("", False)):
        path.write_text(f'[input]\nsession = "{clocks}"\n')
        assert load_config({}, str(path)).session_stated == stated
    assert load_config({"session": "10:00-16:00"}, str(path)).session_stated


def test_a_session_may_be_a_whole_day() -> None:
    assert session(partition(), session="00:00-24:00") == Session(at("00:00"), at("00:00", "2024-01-03"), "stated")


def test_hints_are_of_the_exchange_in_its_own_zone() -> None:
    found = session(partition(), timezone="America/New_York")
    zone = ZoneInfo("America/New_York")
    start, end = (datetime(2024, 1, 2, hour, tzinfo=zone).timestamp() * 1e9 for hour in (10, 16))
    assert found == Session(int(start), int(end), "config")


def test_a_session_that_would_be_empty_falls_back() -> None:
    assert session(partition(first_auction=at("11:00"), last_continuous=at("10:30"))).source == "config"


def test_local_instants_follow_daylight_saving() -> None:
    assert local_instant("Australia/Sydney", "2024-01-02", "10:00") == at("10:00")
    assert local_instant("Australia/Sydney", "2024-07-02", "10:00") == at("10:00", "2024-07-02")
    summer, winter = (local_instant("Australia/Sydney", date, "10:00") for date in ("2024-01-02", "2024-07-02"))
    assert (winter - summer) % 86_400_000_000_000 == 3_600_000_000_000


def plan_of(partitions: list[Partition], **flags: str) -> list[str]:
    config = load_config(flags).config
    return [f"{job.security}/{job.date}" for job in plan_jobs(config, partitions, None, RESULTS).jobs]


STORE = [
    partition(security, date)
    for security in ("BHP", "99", "101")
    for date in ("2024-01-03", "2024-01-02")
]  # fmt: skip


def test_jobs_are_in_order_integers_first_by_value_then_text_then_date() -> None:
    expected = [f"{security}/2024-01-0{day}" for security in ("99", "101", "BHP") for day in (2, 3)]
    assert plan_of(STORE) == expected
    jobs = plan_jobs(load_config({}).config, STORE, None, RESULTS).jobs
    assert [job.index for job in jobs] == list(range(6))
    assert jobs[0].folder == "results/sec99/2024-01-02"


def test_selection_by_security_and_date() -> None:
    assert plan_of(STORE, security_codes="101,BHP", date_end="2024-01-02") == ["101/2024-01-02", "BHP/2024-01-02"]
    assert plan_of(STORE, security_codes="99", date_start="2024-01-03") == ["99/2024-01-03"]
    assert plan_of(STORE, security_codes="99", date_start="2024-01-02", date_end="2024-01-03") == plan_of(STORE)[:2]


def test_only_the_partitions_of_the_input_are_jobs() -> None:
    only = frozenset({("101", "2024-01-02")})
    plan = plan_jobs(load_config({}).config, STORE, None, RESULTS, only=only)
    assert [(job.security, job.date) for job in plan.jobs] == [("101", "2024-01-02")]


def test_a_selection_does_not_change_sessions() -> None:
    store = [partition("101", last_continuous=at("13:00")), partition("102"), partition("103")]
    config = load_config({"security_codes": "101"}).config
    (job,) = plan_jobs(config, store, None, RESULTS).jobs
    assert job.session.end == at("16:00")


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"security_codes": "101,77"}, "--security_codes=77 is not in the data, which has 99, 101, BHP"),
        ({"date_start": "2024-02-01"}, "no trade date lies within 2024-02-01 to the last: the data has 2024-01-02 to"),
        ({"date_end": "2023-02-01"}, "within the first to 2023-02-01"),
        ({"participant_ids": "ACME"}, "--participant_ids=ACME is not a number"),
        ({"participant_ids": "٣"}, "is not a number"),
        ({"participant_ids": "99999999999"}, "--participant_ids=99999999999 is too large"),
    ],
)
def test_an_empty_selection_names_the_filter(flags: dict[str, str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        plan_of(STORE, **flags)


def known(participants: tuple[int, ...] | None, types: tuple[int, ...] | None = (0, 64), day: int = 2) -> Partition:
    return replace(partition(date=f"2024-01-0{day}"), participants=participants, order_types=types)


@pytest.mark.parametrize(
    ("flags", "dates"),
    [
        ({}, [2, 3, 4, 5]),
        ({"participant_ids": "69"}, [2, 4, 5]),
        ({"participant_ids": "8,69", "order_types": "2048"}, [3, 4, 5]),
        ({"population": "rested"}, [3, 4, 5]),
        ({"order_types": "none"}, [2, 4, 5]),
        ({"order_types": "64"}, [2, 4, 5]),
        ({"participant_ids": "69", "hour_end": "15"}, [2, 4, 5]),
    ],
)
def test_partitions_that_cannot_match_are_no_jobs(flags: dict[str, str], dates: list[int]) -> None:
    """One of them is unknown, and has to be looked into; so has one without orders, which is said of it."""
    lacks = replace(known((), (), 5), rows={"events": 0, "orders": 0, "fills": 4, "quotes": 9}, first_time=None)
    store = [known((69,)), known((8,), (2048 | 2,), 3), known(None, None, 4), lacks]
    assert plan_of(store, **flags) == [f"101/2024-01-0{day}" for day in dates]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"participant_ids": "69,7"}, "--participant_ids=7 has no orders in the data: there are those of 8, 69"),
        ({"participant_ids": "69", "date_start": "2024-01-03"}, "is of --participant_ids=69: there are those of 8$"),
        ({"order_types": "256"}, "no order matches --order_types=256; there are orders of the types 0, 64, 2050"),
        ({"hour_start": "17"}, "in the hours of --hour_start=17 to --hour_end=23; there are events in hours 7 to 16"),
        ({"population": "sweep", "date_end": "2024-01-02"}, "no order matches --population=sweep; there are"),
    ],
)
def test_a_selection_that_no_partition_can_answer_names_what_there_is(flags: dict[str, str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        plan_of([known((69,)), known((8,), (2048 | 2,), 3)], **flags)


def test_an_empty_store_is_said() -> None:
    with pytest.raises(UserError, match="nothing to run"):
        plan_of([])


def test_text_participants_become_codes() -> None:
    config = load_config({"participant_ids": "MS,ACME", "without_participants": "UBS", "preferring": "MS"}).config
    plan = plan_jobs(config, STORE, {"ACME": 0, "MS": 4, "UBS": 7}, RESULTS)
    assert plan.jobs[0].settings.selection.participants == (0, 4)
    assert (plan.jobs[0].settings.replay.without, plan.jobs[0].settings.replay.preferring) == ((7,), (4,))
    with pytest.raises(UserError, match="--participant_ids=ACME is not in the data, which has MS"):
        plan_jobs(config, STORE, {"MS": 0}, RESULTS)


def test_fingerprints_change_with_data_session_settings_and_code_only() -> None:
    def fingerprint(store: list[Partition], code: str = "", results: Path = RESULTS, **flags: str) -> str:
        return plan_jobs(load_config(flags).config, store, None, results, code).jobs[0].fingerprint

    base = fingerprint([partition()])
    assert fingerprint([partition()], max_workers="2", results=Path("elsewhere")) == base
    assert fingerprint([partition(), partition("102")]) == base
    changed = [
        fingerprint([replace(partition(), digest="other")]),
        fingerprint([partition(first_auction=at("10:03"))]),
        fingerprint([partition()], "other code"),
        fingerprint([partition()], hour_start="10"),
        fingerprint([partition()], format="csv"),
    ]
    assert len({base, *changed}) == 6


def test_folders_are_safe_for_any_security_name() -> None:
    assert job_folder("BRK.B", "2024-01-02") == Path("secBRK.B/2024-01-02")
    assert job_folder("../~x/ü", "2024-01-02") == Path("sec..%2F%7Ex%2F%C3%BC/2024-01-02")


def test_a_session_that_is_assumed_is_noted() -> None:
    config = load_config({"timezone": "Australia/Brisbane"}).config
    (note,) = plan_jobs(config, [partition()], None, RESULTS).notes
    assert note.startswith("sessions of 1 security-days are assumed to be 10:00-16:00 local time: say --session")
    sydney = load_config({}).config
    (note,) = plan_jobs(sydney, [partition(), partition("102", continuous_prints=0)], None, RESULTS).notes
    assert note.startswith("sessions of 1 of 2 security-days are assumed")
    stated = load_config({"timezone": "Australia/Brisbane", "session": "10:00-16:00"})
    assert plan_jobs(stated.config, [partition()], None, RESULTS, session_stated=True).notes == ()


def test_quantities_that_are_not_whole_shares_are_noted() -> None:
    config = load_config({"quantity_decimals": "2"}).config
    (note,) = plan_jobs(config, [partition()], None, RESULTS).notes
    assert note.startswith("quantities are in units of 10^-2 (--quantity_decimals); values in currency")


def test_what_the_data_lacks_is_noted() -> None:
    config = load_config({}).config
    full, bare = partition("101"), partition("102")
    bare.rows.update(quotes=0, fills=0)
    assert plan_jobs(config, [full], None, RESULTS).notes == ()
    some = plan_jobs(config, [full, bare], None, RESULTS).notes
    assert some[1] == "there are no quotes on 1 of 2 security-days: costs are missing, and so is every scenario"
    alone = plan_jobs(config, [bare], None, RESULTS).notes
    assert alone[0].startswith("there are no trades: quantities come from order states")


@given(ends=st.lists(st.integers(1, 20), min_size=1, max_size=9), own=st.integers(0, 8))
def test_the_median_of_the_others_leaves_ones_own_out(ends: list[int], own: int) -> None:
    place = own % len(ends)
    others = ends[:place] + ends[place + 1 :]
    expected = statistics.median_low(others) if others else 0
    assert _median_of_others(sorted(ends), ends[place]) == expected
    assert _median_of_others(sorted(ends), None) == statistics.median_low(ends)


def test_trade_dates_start_in_the_evening_of_the_business_day_before() -> None:
    """Monday the 29th is a holiday: what is decided on Friday evening belongs to Tuesday (decisions 1)."""
    tuesday = partition(date="2024-01-30")

    def start(**flags: str) -> int:
        return plan_sessions(load_config(flags).config, [tuesday])["101", "2024-01-30"].date_start

    assert start() == at("19:00", "2024-01-29")
    assert start(holidays="2024-01-29") == at("19:00", "2024-01-26")
    assert start(session_cutoff="24:00") == at("00:00", "2024-01-30")
    for clock, flags in (("20:00", {}), ("18:30", {"session_cutoff": "18:00"})):
        decided = np.array([at(clock, "2024-01-26")])
        assert decision_faults(decided, decided, start(holidays="2024-01-29", **flags)).tolist() == [FINE]
        assert decision_faults(decided, decided, start(**flags)).tolist() == [EARLIER_DATE]
