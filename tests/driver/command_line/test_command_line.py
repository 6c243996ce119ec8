"""The commands as a user types them: what they print, their mistakes, and that the tables never depend on how."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from shutil import copytree

import pytest

from driver.command_line.main import main
from driver.config.loading import load_config
from driver.run.planning import resolve
from driver.tables.table_list import FILES
from tests.driver.conftest import Market
from tests.driver.whole_runs import ENVIRONMENT, darkreplay, tables


@pytest.mark.parametrize("workers", ["1", "8"])
def test_tables_are_the_same_bytes_on_any_number_of_workers(market: Market, tmp_path: Path, workers: str) -> None:
    """The session's market ran on two workers."""
    arguments = ("run", f"--store={market.store}", "--results=out", f"--max_workers={workers}")
    done = darkreplay(*arguments, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    found = tables(tmp_path / "out")
    assert {name for name in found if "/" not in name} <= FILES
    assert sorted(found) == sorted(market.tables)
    assert [name for name in found if found[name] != market.tables[name]] == []


def test_sequential_mode_gives_the_same_tables(market: Market, tmp_path: Path) -> None:
    done = darkreplay(
        "run", f"--store={market.store}", "--results=out", "--mode=sequential", "--detailed_logs", folder=tmp_path
    )
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in (tmp_path / "out/run.log").read_text().splitlines()]
    assert [line["event"] for line in lines] == ["jobs begin", "job", "job", "job", "job", "end"]
    assert tables(tmp_path / "out") == market.tables


def test_a_second_run_keeps_everything_quickly_and_says_so(market: Market) -> None:
    """What makes it quick is what it leaves out: kernels, worker processes, the drawing of figures."""
    files = [f"--{table}=raw/{table}.csv" for table in ("orders", "trades", "nbbo")]
    arguments = ("run", *files, "--store=store", "--results=clean", "--json")
    done = darkreplay(*arguments, folder=market.folder, environment={"PYTHONPROFILEIMPORTTIME": "1"})
    assert done.returncode == 0, done.stderr
    imported = set(re.findall(r"\| +([\w.]+)$", done.stderr, re.MULTILINE))
    assert "json" in imported
    assert not imported & {"kernels.measure.stages", "matplotlib", "jinja2", "multiprocessing.popen_forkserver"}
    facts = json.loads(done.stdout)
    assert (facts["up_to_date"], facts["jobs"]) == (True, {"done": 0, "kept": 4, "failed": 0})
    assert [row["scenario"] for row in facts["summary"]] == [
        "real", "A", "B", "C", "P", "R", "R_optimistic", "R_conservative", "D",
    ]  # fmt: skip


def test_another_selection_redoes_jobs_and_sets_stale_ones_aside(market: Market, tmp_path: Path) -> None:
    copytree(market.folder / "clean", tmp_path / "out")
    arguments = ("run", f"--store={market.store}", "--results=out", "--json", "--max_workers=2")
    one = darkreplay(*arguments, "--security_codes=101", folder=tmp_path)
    assert json.loads(one.stdout)["jobs"] == {"done": 0, "kept": 2, "failed": 0}
    assert (tmp_path / "out/.stale/sec102/2024-01-02/metrics.csv").exists()
    assert not (tmp_path / "out/sec102").exists()
    hours = darkreplay(*arguments, "--security_codes=101", "--hour_end=12", "--aggregate_by=date", folder=tmp_path)
    assert json.loads(hours.stdout)["jobs"] == {"done": 2, "kept": 0, "failed": 0}
    found = tables(tmp_path / "out")
    assert not found.items() & market.tables.items()
    assert set(market.tables) - set(found) >= {"by_security.csv", "by_participant.csv"}
    assert "by_date.csv" in found


