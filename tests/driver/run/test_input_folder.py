"""`--input=FOLDER`: the exchange's layout is taken whole, flags win over its parts, names reach tables and report."""

import csv
import json
from pathlib import Path

import pyarrow.csv
import pyarrow.parquet
import pytest

from driver.config.loading import load_config
from driver.run.input_files import convert_request, input_files
from tests.driver.conftest import Market
from tests.driver.whole_runs import darkreplay, tables
from tickstore import InputError, read_catalog

OPEN = 1_725_494_400 * 10**9  # 2024-09-05 10:00 in Sydney
HEADER = "order_id,timestamp,security_code,price,side,quantity,leavesquantity,totalmatchedquantity,participantid\n"
TABLES = ("orders", "trades", "nbbo")


def layout(market: Market, folder: Path) -> Path:
    """Write the market as the exchange does: a file for each security and date, in some packing, in folders."""
    for table in TABLES:
        with (market.raw / f"{table}.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        key = next(name for name in rows[0] if name.lower() in ("securitycode", "security_code", "orderbookid"))
        place = folder / table.upper() / "2024"
        place.mkdir(parents=True)
        for security in sorted({row[key] for row in rows}):
            with (place / f"{security}.csv").open("w", newline="") as file:
                writer = csv.DictWriter(file, rows[0])
                writer.writeheader()
                writer.writerows(row for row in rows if row[key] == security)
        first = place / "101.csv"
        pyarrow.parquet.write_table(pyarrow.csv.read_csv(first), place / "101.parquet")
        first.unlink()
    return folder


def test_a_flat_folder_is_a_run_of_its_files(market: Market, tmp_path: Path) -> None:
    done = darkreplay("run", f"--input={market.raw}", "--store=store", "--results=out", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert tables(tmp_path / "out") == market.tables


def test_the_layout_gives_the_same_tables_and_names_when_there_are_some(market: Market, tmp_path: Path) -> None:
    folder = layout(market, tmp_path / "exchange")
    (folder / "notes.md").write_text("?")
    flags = (f"--input={folder}", "--store=store", "--results=out", "--max_workers=2")
    done = darkreplay("run", *flags, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "warning: --input: notes.md left out" in done.stderr
    assert tables(tmp_path / "out") == market.tables
    with (market.folder / "clean" / "by_participant.csv").open() as file:
        before = list(csv.DictReader(file))
    someone = before[0]["participant_id"]
    (folder / "participants").mkdir()
    (folder / "participants" / "p.csv").write_text(
        f'Id,ParticipantName,ParticipantType,isActive\n{someone},"Ann & Co",Broker,1\n999999,Nobody,,1\n'
    )
    (folder / "reference").mkdir()
    (folder / "reference" / "r.csv").write_text(" Id,Name,DecimalsInPrice\n 101,ONE,3\n")
    plan = darkreplay("plan", *flags, folder=tmp_path)
    assert plan.returncode == 0, plan.stderr
    done = darkreplay("run", *flags, "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["jobs"] == {"done": 0, "kept": 4, "failed": 0}, "names change no job"
    found = tables(tmp_path / "out")
    changed = {name for name in found if found[name] != market.tables[name]}
    assert changed > {"by_security.csv", "by_participant.csv", "market_participants.csv", "outliers.csv", "market.csv"}
    for name in changed - {"sensitivity.csv"}:  # which may name who is left out
        assert without_names(found[name]) == rows_of(market.tables[name]), name
    with (tmp_path / "out" / "by_participant.csv").open() as file:
        after = list(csv.DictReader(file))
    named = {(row["participant_id"], row.pop("participant_name"), row.pop("participant_type")) for row in after}
    assert named == {
        (row["participant_id"], *(("Ann & Co", "Broker") if row["participant_id"] == someone else ("", "")))
        for row in before
    }
    assert after == before
    with (tmp_path / "out" / "by_security.csv").open() as file:
        assert {(row["security_code"], row["security_name"]) for row in csv.DictReader(file)} == {
            ("101", "ONE"), ("102", ""),
        }  # fmt: skip
    page = (tmp_path / "out" / "report.html").read_text()
    assert "Ann &amp; Co" in page
    assert "101 ONE" in page
    again = darkreplay("run", "--store=store", "--results=out", "--json", folder=tmp_path)
    assert json.loads(again.stdout)["up_to_date"] is True, "the store alone knows the names, too"


def rows_of(table: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(table.decode().splitlines()))


def without_names(table: bytes) -> list[dict[str, str]]:
    names = "security_name", "participant_name", "participant_type"
    return [{key: value for key, value in row.items() if key not in names} for row in rows_of(table)]


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / "5.csv").write_text(text)
    return folder


def test_flags_win_over_parts_of_the_folder(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", orders=HEADER, trades="x\n", participants="z\n")
    (tmp_path / "mine.csv").write_text("x\n")
    flags = {"input": str(folder), "trades": str(tmp_path / "mine.csv"), "sessions": str(tmp_path / "mine.csv")}
    found = input_files(load_config(flags).config)
    assert {kind: [path.relative_to(tmp_path).as_posix() for path in paths] for kind, paths in found.items()} == {
        "orders": ["in/orders/5.csv"], "trades": ["mine.csv"], "nbbo": [], "sessions": ["mine.csv"], "reference": [],
        "participants": ["in/participants/5.csv"],
    }  # fmt: skip


def test_sessions_of_the_folder_reach_the_partitions(tmp_path: Path) -> None:
    header = " Partition,Sequence,TradeDate,Id,Level,MatchingType,Name,OrderBookId,Timestamp,Type,isEndOfTrading\n"
    changes = "".join(f" 3,1,2024-09-05,9,2,{kind},X,5,{OPEN + at},1,0\n" for at, kind in ((7, 1), (3600 * 10**9, 4)))
    folder = write(tmp_path / "in", orders=HEADER + f"7,{OPEN},5,3340,1,100,100,0,69\n", session=header + changes)
    done = darkreplay("convert", f"--input={folder}", "--store=store", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    (partition,) = read_catalog(tmp_path / "store").partitions
    assert partition.session == (OPEN + 7, OPEN + 3600 * 10**9)


def test_sessions_of_the_folder_that_cannot_be_are_left_out_with_a_warning(tmp_path: Path) -> None:
    """Session files that circulate with samples open in the evening and never close."""
    session = f"OrderBookId,Timestamp,MatchingType\n5,{OPEN},4\n5,{OPEN + 7},1\n"
    folder = write(tmp_path / "in", orders=HEADER + f"7,{OPEN},5,3340,1,100,100,0,69\n", session=session)
    done = darkreplay("convert", f"--input={folder}", "--store=store", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "its session files are left out, sessions come from the data: " in done.stderr
    assert "5.csv:3: continuous matching of 5 does not end on 2024-09-05" in done.stderr
    assert read_catalog(tmp_path / "store").partitions[0].session is None
    named = darkreplay("convert", f"--input={folder}", f"--sessions={folder}/session/5.csv", folder=tmp_path)
    assert named.returncode == 2


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "has no files of orders, trades or nbbo by their names or by those of folders in it (it is empty)"),
        (["a.csv", "b.xlsx"], "(it has a.csv, b.xlsx): name them so, or give the files with --orders=..."),
    ],
)
def test_a_folder_without_rows_is_refused_in_one_line(names: list[str], message: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in names:
        (tmp_path / "in" / name).write_text("x\n")
    for command in ("run", "convert", "plan"):
        done = darkreplay(command, "--input=in", "--store=store", folder=tmp_path)
        assert done.returncode == 2
        assert message in done.stderr
        assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "store").exists()


def test_trades_alone_are_refused_as_ever(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", trades="x\n")
    config = load_config({"input": str(folder), "store": str(tmp_path / "store")}).config
    with pytest.raises(InputError, match="--orders is missing"):
        convert_request(config, 1)


def test_ticks_of_reference_files_reach_the_jobs(tmp_path: Path) -> None:
    rows = f"7,{OPEN},5,3340,1,100,100,0,69\n8,{OPEN},6,3340,1,100,100,0,69\n"
    folder = write(tmp_path / "in", orders=HEADER + rows, reference="Id,Name,TickSize\n5,FIVE,0.02\n")
    done = darkreplay("run", f"--input={folder}", "--store=store", "--results=out", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    run = json.loads((tmp_path / "out" / "run.json").read_text())
    assert (run["tick_file"]["name"], run["tick_file"]["securities"]) == ("names.json", 1)
    assert "names.json has no ticks of 6: theirs are those of --ticks" in run["notes"]
