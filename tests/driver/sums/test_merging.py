"""What is added up over jobs does not depend on how the securities of the jobs follow each other."""

import numpy as np
import pytest

from driver.sums.merging import KeyedSums, SecurityCounts, add_lists


def test_lists_are_added_by_label() -> None:
    whole: dict[str, list[int]] = {}
    first = {"a": [1, 2], "b": [3, 4]}
    add_lists(whole, first)
    add_lists(whole, {"b": [10, 20], "c": [5, 6]})
    assert whole == {"a": [1, 2], "b": [13, 24], "c": [5, 6]}
    assert first == {"a": [1, 2], "b": [3, 4]}


def test_a_security_that_comes_back_goes_on_from_its_counts() -> None:
    counts = SecurityCounts(4)
    for security, place in (("7", 0), ("7", 3), ("8", 3), ("7", 3), ("9", 1)):
        counts.of(security)[place] += 1
    counts.of("10")  # is asked for, and counts nothing
    for _ in range(2):
        found = {security: row.tolist() for security, row in counts.items()}
        assert found == {"7": [1, 0, 0, 2], "8": [0, 0, 0, 1], "9": [0, 1, 0, 0]}
    counts.of("8")[0] += 1
    assert dict(counts.items())["8"].tolist() == np.array([1, 0, 0, 1]).tolist()


def test_sums_by_key_are_as_many_in_every_call() -> None:
    sums = KeyedSums()
    sums.add([], np.zeros((2, 0), np.int64))
    sums.add(["a", "b"], np.array([[1, 2], [3, 4]]))
    sums.add(["b"], np.array([[10], [20]]))
    assert dict(sums.items()) == {"a": [1, 3], "b": [12, 24]}
    for other in (1, 3):
        with pytest.raises(ValueError, match=f"{other} sums cannot be added to 2"):
            sums.add(["a"], np.ones((other, 1), np.int64))
