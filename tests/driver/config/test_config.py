"""Settings from defaults, TOML and flags: types, contradictions, texts, and the documents that list them."""

import re
import tomllib
from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver.command_line import commands as cli
from driver.command_line.arguments import check_arguments
from driver.command_line.help_text import command_help, documented_keys
from driver.config import loading
from driver.config.keys import KINDS, PATHS, Config, default_text
from driver.config.loading import load_config
from driver.plan.jobs import job_settings
from kernels.conventions import POPULATION_SWEEP
from kernels.measure.choices import ReplayChoices
from tests.driver.readme_tables import key_table
from tickstore.errors import UserError

README = Path(__file__).resolve().parents[3] / "driver" / "README.md"


def write(folder: Path, text: str) -> str:
    path = folder / "my.toml"
    path.write_text(text)
    return str(path)


def test_keys_flags_defaults_help_and_docs_agree() -> None:
    documented = [path for path, _, _ in documented_keys()]
    assert documented == list(dict.fromkeys(documented)), "a key is documented twice"
    assert set(documented) == set(PATHS)
    shown = re.findall(r"^  --(\w+)", command_help("run", cli.run), re.MULTILINE)
    assert sorted(shown) == sorted(["config", "json", "quiet", "shard", "verbose", *PATHS.values()])
    part = README.read_text().partition("<!-- settings -->\n")[2].partition("<!-- end of settings -->")[0]
    assert part == key_table()


def test_help_has_each_flag_below_the_section_of_its_key_and_says_what_it_takes() -> None:
    below, place = dict[str, str](), ""
    text = command_help("run", cli.run)
    for line in text.splitlines():
        if heading := re.fullmatch(r"\[(\w+)\]", line):
            place = heading[1]
        elif flag := re.match(r"  --(\w+)", line):
            below[flag[1]] = place
    assert {flag: section for flag, section in below.items() if section} == {
        flag: path.partition(".")[0] for path, flag in PATHS.items()
    }
    assert "(a whole number, 1 to 1024)" in " ".join(text.split())


def test_every_flag_named_in_a_comment_is_the_keys_flag() -> None:
    for line in default_text().splitlines():
        for flag in re.findall(r"\(--(\w+)[=)]", line):
            assert flag in KINDS, line


def test_defaults_are_the_documented_ones() -> None:
    config = load_config({}).config
    assert (config.max_workers, config.chunk_size_mb) == (8, 1024)
    assert (config.format, config.order_columns) == ("parquet", "core")
    assert (config.hour_start, config.hour_end, config.all_dates, config.resume) == (0, 23, True, True)
    assert config.dark_pool_scenarios == ("A", "B", "C", "P", "R", "D")
    assert config.ticks == ((0, 1), (100, 5), (2000, 10))
    settings = job_settings(config, ())
    assert settings.simulation.dark_share_ppm == 500_000
    assert settings.simulation.price_impact_bps == 5.0


def test_a_flag_wins_over_the_file_and_the_file_over_the_default(tmp_path: Path) -> None:
    path = write(tmp_path, "[processing]\nmax_workers = 3\nretries = 4\n")
    loaded = load_config({"max_workers": "2"}, path)
    assert (loaded.config.max_workers, loaded.config.retries, loaded.config.engine) == (2, 4, "local")
    assert loaded.given == {"max_workers", "retries"}


def test_dotted_keys_and_sub_tables_are_the_same(tmp_path: Path) -> None:
    dotted = load_config({}, write(tmp_path, "[data_selection]\ntrading_hours.start = 10\n")).config
    table = load_config({}, write(tmp_path, "[data_selection.trading_hours]\nstart = 10\n")).config
    assert dotted == table
    assert dotted.hour_start == 10


