"""One log per worker: segments on whole pages, and nothing after the last that is known."""

import mmap
from pathlib import Path

import pytest

from tickstore.spill.logs import Segment, WorkerLog, keep_only

GRAIN = mmap.ALLOCATIONGRANULARITY


def write(log: WorkerLog, content: bytes) -> Segment:
    """Append a segment."""
    file = log.begin()
    file.write(content)
    return log.end()


def read(segment: Segment) -> bytes:
    """Return a segment's bytes."""
    return Path(segment.path).read_bytes()[segment.offset : segment.offset + segment.length]


def test_segments_begin_on_pages_and_stay_what_they_were(tmp_path: Path) -> None:
    log = WorkerLog(tmp_path)
    contents = [bytes([k]) * n for k, n in enumerate((1, GRAIN - 1, GRAIN, GRAIN + 1, 3 * GRAIN), 1)]
    segments = [write(log, content) for content in contents]
    log.close()
    assert [segment.offset // GRAIN for segment in segments] == [0, 1, 2, 3, 5]
    assert all(segment.offset % GRAIN == 0 for segment in segments)
    assert [read(segment) for segment in segments] == contents
    assert len(list(tmp_path.iterdir())) == 1


def test_what_was_not_finished_is_written_over_by_nobody(tmp_path: Path) -> None:
    log = WorkerLog(tmp_path)
    first = write(log, b"a" * 10)
    log.begin().write(b"b" * (GRAIN + 10))  # the worker dies, or its task fails, before the end
    last = write(log, b"c" * 10)
    log.close()
    assert (read(first), read(last), last.offset) == (b"a" * 10, b"c" * 10, 3 * GRAIN)


def test_each_log_is_one_workers(tmp_path: Path) -> None:
    logs = [WorkerLog(tmp_path) for _ in range(3)]
    assert not list(tmp_path.iterdir())  # made when there is something to write
    segments = [write(log, bytes([k + 1])) for k, log in enumerate(logs)]
    for log in logs:
        log.close()
    assert [read(segment) for segment in segments] == [b"\1", b"\2", b"\3"]
    assert len({segment.path for segment in segments}) == 3


@pytest.mark.parametrize("kept", [(), (0,), (1, 4), (0, 1, 2, 3, 4)])
def test_only_what_is_known_survives_an_interruption(tmp_path: Path, kept: tuple[int, ...]) -> None:
    log, other = WorkerLog(tmp_path), WorkerLog(tmp_path)
    segments = [write(log, bytes([k + 1]) * (GRAIN + 7)) for k in range(4)]
    segments.append(write(other, b"\5" * (GRAIN + 7)))
    other.begin().write(b"x" * 8 * GRAIN)
    log.close()
    other.close()
    keep_only(tmp_path, [segments[k] for k in kept])
    assert [set(read(segments[k])) for k in kept] == [{k + 1} for k in kept]
    assert {path.name for path in tmp_path.iterdir()} == {Path(segments[k].path).name for k in kept}
    ends = {Path(segments[k].path): segments[k].offset + segments[k].length for k in kept}
    assert {path: path.stat().st_size for path in tmp_path.iterdir()} == ends
