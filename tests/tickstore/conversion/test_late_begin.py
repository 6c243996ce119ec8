"""Files that begin with a stray row, and rows that are lost between an interruption and its end."""

import json
import os
import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from tests.tickstore.conftest import DAY_NS, OPEN, ORDER_HEADER, tree
from tests.tickstore.interrupted import AT_ONCE, PAGE, request, small
from tickstore import ConvertRequest, convert
from tickstore.durable.json_lines import read_lines
from tickstore.request import ConvertProgress
from tickstore.store.paths import CONVERT_FOLDER


def orders(folder: Path) -> ConvertRequest:
    return replace(request(folder, limits=small(PAGE)), trades=(), nbbo=())


def row(order: int, day: int, second: int, quantity: int, sequence: int = 0) -> str:
    time = OPEN + day * DAY_NS + second * 10**9
    return f"{7_904_794_000_000_000_000 + order},{time},{101 + order % 2},3000,1,{quantity},{quantity},0,7,{sequence}"


def write(path: Path, rows: list[str]) -> None:
    path.write_text("\n".join([ORDER_HEADER, *rows]) + "\n")


def test_files_are_ranked_by_their_first_row_whenever_it_is_read(tmp_path: Path) -> None:
    """Decisions 3: rows of equal times follow the first timestamps of their files; here a stray, of the last day."""
    first = [row(2 * k, day, k % 60, 100) for day in range(10) for k in range(12)]
    second = [row(2 * k, day, k % 12, 200) for day in range(6, 10) for k in range(60)]
    write(tmp_path / "orders-a.csv", [row(2, 11, 0, 100), *first])
    write(tmp_path / "orders-b.csv", second)
    convert(orders(tmp_path))
    ours = tree(tmp_path / "store")
    shutil.rmtree(tmp_path / "store")
    convert(replace(orders(tmp_path), limits=AT_ONCE))
    assert tree(tmp_path / "store") == ours


@pytest.mark.parametrize("loss", ["the end of a segment", "the end of a log", "a log", "all logs"])
def test_rows_lost_between_two_runs_are_parsed_again(tmp_path: Path, loss: str) -> None:
    rows = [row(k, day, k, 100, 1000 * day + k) for day in range(8) for k in range(200)]
    write(tmp_path / "orders.csv", rows)
    convert(orders(tmp_path))
    expected = tree(tmp_path / "store")
    shutil.rmtree(tmp_path / "store")

    def stop(built: int, progress: ConvertProgress) -> None:
        if progress.stage == "build" and progress.done == built:
            raise KeyboardInterrupt

    folder = tmp_path / "store" / CONVERT_FOLDER
    for built in (3, 6):  # what the second run notes is not about the logs of the first
        with pytest.raises(KeyboardInterrupt):
            convert(orders(tmp_path), partial(stop, built))
        if loss == "the end of a segment":
            path, offset, length = max(read_lines(folder / "parsed.jsonl"), key=lambda line: line["number"])["log"]
            with Path(path).open("r+b") as file:
                file.seek(offset + length - 32)
                file.write(bytes(32))
        elif loss == "the end of a log":
            for log in (folder / "logs").glob("*.log"):
                os.truncate(log, log.stat().st_size - 1)
        else:
            for log in list((folder / "logs").glob("*.log"))[: 1 if loss == "a log" else None]:
                log.unlink()
    convert(orders(tmp_path))
    assert tree(tmp_path / "store") == expected


def test_a_plan_that_cannot_be_read_is_begun_anew(tmp_path: Path) -> None:
    write(tmp_path / "orders.csv", [row(k, k // 100, k, 100, k + 1) for k in range(400)])
    convert(orders(tmp_path))
    expected = tree(tmp_path / "store")
    for text in ("", "[]", "{", json.dumps({"range_bytes": -1}), json.dumps({"range_bytes": "x", "logs": "/absent"})):
        shutil.rmtree(tmp_path / "store")
        folder = tmp_path / "store" / CONVERT_FOLDER
        folder.mkdir(parents=True)
        (folder / "plan.json").write_text(text)
        convert(orders(tmp_path))
        assert tree(tmp_path / "store") == expected
