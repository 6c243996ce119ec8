"""What is added up over jobs does not depend on how the securities of the jobs follow each other."""

import numpy as np

from driver.sums.merging import SecurityCounts, add_lists


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
