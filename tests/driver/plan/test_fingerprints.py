"""A changed setting reruns the jobs it touches, and those alone: where the digest is the same, so is every byte."""

from pathlib import Path

import pytest

from driver.config.loading import load_config
from driver.job.job import run_job
from driver.plan.jobs import Job
from driver.run.planning import plan_store
from kernels.warming import warm
from tests.driver.conftest import Market

ONLY_A = {"dark_pool_scenarios": "A", "order_columns": "all"}
NEUTRAL = {
    "impact without C": (ONLY_A | {"dark_pool_scenarios": "A,B"}, {"price_impact_percent": "0.2"}),
    "share without B and C": (ONLY_A, {"dark_share": "0.25"}),
    "form of no file": (
        {"order_level": "false", "dark_pool_scenarios": "A"},
        {"format": "csv", "order_columns": "all"},
    ),
}
TOUCHING = {
    "impact": ({"dark_pool_scenarios": "A,C"}, {"price_impact_percent": "0.2"}),
    "share": ({"dark_pool_scenarios": "B"}, {"dark_share": "0.25"}),
    "replay": ({"dark_pool_scenarios": "P"}, {"preferencing": "all"}),
    "form": (ONLY_A, {"format": "csv"}),
    "fees": (ONLY_A, {"lit_bps": "1"}),
    "hours": (ONLY_A, {"hour_end": "12"}),
    "finer sums": (ONLY_A, {"aggregate_by": "participant_id+hour"}),
}


def first_job(market: Market, results: Path, flags: dict[str, str]) -> Job:
    config = load_config(flags | {"store": str(market.store)}).config
    return plan_store(config, results, None, None, False).jobs[0]


@pytest.mark.parametrize("name", NEUTRAL)
def test_what_nothing_looks_at_changes_neither_digest_nor_bytes(name: str, market: Market, tmp_path: Path) -> None:
    warm()
    base, change = NEUTRAL[name]
    jobs = [first_job(market, tmp_path / way, flags) for way, flags in (("a", base), ("b", base | change))]
    assert jobs[0].settings != jobs[1].settings
    assert jobs[0].fingerprint == jobs[1].fingerprint
    files = []
    for job in jobs:
        run_job(job)
        files.append({path.name: path.read_bytes() for path in Path(job.folder).iterdir()})
    assert files[0] == files[1]
    assert len(files[0]) >= 2


@pytest.mark.parametrize("name", TOUCHING)
def test_what_is_looked_at_changes_the_digest(name: str, market: Market, tmp_path: Path) -> None:
    base, change = TOUCHING[name]
    assert first_job(market, tmp_path, base).fingerprint != first_job(market, tmp_path, base | change).fingerprint


def test_what_keeps_more_sums_serves_what_needs_fewer(market: Market, tmp_path: Path) -> None:
    usual, coarse, fine = (
        first_job(market, tmp_path, ONLY_A | {"aggregate_by": keys})
        for keys in ("date", "date+hour,participant_id+date", "date,group+participant_id")
    )
    assert coarse.fingerprint == usual.fingerprint
    assert usual.is_done_by(fine.fingerprint)
    assert not fine.is_done_by(usual.fingerprint)
    other = first_job(market, tmp_path, ONLY_A | {"aggregate_by": "group+participant_id", "hour_end": "12"})
    assert not usual.is_done_by(other.fingerprint)


def test_sums_by_more_keys_serve_tables_by_fewer(market: Market, tmp_path: Path) -> None:
    usual, one, other, both = (
        first_job(market, tmp_path, ONLY_A | {"aggregate_by": keys})
        for keys in ("date", "hour+spread", "group+phase", "hour+spread,phase+date+group,participant_id+hour")
    )
    assert one.settings.mixed_keys == ("hour", "spread")
    for job in (usual, one, other, both):
        assert job.is_done_by(both.fingerprint)
        assert usual.is_done_by(job.fingerprint)
    assert not one.is_done_by(usual.fingerprint)
    assert not one.is_done_by(other.fingerprint)
    assert not both.is_done_by(one.fingerprint)
    assert len({job.fingerprint.partition("+")[0] for job in (usual, one, other, both)}) == 1


def test_other_mids_and_populations_are_sums_that_only_serve_when_kept(market: Market, tmp_path: Path) -> None:
    usual, asked, both = (
        first_job(market, tmp_path, ONLY_A | more)
        for more in ({}, {"sensitivity": "true"}, {"sensitivity": "true", "aggregate_by": "hour+spread"})
    )
    assert usual.is_done_by(asked.fingerprint)
    assert asked.is_done_by(both.fingerprint)
    assert not asked.is_done_by(usual.fingerprint)
    assert not both.is_done_by(asked.fingerprint)
