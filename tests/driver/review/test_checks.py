"""Each check of a run passes, warns, fails or is not run by its figure; what is wrong first."""

import copy

import pytest

from driver.review.checks import FAIL, NOT_RUN, PASS, TABLES_READ, WARN, Check, alerts, checks
from driver.review.quality import BEWARE, LITTLE, LOOK, NONE, judged
from driver.review.read_back import Cells, read_tables
from driver.tables.aggregate import aggregate
from tests.driver.job_folders import SETTINGS, make_jobs

Tables = dict[str, list[Cells]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    folder = tmp_path_factory.mktemp("results")
    aggregate(folder, make_jobs(folder), SETTINGS)
    return read_tables(folder, *TABLES_READ)


@pytest.fixture
def tables(made: Tables) -> Tables:
    return copy.deepcopy(made)


def found(tables: Tables, name: str) -> Check:
    (one,) = (one for one in checks(tables) if one.name == name)
    return one


def total(tables: Tables, **counts: int) -> None:
    """Set totals of data_quality.csv."""
    rows = [row for row in tables["data_quality"] if row["security_code"] == "all" and row["kind"] not in counts]
    named: list[Cells] = [
        {"security_code": "all", "date": "all", "kind": kind, "count": held} for kind, held in counts.items()
    ]
    tables["data_quality"] = [*rows, *named]


COUNTED = [
    ("completeness", {}, PASS),
    ("completeness", {"jobs_missing": 1}, FAIL),
    ("reconciliation", {"fills": 0}, NOT_RUN),
    ("reconciliation", {"fills": 9, "orders_reconciled": 10_000, "orders_not_reconciled": 10}, PASS),
    ("reconciliation", {"fills": 9, "orders_reconciled": 9_985, "orders_not_reconciled": 15}, WARN),
    ("reconciliation", {"fills": 9, "orders_reconciled": 9_800, "orders_not_reconciled": 200}, FAIL),
    ("contradictions", {"orders_reconciled": 1_000, "orders_set_apart": 2, "orders_set_apart_in_hours": 2}, WARN),
    ("contradictions", {"orders_reconciled": 1_000, "orders_set_apart": 11}, FAIL),
    ("prices and dates", {"fills": 0}, NOT_RUN),
    ("prices and dates", {"fills": 1_000}, PASS),
    ("prices and dates", {"fills": 1_000, "fills_price_implausible": 2}, WARN),
    ("prices and dates", {"fills": 1_000, "prices_in_two_units": 1}, FAIL),
    ("sessions", {}, NOT_RUN),
    ("sessions", {"session_from_file": 2, "session_from_auction": 1}, PASS),
    ("sessions", {"session_from_file": 2, "session_from_activity": 1}, WARN),
    ("sessions", {"session_from_file": 2, "session_from_config": 1}, WARN),
    ("sessions", {"session_from_config": 3}, FAIL),
    ("quotes", {"quotes": 0}, NOT_RUN),
    ("quotes", {"quotes": 100, "quotes_valid": 95}, PASS),
    ("quotes", {"quotes": 100, "quotes_valid": 94}, WARN),
    ("conservation", {}, NOT_RUN),
    ("conservation", {"replay_orders_audited": 7}, PASS),
]


@pytest.mark.parametrize(("name", "counts", "status"), COUNTED)
def test_a_count_decides(name: str, counts: dict[str, int], status: str, tables: Tables) -> None:
    total(tables, **counts)
    assert found(tables, name).status == status


@pytest.mark.parametrize(("share", "status"), [(0.95, PASS), (0.94, WARN), (0.79, FAIL), (None, NOT_RUN)])
def test_quotes_are_judged_by_time_where_it_is_known(share: float | None, status: str, tables: Tables) -> None:
    total(tables, quotes=0)
    tables["market"] = [{"security_code": "all", "date": "all", "quoted_share": share}]
    assert found(tables, "quotes").status == status


def real(tables: Tables) -> Cells:
    return tables["global_summary"][0]


def test_costs_are_known_of_enough_orders(tables: Tables) -> None:
    real(tables).update(orders=110, never_in_session=10, priced_orders=95)
    assert found(tables, "costs known") == Check(
        "costs known", PASS, "95 of 100 (95.00 %)", found(tables, "costs known").meaning
    )
    for priced, status in ((94, WARN), (79, FAIL)):
        real(tables)["priced_orders"] = priced
        assert found(tables, "costs known").status == status
    real(tables)["never_in_session"] = 110
    assert found(tables, "costs known").status == NOT_RUN


@pytest.mark.parametrize(("trusted", "status"), [("yes", PASS), ("not to be trusted", FAIL), (None, NOT_RUN)])
def test_below_its_floor_a_replay_fails(trusted: str | None, status: str, tables: Tables) -> None:
    assert found(tables, "fidelity").status == NOT_RUN
    shares = {"named_share": 0.5, "missed_share": 0.25, "invented_share": None}
    tables["fidelity"] = [{"security_code": "all", "date": "all", "trusted": trusted, **shares}]
    one = found(tables, "fidelity")
    assert one.status == status
    assert one.figure.startswith("named 50.00 %, missed 25.00 %")
    assert ("R and D are not to be trusted" in one.figure) == (status == FAIL)


def test_what_the_placebo_saves_is_beside_what_r_does(tables: Tables) -> None:
    assert found(tables, "placebo").status == NOT_RUN
    rows = tables["global_summary"]
    rows += [{**rows[1], "scenario": name, "saving_bps": saving} for name, saving in (("P", -0.2), ("R", 0.3))]
    assert found(tables, "placebo").status == PASS
    rows[-1]["saving_bps"] = 0.1
    assert found(tables, "placebo").status == WARN


def test_tables_that_do_not_add_up_fail(tables: Tables) -> None:
    assert found(tables, "tables add up").status == PASS
    tables["by_date"][1]["shortfall_cost"] = int(str(tables["by_date"][1]["shortfall_cost"])) + 1
    assert found(tables, "tables add up") == Check(
        "tables add up", FAIL, "2 of 3 tables do", found(tables, "tables add up").meaning
    )
    for name in ("by_security", "by_date", "by_participant"):
        tables[name] = []
    assert found(tables, "tables add up").status == NOT_RUN


def test_parts_of_the_shortfall_make_it_up(tables: Tables) -> None:
    real(tables).update(shortfall_bps=1.5, execution_bps=1.0, opportunity_bps=0.5)
    assert found(tables, "cost identity").status == PASS
    real(tables)["opportunity_bps"] = 0.51
    assert found(tables, "cost identity").status == FAIL
    real(tables)["execution_bps"] = None
    assert found(tables, "cost identity").status == NOT_RUN


def test_few_clusters_warn(tables: Tables) -> None:
    rows = [row for row in tables["statistics"] if row["test"] == "cluster"]
    for effective, status in ((5.0, PASS), (4.9, WARN), (None, WARN)):
        for row in rows:
            row["effective_clusters"] = effective
        assert found(tables, "clusters").status == status
    tables["statistics"] = []
    assert found(tables, "clusters").status == NOT_RUN


def test_impossible_spreads_and_one_who_dominates_warn(tables: Tables) -> None:
    for name in ("by_security", "by_date", "by_participant", "global_summary"):
        for row in tables[name]:
            row["eq_ratio"] = 0.5 if row["scenario"] == "real" else None
    assert found(tables, "effective spreads").status == PASS
    tables["by_date"][0]["eq_ratio"] = -1.01
    assert found(tables, "effective spreads").status == WARN
    assert found(tables, "effective spreads").figure.startswith("1 of ")
    whole = sum(int(str(row["benchmark_notional"])) for row in tables["by_participant"] if row["scenario"] == "real")
    first = tables["by_participant"][0]
    for held, status in ((whole, PASS), (10 * whole, WARN)):
        first["benchmark_notional"] = held // 4
        assert found(tables, "who dominates").status == status
    for rows, why in ((tables["by_participant"][:4], "fewer than two"), ([], "has aggregate_by participant_id?")):
        tables["by_participant"] = rows
        assert found(tables, "who dominates").status == NOT_RUN
        assert why in found(tables, "who dominates").figure


def test_alerts_are_the_gravest_first_and_nothing_else() -> None:
    given = [Check(status, status, "", "") for status in (PASS, WARN, NOT_RUN, FAIL, WARN)]
    assert [one.status for one in alerts(given)] == [FAIL, WARN, WARN]


JUDGED: list[tuple[str, int, str]] = [
    ("orders_price_implausible", 0, NONE), ("orders_price_implausible", 1, LITTLE),
    ("orders_price_implausible", 2, LOOK), ("orders_price_implausible", 11, BEWARE), ("orders_carried_over", 900, ""),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "held", "judgement"), JUDGED)
