"""Files do not depend on the number of workers; copies differ in names only; wrong dials are named."""

from hashlib import sha256
from pathlib import Path

import pytest

from marketgen import MarketSpec, generate
from marketgen.file_layout import ORDER_HEADER, QUOTE_HEADER, TRADE_HEADER
from marketgen.security_week import NAMES
from marketgen.spec import MAX_ORDERS
from tests.oracles.market_audit import read

GOLDEN = "c4583a721b8e478a"


def test_headers_are_the_exchange_s(tmp_path: Path, real_day: Path) -> None:
    files = generate(MarketSpec((1,), date_end="2024-01-01", orders=20), tmp_path)
    for path, name, columns in ((files.orders, "orders.csv", 29), (files.trades, "trades.csv", 19)):
        with path.open() as made, (real_day / name).open() as real:
            header = made.readline()
            assert header == real.readline()
            assert header.count(",") == columns - 1
    assert QUOTE_HEADER.count(",") == 9
    assert (ORDER_HEADER.count(","), TRADE_HEADER.count(",")) == (28, 18)


def test_any_number_of_workers_gives_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = MarketSpec((1, 2), "2024-01-04", "2024-01-09", orders=60, replicate=2, truth="full")
    one = generate(spec, tmp_path / "one")
    monkeypatch.setattr("marketgen.files.SMALL", 0)
    two = generate(spec, tmp_path / "two", workers=2)
    assert one.order_rows == two.order_rows
    for name in NAMES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    logs = sorted(p.relative_to(tmp_path / "one") for p in (tmp_path / "one" / "truth").glob("*/*"))
    assert len(logs) == 2 * 4 * 4
    for log in logs:
        assert (tmp_path / "one" / log).read_bytes() == (tmp_path / "two" / log).read_bytes()


def test_copies_have_their_own_codes_dates_and_ids(tmp_path: Path) -> None:
    """One simulated week becomes two, one security three; ids stay unique, quantities and prices are the same."""
    spec = MarketSpec((11, 12), "2024-01-01", "2024-01-12", orders=40, replicate=3, simulated_weeks=1)
    files = generate(spec, tmp_path)
    orders = read(files.orders)
    codes = {r["security_code"] for r in orders}
    assert codes == {"11", "12", "13", "14", "15", "16"}
    assert len(list((tmp_path / "truth").glob("*/*.orders.csv"))) == 6 * 10
    owners: dict[str, str] = {}
    for row in orders:
        assert owners.setdefault(row["order_id"], row["security_code"]) == row["security_code"]
    same = [[r["price"], r["quantity"]] for r in orders if r["security_code"] == "11"]
    assert same == [[r["price"], r["quantity"]] for r in orders if r["security_code"] == "15"]
    matches = [r["matchgroupid"] for r in read(files.trades)]
    assert len(set(matches)) * 2 == len(matches)


def test_another_seed_is_another_market(tmp_path: Path) -> None:
    files = [generate(MarketSpec((1,), date_end="2024-01-01", orders=30, seed=s), tmp_path / str(s)) for s in (1, 2)]
    assert files[0].orders.read_bytes() != files[1].orders.read_bytes()


def test_progress_counts_to_the_end(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    spec = MarketSpec((1, 2), date_end="2024-01-02", orders=10, truth="none")
    files = generate(spec, tmp_path, progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 2), (2, 2)]
    assert files.truth is None
    assert not (tmp_path / "truth").exists()


@pytest.mark.parametrize(
    ("dials", "message"),
    [
        ({"date_start": "x"}, "date_start = 'x' is not a date"),
        ({"orders": 0}, f"orders = 0 is outside 1..{MAX_ORDERS}"),
        ({"securities": ()}, "securities is empty"),
        ({"securities": (1, 1)}, "securities names one twice"),
        ({"securities": (0,)}, "codes are positive"),
        ({"dark_share": 0.9, "sweep_share": 0.2}, "dark_share \\+ sweep_share = 1.1 is above 1"),
        ({"price": 7}, "price = 7 is below 20"),
        ({"truth": "all"}, "truth = 'all' is none of none, orders, full"),
        ({"date_start": "2024-01-06", "date_end": "2024-01-07"}, "no weekday between"),
        ({"timezone": "Mars"}, "timezone = 'Mars' is not a zone"),
        ({"spread": 99}, "spread = 99 is outside 0..50"),
    ],
)
def test_a_wrong_dial_is_named(dials: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MarketSpec(**dials)  # type: ignore[arg-type]


def test_the_market_is_the_same_compiled_or_not(tmp_path: Path) -> None:
    """A digest of a small market; it changes only when the simulation does."""
    spec = MarketSpec((101, 102), date_end="2024-01-02", orders=150, truth="full")
    generate(spec, tmp_path)
    digest = sha256()
    for path in [tmp_path / name for name in NAMES] + sorted((tmp_path / "truth").glob("*/*")):
        digest.update(path.read_bytes())
    assert digest.hexdigest()[:16] == GOLDEN


def test_files_of_others_are_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "truth").mkdir()
    mine = tmp_path / "truth" / "mine.txt"
    mine.write_text("mine")
    spec = MarketSpec((1,), date_end="2024-01-01", orders=20)
    with pytest.raises(FileExistsError, match="truth exists and was not generated"):
        generate(spec, tmp_path)
    assert mine.read_text() == "mine"
    generate(spec, tmp_path / "own")
    generate(spec, tmp_path / "own")  # what was generated may be generated again


def test_copies_need_whole_weeks_and_room_for_their_ids() -> None:
    with pytest.raises(ValueError, match="start on a Monday"):
        MarketSpec(date_start="2024-01-03", date_end="2024-01-16", simulated_weeks=1)
    with pytest.raises(ValueError, match="ids would repeat"):
        MarketSpec(securities=(1, 2, 3, 4, 5, 6), replicate=20_000)