def test_tables_and_report_again_without_jobs(market: Market, tmp_path: Path) -> None:
    copytree(market.folder / "clean", tmp_path / "out")
    (tmp_path / "out/by_date.csv").unlink()
    (tmp_path / "out/report.html").unlink()
    done = darkreplay("aggregate", "--results=out", folder=tmp_path)
    assert done.returncode == 2
    assert "store" in done.stderr, "the recorded store is a relative path, and this is another folder"
    (tmp_path / "store").symlink_to(market.store)
    done = darkreplay("aggregate", "--results=out", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert tables(tmp_path / "out") == market.tables
    (tmp_path / "out/report.html").unlink()
    report = darkreplay("report", "--results=out", folder=tmp_path)
    assert report.stdout == "report: out/report.html\n"
    assert (tmp_path / "out/report.html").exists()
    again = darkreplay("run", "--store=store", "--results=out", "--json", folder=tmp_path)
    assert json.loads(again.stdout)["up_to_date"] is True


def test_without_input_the_default_store_is_used_and_the_sample_only_where_nothing_is_asked(
    market: Market, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert resolve(load_config({"hour_start": "10"}))[1], "there is no store yet"
    (tmp_path / "darkreplay").mkdir()
    (tmp_path / "darkreplay/store").symlink_to(market.store)
    assert resolve(load_config({}))[1]
    for flags in ({"hour_start": "10"}, {"dark_share": "0.4"}):
        config, is_sample = resolve(load_config(flags))
        assert (config.store, config.results, is_sample) == ("darkreplay/store", "darkreplay/results", False)


def test_plan_shows_jobs_and_runs_nothing(market: Market, tmp_path: Path) -> None:
    arguments = ("plan", f"--store={market.store}", "--security_codes=102")
    text = darkreplay(*arguments, folder=tmp_path)
    assert text.returncode == 0, text.stderr
    assert "2 jobs, " in text.stdout
    facts = json.loads(darkreplay(*arguments, "--json", folder=tmp_path).stdout)
    assert [(job["security"], job["date"]) for job in facts["jobs"]] == [("102", "2024-01-02"), ("102", "2024-01-03")]
    assert facts["event_rows"] == sum(job["event_rows"] for job in facts["jobs"]) > 0
    assert list(tmp_path.iterdir()) == []


def test_a_tick_file_is_used_and_recorded(market: Market, tmp_path: Path) -> None:
    (tmp_path / "ticks.csv").write_text("security,from_price,tick\n101,0,10\n")
    store = f"--store={market.store}"
    done = darkreplay("run", store, "--results=r", "--tick_file=ticks.csv", "--date_end=2024-01-02", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    facts = json.loads((tmp_path / "r" / "run.json").read_text())
    assert (facts["tick_file"]["name"], facts["tick_file"]["securities"]) == ("ticks.csv", 1)
    assert facts["notes"][0] == "ticks.csv has no ticks of 102: theirs are those of --ticks"
    assert facts["config"]["tick_file"] == "ticks.csv"


def test_inspect_shows_what_a_folder_holds(market: Market) -> None:
    done = darkreplay("inspect", "raw", "--json", folder=market.folder)
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert [(table["table"], table["exact"], table["securities"]) for table in facts["tables"]] == [
        ("orders", True, 2), ("trades", True, 2), ("nbbo", True, 2),
    ]  # fmt: skip
    assert facts["orphans"]["without_trade"] == 0
    guide = (Path(__file__).resolve().parents[3] / "driver" / "README.md").read_text(encoding="utf-8")
    table = guide.partition("<!-- inspection -->")[2].partition("<!-- end of inspection -->")[0]
    documented = set(re.findall(r"`(\w+)`", table))
    assert set(facts) <= documented
    assert {
        name for key in ("files", "tables", "order_types", "outcomes", "answers") for name in facts[key][0]
    } <= documented
    assert {name for key in ("quotes", "sessions", "orphans", "names") for name in facts[key]} <= documented
    text = darkreplay("inspect", "raw", folder=market.folder).stdout
    assert "what a run could compute" in text
    wrong = darkreplay("inspect", "raw", "--rows=x", folder=market.folder)
    assert (wrong.returncode, wrong.stderr) == (2, "darkreplay: --rows needs a whole number, 0 or more, not 'x'\n")
    wrong = darkreplay("inspect", "raw/orders.csv", "--table=bids", folder=market.folder)
    assert wrong.returncode == 2
    assert "--table needs one of" in wrong.stderr


def test_inspect_shows_how_columns_map(market: Market) -> None:
    facts = json.loads(darkreplay("inspect", "raw/orders.csv", "--json", folder=market.folder).stdout)
    assert facts["table"] == "orders"
    assert {"order_id", "timestamp"} <= {column["field"] for column in facts["columns"]}
    assert "raw/orders.csv looks like orders" in darkreplay("inspect", "raw/orders.csv", folder=market.folder).stdout


def test_convert_says_what_it_did_and_is_cheap_again(market: Market, tmp_path: Path) -> None:
    files = [f"--{table}={market.raw / table}.csv" for table in ("orders", "trades", "nbbo")]
    first = darkreplay("convert", *files, "--store=s", folder=tmp_path)
    assert first.returncode == 0, first.stderr
    assert first.stdout.startswith("4 day files written to s, 0 unchanged\n")
    again = darkreplay("convert", *files, "--store=s", folder=tmp_path).stdout
    assert again.startswith("nothing to do: 4 day files of these inputs are in s; checked by size, date and index only")
    assert "`python -m driver verify --store=s` reads every byte" in again
    thorough = darkreplay("convert", *files, "--store=s", "--replace", folder=tmp_path).stdout
    assert thorough.startswith("nothing to do: 4 day files of these inputs are in s; every byte of them was checked\n")


def test_verify_finds_a_flipped_byte(market: Market, tmp_path: Path) -> None:
    copytree(market.store, tmp_path / "store")
    sound = darkreplay("verify", "--store=store", folder=tmp_path)
    assert (sound.returncode, sound.stdout.strip().endswith(": sound")) == (0, True), sound.stdout
    path = tmp_path / "store/101/2024-01-02.h5"
    data = bytearray(path.read_bytes())
    data[-1000] ^= 1
    path.write_bytes(data)
    found = darkreplay("verify", "--store=store", "--json", folder=tmp_path)
    assert found.returncode == 1
    (problem,) = json.loads(found.stdout)["problems"]
    assert (problem["kind"], problem["path"]) == ("damaged", "store/101/2024-01-02.h5")


@pytest.mark.parametrize("word", [["--help"], ["run", "--help"], ["synth", "--help"], ["inspect", "-h"]])
def test_help_is_plain_text(word: list[str], tmp_path: Path) -> None:
    done = darkreplay(*word, folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "usage: python -m driver" in done.stdout
    assert "FLAGS" not in done.stdout
    assert ("--seed" in done.stdout) == (word[0] in ("run", "synth"))


def test_the_command_line_starts_without_heavy_libraries() -> None:
    """They are imported where they are used, so that help, mistakes and a resumed run are quick."""
    heavy = ("numba", "scipy", "matplotlib", "pyarrow", "rich", "fire", "jinja2", "dask")
    started = "import sys, driver.command_line.main, driver.run.runner"
    program = f"{started}; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program], env=ENVIRONMENT, capture_output=True, text=True, check=True
    )  # fmt: skip
    assert done.stdout == "[]\n"


def test_version_and_no_command(tmp_path: Path) -> None:
    assert darkreplay("--version", folder=tmp_path).stdout.startswith("darkreplay 0.")
    nothing = darkreplay(folder=tmp_path)
    assert (nothing.returncode, nothing.stderr) == (2, "")
    assert "commands:" in nothing.stdout


def test_config_prints_a_file_that_works(tmp_path: Path) -> None:
    for flags, expected in (
        ([], "max_workers = 8 "),
        (["--example"], "[69]"),
        (["--max_workers=3"], "max_workers = 3"),
    ):
        done = darkreplay("config", *flags, folder=tmp_path)
        assert expected in done.stdout
        (tmp_path / "mine.toml").write_text(done.stdout)
        assert darkreplay("config", "--config=mine.toml", "--json", folder=tmp_path).returncode == 0


STORE = "--store={store}"
MISTAKES = {  # name: (flags, what the line says)
    "missing file": (["--orders=nowhere.csv"], "--orders: file nowhere.csv does not exist"),
    "no match": (["--orders=raw/*.csv"], "--orders: raw/*.csv matches no file"),
    "directory": (["--orders={raw}"], "is a directory; name a file or a glob such as"),
    "unknown flag": (["--participants=69"], "unknown flag --participants of `run`: did you mean --participant_ids?"),
    "misspelt key": (["--config=my.toml"], "unknown key processing.max_wokers in my.toml: did you mean processing.max"),
    "wrong type": (["--max_workers=two"], "--max_workers needs a whole number, 1 to 1024, not 'two'"),
    "missing column": (["--orders=bad.csv"], "bad.csv"),
    "empty file": (["--orders=empty.csv"], "empty.csv"),
    "no such security": ([STORE, "--security_codes=7"], "--security_codes=7 is not in the data, which has 101, 102"),
    "no such date": ([STORE, "--date_start=2030-01-01"], "no trade date lies within"),
    "other zone": ([STORE, "--timezone=Europe/Paris"], "{store} was converted with Australia/Sydney; leave it out"),
    "other unit": ([STORE, "--price_decimals=4"], "{store} was converted with 3; leave it out"),
    "files only": ([STORE, "--holidays=2024-01-02"], "--holidays acts when files are converted: give them too"),
    "locked": ([STORE, "--allow_locked", "--dark_pool_scenarios=A"], "--allow_locked belongs to scenarios P and R and"),
    "nobody": (
        [STORE, "--participant_ids=987654"],
        "--participant_ids=987654 has no orders in the data: there are those",
    ),
    "unknown field": (
        ["--orders={raw}/orders.csv", "--columns=pric:px"],
        "pric, which no table has: did you mean price?",
    ),
    "unknown column": (
        ["--orders={raw}/orders.csv", "--where=sied=1"],
        "[input.where] asks for rows by 'sied', a column that no file has: did you mean 'side'?",
    ),
    "no store": (["--store=nowhere"], "nowhere"),
    "foreign folder": ([STORE, "--results=thesis"], "--results=thesis holds other files: give an empty or new folder"),
    "below a file": ([STORE, "--results=empty.csv/results"], "results folder empty.csv/results is below a file"),
    "not writable": ([STORE, "--results=/proc/results"], "results folder /proc/results cannot be written"),
    "results is a file": ([STORE, "--results={raw}/orders.csv"], "is a file: give a folder"),
    "tick file": ([STORE, "--tick_file=my.toml"], "--tick_file: my.toml needs the columns security, from_price, tick"),
    "dask": (["--engine=dask"], "--engine=dask needs --scheduler"),
    "no dask": (["--scheduler=tcp://127.0.0.1:1"], "--scheduler belongs to --engine=dask"),
}


def test_a_conversion_counts_the_rows_that_are_left_out(market: Market, tmp_path: Path) -> None:
    done = darkreplay("convert", f"--orders={market.raw}/orders.csv", "--where=side=1", "--store=s", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    heads, counts = (
        next(line.split() for line in done.stdout.splitlines() if first in line) for first in ("read ", "orders ")
    )
    found = {head: int(count.replace(",", "")) for head, count in zip(heads[1:], counts[1:], strict=True)}
    assert found["left_out"] > 0
    assert found["read"] == found["stored"] + found["left_out"]


def test_trades_and_quotes_that_come_later_complete_the_store(market: Market, tmp_path: Path) -> None:
    tables = {name: f"--{name}={market.raw / name}.csv" for name in ("orders", "trades", "nbbo")}
    early = darkreplay("convert", tables["trades"], "--store=s", folder=tmp_path)
    assert (early.returncode, "--orders is missing" in early.stderr) == (2, True)
    assert not (tmp_path / "s").exists()
    for name in tables:
        done = darkreplay("convert", tables[name], "--store=s", folder=tmp_path)
        assert done.returncode == 0, done.stderr
        assert ("completed with tables they lacked" in done.stderr) == (name != "orders")
    together = darkreplay("convert", *tables.values(), "--store=t", folder=tmp_path)
    assert together.returncode == 0, together.stderr
    for path in (tmp_path / "t").glob("*/*.h5"):
        assert (tmp_path / "s" / path.relative_to(tmp_path / "t")).read_bytes() == path.read_bytes()


def test_every_summary_of_an_input_states_what_became_of_its_rows(market: Market, tmp_path: Path) -> None:
    text = (market.raw / "orders.csv").read_text()
    (tmp_path / "o.csv").write_text(text + "\nx\n")
    read = text.count("\n") + 1
    flags = ["--orders=o.csv", "--max_rejects=1", "--store=s"]
    for _ in range(2):  # the second time there is nothing to do
        done = darkreplay("convert", *flags, folder=tmp_path)
        (line,) = [line for line in done.stdout.splitlines() if line.strip().startswith("orders ")]
        assert line.split() == ["orders", f"{read:,}", f"{read - 2:,}", "1", "1"], done.stderr
        assert "rejected rows: missing fields 1; see s/rejects.csv" in done.stdout
    for command in ("plan", "run"):
        done = darkreplay(command, *flags, "--results=r", folder=tmp_path)
        assert f"input: {read:,} rows read: {read - 2:,} stored, 1 rejected, 1 blank\n" in done.stdout, done.stderr
        assert "rejected rows: missing fields 1; see s/rejects.csv" in done.stdout
    facts = json.loads(darkreplay("run", *flags, "--results=r", "--json", folder=tmp_path).stdout)
    assert facts["input"]["reject_reasons"] == {"missing fields": 1}


@pytest.mark.parametrize("name", ["bad.csv", "empty.csv", "link.csv"])
def test_a_conversion_that_fails_leaves_no_folder(name: str, desk: Path) -> None:
    (desk / "link.csv").symlink_to("gone.csv")
    done = darkreplay("convert", f"--orders={name[:-1]}?", "--store=new/store", folder=desk)
    assert (done.returncode, name in done.stderr) == (2, True), done.stderr
    assert not (desk / "new").exists()


@pytest.fixture
def desk(tmp_path: Path, market: Market) -> Path:
    """Return a folder with a CSV without timestamps, an empty one, a misspelt configuration, and a thesis."""
    header, rest = (market.raw / "orders.csv").read_text().split("\n", 1)
    (tmp_path / "bad.csv").write_text(header.replace("timestamp", "moment") + "\n" + rest)
    (tmp_path / "empty.csv").touch()
    (tmp_path / "my.toml").write_text("[processing]\nmax_wokers = 2\n")
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").touch()
    return tmp_path


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_line_and_exit_code_2(
    name: str, market: Market, desk: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """In this process, and for some of them as the program that a user starts."""
    flags, expected = MISTAKES[name]
    words = ["run", *(flag.format(store=market.store, raw=market.raw) for flag in flags)]
    if name in ("unknown flag", "missing column", "nobody", "not writable"):
        done = darkreplay(*words, folder=desk)
        code, out, errors = done.returncode, done.stdout, done.stderr
    else:
        before = signal.getsignal(signal.SIGTERM)
        monkeypatch.chdir(desk)
        code = main(words)
        signal.signal(signal.SIGTERM, before)
        out, errors = capfd.readouterr()
    lines = [line for line in errors.splitlines() if not line.startswith("jobs: ")]
    assert (code, out, len(lines)) == (2, "", 1), errors
    assert lines[0].startswith("darkreplay: ")
    assert expected.replace("{store}", str(market.store)) in lines[0]