def test_settings_printed_as_toml_read_back_the_same(tmp_path: Path) -> None:
    flags = {
        "columns": "price:px,trades.price:paid",
        "where": "type=add,modify,trades.type=match",
        "order_types": "none",
        "ticks": "0:1,50:2",
        "holidays": "2024-01-01",
    }
    config = load_config(flags).config
    assert load_config({}, write(tmp_path, loading.settings_toml(config))).config == config


def test_the_example_is_valid(tmp_path: Path) -> None:
    config = load_config({}, write(tmp_path, loading.example_toml())).config
    assert config.format == "gzip"
    assert config.participant_ids == ("69",)
    assert (config.hour_start, config.hour_end) == (10, 16)
    assert not config.all_dates


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[processing]\nmax_wokers = 2\n",
            r"unknown key processing.max_wokers .* did you mean processing.max_workers\?",
        ),
        ("[input]\nmax_workers = 2\n", r"unknown key input.max_workers .* did you mean processing.max_workers\?"),
        ("[data_selection]\nhour_start = 2\n", r"did you mean data_selection.trading_hours.start\?"),
        ("[procesing]\nmax_workers = 2\n", r"unknown key procesing.max_workers"),
        ("top = 1\n", r"unknown key top in .*lists all keys"),
        (
            "[processing]\nmax_workers = 'two'\n",
            r"processing.max_workers in .* needs a whole number, 1 to 1024, not 'two'",
        ),
        ("[processing]\nmax_workers = true\n", r"needs a whole number"),
        ("[processing]\nresume = 'false'\n", r"processing.resume in .* needs true or false"),
        ("[processing\n", r"is not valid TOML: .*line 1"),
        ("[input]\norders = [1]\n", r"input.orders .* needs a list"),
    ],
)
def test_mistakes_in_a_file_name_file_key_and_remedy(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        load_config({}, write(tmp_path, text))


def test_a_missing_config_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nowhere.toml does not exist"):
        load_config({}, str(tmp_path / "nowhere.toml"))
    with pytest.raises(UserError, match=r"is a directory"):
        load_config({}, str(tmp_path))


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"markout_seconds": "1,1.0000001"}, "two horizons are both called 1s in the tables"),
        ({"fill_seconds": "60,60.0000001"}, "--fill_seconds: two horizons are both called 60s in the tables"),
        (
            {"allow_locked": "true", "dark_pool_scenarios": "A,B,C"},
            "--allow_locked belongs to scenarios P and R and D, of which .*=A,B,C has none",
        ),
        ({"matches_as": "trades", "dark_pool_scenarios": "A,B,C"}, "--matches_as belongs to scenarios P and R and D"),
        ({"horizon": "close", "dark_pool_scenarios": "A,B,C"}, "--horizon belongs to scenarios R and D"),
        (
            {"without_participants": "69", "dark_pool_scenarios": "A,B,C"},
            "--without_participants belongs to scenarios R and D",
        ),
        ({"dark_seconds": "30", "dark_pool_scenarios": "A,B,C"}, "--dark_seconds belongs to scenarios R and D"),
        ({"horizon": "tomorrow"}, "one of rest_s, end, last_fill, close"),
        ({"dark_seconds": "-1"}, "a number, 0 to 86400"),
        ({"hour_start": "12", "hour_end": "9"}, "no hour is left"),
        ({"hour_end": "24"}, r"--hour_end needs a whole number, 0 to 23, not '24'"),
        ({"date_start": "2024-02-01", "date_end": "2024-01-01"}, "no date is left"),
        ({"date_start": "2024-02-30"}, r"--date_start needs a date such as"),
        ({"all_dates": "true", "date_end": "2024-01-01"}, "one or the other"),
        ({"all_dates": "false"}, "needs --date_start or --date_end"),
        ({"engine": "dask"}, "--engine=dask needs --scheduler"),
        ({"scheduler": "tcp://localhost:8786"}, "belongs to --engine=dask"),
        ({"dark_pool_scenarios": "A,R_optimistic"}, "one of A, B, C, P, R, D"),
        ({"rule_switches": "no_half_tik"}, r"not a rule of the book: did you mean no_half_tick\?"),
        ({"rule_switches": "zzz"}, "not a rule of the book: choose from no_half_tick, no_sweeps"),
        ({"rule_switches": "priority_kept,priority_lost_always"}, "priority_kept contradicts priority_lost_always"),
        ({"rule_switches": "attributes_refused,no_help,attributes_required"}, "refused contradicts attributes_req"),
        ({"rule_switches": "preferencing_by_key", "preferencing": "none"}, "says nothing with --preferencing=none"),
        ({"preferring": "3", "preferencing": "all"}, "--preferring says nothing with --preferencing=all"),
        ({"preferring": "3", "dark_pool_scenarios": "A,B,C"}, "--preferring belongs to scenarios P and R and D"),
        ({"from_rest": "true", "latency_us": "5"}, "--from_rest contradicts --latency_us"),
        ({"alone": "true", "subjects_meet": "true"}, "--alone contradicts --subjects_meet"),
        ({"matches_as": "trades", "order_level": "false"}, "--order_level=false none"),
        ({"dark_seconds": "0,30"}, "--dark_seconds needs times above 0"),
        ({"horizon": "end", "rest_s": "60"}, "--rest_s belongs to --horizon=rest_s"),
        ({"dark_seconds": "30", "dark_pool_scenarios": "D"}, "--dark_seconds belongs to scenario R"),
        ({"dark_pool_scenarios": "A,X"}, "one of A, B, C"),
        ({"dark_pool_scenarios": ""}, "is empty"),
        ({"alone": "true", "dark_pool_scenarios": "A,B,C"}, "--alone belongs to scenarios R and D"),
        ({"dark_share": "1.5"}, "a number, 0 to 1"),
        ({"dark_share": "0.1234567"}, "more than six decimals"),
        ({"dark_share": "nan"}, "a number, 0 to 1"),
        ({"timezone": "Australia/Sidney"}, r"did you mean Australia/Sydney\?"),
        ({"session": "22:00-05:00"}, "ends before it starts: .* one over midnight give a --timezone"),
        ({"session": "24:00-24:00"}, "local times such as 10:00-16:00"),
        ({"session_cutoff": "25:00"}, "a local time such as 19:00"),
        ({"session_cutoff": "24:01"}, "a local time such as 19:00"),
        ({"store": ""}, "--store needs a folder"),
        ({"results": " "}, "--results needs a folder"),
        ({"ticks": "0:1,100"}, "price:tick pairs"),
        ({"ticks": "5:1"}, "price:tick pairs"),
        ({"columns": "price"}, "pairs field:column"),
        ({"max_workers": "1_000"}, "a whole number"),
        ({"max_workers": "-1"}, "a whole number"),
        ({"population": "some"}, "one of all, sweep, traded, rested"),
    ],
)
def test_wrong_values_say_what_is_needed(flags: dict[str, str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        load_config(flags)


def test_a_date_bound_turns_all_dates_off() -> None:
    assert not load_config({"date_start": "2024-01-02"}).config.all_dates


def test_lists_are_read_with_and_without_brackets_and_without_repeats() -> None:
    config = load_config(
        {"security_codes": "[101, 102,101]", "participant_ids": "007,BRK.B", "order_types": "64,2048"}
    ).config
    assert config.security_codes == ("101", "102")
    assert config.participant_ids == ("007", "BRK.B")
    assert config.order_types == (64, 2048)
    assert load_config({"order_types": "none"}).config.order_types == (0,)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("a.csv,b.csv", ("a.csv", "b.csv")),
        ("[a.csv, b.csv]", ("a.csv", "b.csv")),
        ("o,x.csv,a.csv", ("o,x.csv", "a.csv")),
        ("a.csv, o,x.csv", ("a.csv", "o,x.csv")),
        ("o,*.csv,missing.csv", ("o,*.csv", "missing.csv")),
        ("o,missing.csv", ("o", "missing.csv")),
        (" blank .csv", (" blank .csv",)),
        ("[ab].csv", ("[ab].csv",)),
        ("part[12]", ("part[12]",)),
        ("[12]", ("[12]",)),
        ("", ()),
    ],
)
def test_names_of_files_that_are_there_may_hold_commas_blanks_and_brackets(
    given: str, expected: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a.csv", "b.csv", "o,x.csv", " blank .csv", "part1", "1"):
        (tmp_path / name).touch()
    assert load_config({"orders": given}).config.orders == expected


@pytest.mark.parametrize(
    ("flag", "toml"),
    [
        ("type=add,modify", 'type = ["add", "modify"]'),
        (" type = add , modify ,trades.type=match", 'type = ["add", "modify"]\n[input.where.trades]\ntype = "match"'),
        ("type=4,", 'type = [4, ""]'),
    ],
)
def test_conditions_on_rows_are_the_same_as_flag_and_as_table(tmp_path: Path, flag: str, toml: str) -> None:
    given = load_config({"where": flag}).config.where
    assert given == load_config({}, write(tmp_path, f"[input.where]\n{toml}\n")).config.where
    assert dict(given)["type"][-1] == {"4,": ""}.get(flag[5:], "modify")


@pytest.mark.parametrize("flag", ["add", "=add", 'type="add"'])
def test_a_condition_needs_a_column_and_plain_texts(flag: str) -> None:
    with pytest.raises(UserError, match="--where needs pairs column=value,value"):
        load_config({"where": flag})


def test_a_cutoff_of_24_00_moves_no_row() -> None:
    assert load_config({"session_cutoff": "24:00"}).config.session_cutoff == "24:00"


def test_job_settings_carry_the_selection() -> None:
    config = load_config({"population": "sweep", "dark_pool_scenarios": "C,A", "dark_share": "0.3"}).config
    settings = job_settings(config, (9, 3))
    assert settings.selection.participants == (3, 9)
    assert settings.selection.population == POPULATION_SWEEP
    assert settings.simulation.scenarios == ("A", "C")
    assert settings.simulation.dark_share_ppm == 300_000


def test_job_settings_carry_how_the_book_is_replayed() -> None:
    assert job_settings(load_config({}).config, ()).replay == ReplayChoices()
    config = replace(
        load_config({"price_decimals": "2", "quantity_decimals": "1"}).config,
        horizon="close", dark_seconds=(60.0, 5.0), latency_us=1.5, subject_minimum=100, rule_switches=("b", "a"),
    )  # fmt: skip
    assert job_settings(config, (), (9, 3), (8, 2)).replay == ReplayChoices(
        horizon="close", dark_seconds=(5.0, 60.0), latency_ns=1_500, minimum=100, switches=("a", "b"), without=(3, 9),
        preferring=(2, 8), price_unit=1_000,
    )  # fmt: skip


@given(st.integers(0, 1_000_000))
def test_any_share_of_six_decimals_is_exact(ppm: int) -> None:
    config = load_config({"dark_share": f"{ppm / 1_000_000:.6f}"}).config
    assert job_settings(config, ()).simulation.dark_share_ppm == ppm


@given(st.sampled_from(sorted(KINDS)), st.text(max_size=12))
def test_no_text_crashes_a_flag(name: str, text: str) -> None:
    """Whatever a user types is a value or one clear line."""
    with suppress(UserError):
        load_config({name: text})


def test_config_has_no_default_of_its_own() -> None:
    assert set(tomllib.loads(default_text())) == {path.partition(".")[0] for path in PATHS}
    assert len(fields(Config)) == len(PATHS)


def test_fire_is_given_nothing_but_known_flags() -> None:
    checked = check_arguments(["run", "--max-workers", "2", "--no-resume"], cli.COMMANDS)
    assert checked == ["run", "--max_workers=2", "--resume=false"]
