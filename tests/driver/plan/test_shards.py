"""The split of a plan into shards: every job once, alike everywhere, balanced."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver.plan.jobs import Job
from driver.plan.shards import JOB_ROWS, Shard, read_shard, split
from kernels.measure.choices import Session
from tests.driver.job_folders import SETTINGS
from tickstore.errors import UserError


def jobs_of(rows: list[int]) -> list[Job]:
    one = Job(0, "1", "2024-01-01", "", "", Session(0, 0, "file"), SETTINGS, 0, "")
    return [replace(one, index=index, event_rows=count) for index, count in enumerate(rows)]


@given(st.lists(st.integers(0, 10**6), max_size=60), st.integers(1, 12), st.randoms())
def test_every_job_is_in_one_shard_whatever_the_order_of_the_jobs(
    rows: list[int], of: int, draw: random.Random
) -> None:
    jobs = jobs_of(rows)
    shares = split(jobs, of)
    assert sorted(job.index for share in shares for job in share) == list(range(len(rows)))
    assert all([job.index for job in share] == sorted(job.index for job in share) for share in shares)
    assert split(draw.sample(jobs, len(jobs)), of) == shares
    loads = [sum(job.event_rows + JOB_ROWS for job in share) for share in shares]
    assert max(loads) - min(loads) <= max(rows, default=0) + JOB_ROWS, "no shard could give a job away and gain by it"


def test_equal_jobs_are_dealt_out_evenly() -> None:
    assert {len(share) for share in split(jobs_of([7] * 120), 40)} == {3}
    assert [len(share) for share in split(jobs_of([0, 0]), 3)] == [1, 1, 0]


def test_a_shard_as_the_user_writes_it() -> None:
    assert read_shard(" 3/40 ") == Shard(3, 40)
    assert (str(Shard(3, 40)), Shard(3, 40).folder) == ("3/40", "3of40")


@pytest.mark.parametrize("text", ["0/4", "5/4", "3", "3/", "a/b", "-1/4", "3of40", "1/1000000", "1/4/2", "true"])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="--shard needs a share such as 3/40") as refused:
        read_shard(text)
    assert f"'{text}'" in refused.value.message
