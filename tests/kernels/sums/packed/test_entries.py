"""Entries of histograms in two bytes: what a plain loop over them writes, and back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.conventions import SCENARIO_TABLE
from kernels.sums import fill_times, histograms
from kernels.sums.packed.entries import ENTRY_BITS, pack_entries, unpack_entries

pytestmark = pytest.mark.reduced


def naive(pairs: list[tuple[int, int]], bits: int) -> tuple[list[int], list[int]]:
    """Return entries, and the counts that are too large for theirs."""
    most = 2 ** (16 - bits) - 1
    return [code + min(count, most) * 2**bits for code, count in pairs], [c for _, c in pairs if c >= most]


@st.composite
def histograms_of(draw: st.DrawFn) -> tuple[list[tuple[int, int]], int]:
    bits = draw(st.integers(1, ENTRY_BITS - 1))
    counts = st.one_of(st.integers(1, 2 ** (ENTRY_BITS - bits) + 1), st.integers(1, 2**31 - 1))
    return draw(st.lists(st.tuples(st.integers(0, 2**bits - 1), counts), max_size=30)), bits


@given(histograms_of())
@settings(deadline=None)
def test_entries_are_those_of_a_plain_loop_and_come_back(given: tuple[list[tuple[int, int]], int]) -> None:
    pairs, bits = given
    code, count = np.array(pairs, np.int32).reshape(-1, 2).T.copy()
    entry, large = np.full(len(pairs), 7, np.uint16), np.full(len(pairs), -1, np.int32)
    written = int(pack_entries(code, count, bits, entry, large))
    assert (entry.tolist(), large[:written].tolist()) == naive(pairs, bits)
    back = np.full((2, len(pairs)), -1, np.int32)
    unpack_entries(entry, large[:written].copy(), bits, *back)
    assert back.T.tolist() == [list(pair) for pair in pairs]


@pytest.mark.parametrize("scenarios", range(1, len(SCENARIO_TABLE) + 1))
def test_codes_of_all_scenarios_leave_room_for_counts(scenarios: int) -> None:
    codes = (2 * scenarios - 1) * histograms.BUCKETS, scenarios * len(fill_times.LOOKS) * fill_times.CODES
    bits = histograms.code_bits(scenarios), fill_times.code_bits(scenarios)
    for last, mine in zip(codes, bits, strict=True):
        assert 2 ** (mine - 1) < last <= 2**mine <= 2 ** (ENTRY_BITS - 2)