def test_data_quality_is_judged_by_its_share(kind: str, held: int, judgement: str, tables: Tables) -> None:
    total(tables, orders_reconciled=999, orders_not_reconciled=1, **{kind: held})
    (row,) = (row for row in judged(tables["data_quality"]) if row["kind"] == kind)
    assert (row["of"], row["share"], row["judgement"]) == ("orders", held / 1000, judgement)


def test_a_count_of_security_days_is_among_them(tables: Tables) -> None:
    total(tables, session_from_config=2)
    day: Cells = {"security_code": "9", "date": "2024-01-01", "kind": "quotes", "count": 1}
    tables["data_quality"] += [day, {**day, "kind": "fills"}, {**day, "date": "2024-01-02"}]
    (row,) = (row for row in judged(tables["data_quality"]) if row["kind"] == "session_from_config")
    assert (row["of"], row["share"]) == ("security-days", 1.0)


def test_days_that_are_missing_are_security_days_once(tables: Tables) -> None:
    total(tables, jobs_missing=1)
    day: Cells = {"security_code": "9", "date": "2024-01-01", "kind": "quotes", "count": 1}
    tables["data_quality"] += [day, {**day, "date": "2024-01-02"}]
    tables["data_quality"] += [{**day, "date": "2024-01-03", "kind": "jobs_missing"}]
    (row,) = (row for row in judged(tables["data_quality"]) if row["kind"] == "jobs_missing")
    assert (row["of"], row["share"]) == ("security-days", 1 / 3)
