"""Names of securities and participants, from the exchange's files and from small ones; and what a store keeps."""

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from tests.tickstore.conftest import OPEN, ORDER_HEADER, tree
from tickstore import ConvertRequest, StoreError, convert, verify
from tickstore.input.reference_files import ParticipantFacts, SecurityFacts, read_participants, read_reference
from tickstore.store.names import StoredNames, StoredSecurity, read_names

ORDERBOOKS = (
    " Partition,Sequence,TradeDate,Id,Name,IsinCode,DecimalsInPrice,DecimalsInQuantity,PriceUnit,LastTradingDate\n"
    " 3,1,2024-09-05,110621,DRR,AU0000123456,2,0,1,\n"
    "\n"
    " 3,2,2024-09-05,70616,\u00c9COLE,,x,0,1,2024-12-31\n"
    " 3,3,2024-09-05,,nobody,,2,0,1,\n"
    " 3,4,2024-09-06,110621,DETERRA,AU0000123456,3,0,1\n"
)
PARTICIPANTS = (
    "Partition,Sequence,TradeDate,Id,ParticipantName,ParticipantLongName,ParticipantType,isActive\n"
    '1,1,2024-09-05,069,ABC,"Alpha, Beta & Co",Broker,1\n1,2,2024-09-05,XY,Y,,,false\n1,3,2024-09-05,7\n'
)


def test_the_exchange_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "ob.csv").write_text(ORDERBOOKS, encoding="utf-8")
    (tmp_path / "par.csv.gz").write_bytes(gzip.compress(PARTICIPANTS.encode()))
    assert read_reference([tmp_path / "ob.csv"]) == (
        {"110621": SecurityFacts("DETERRA", "AU0000123456", 3), "70616": SecurityFacts("\u00c9COLE")},
        [],
    )
    assert read_participants([tmp_path / "par.csv.gz"]) == (
        {
            "69": ParticipantFacts("ABC", "Alpha, Beta & Co", "Broker", True),
            "XY": ParticipantFacts("Y", active=False),
            "7": ParticipantFacts(),
        },
        [],
    )


def test_parquet_and_short_headers_are_read(tmp_path: Path) -> None:
    table = pa.table({"security": [5, 6], "name": ["five", None], "tick_size": ["0.005", "10"]})
    pyarrow.parquet.write_table(table, tmp_path / "r.parquet")
    found, problems = read_reference([tmp_path / "r.parquet"])
    assert (found, problems) == ({"5": SecurityFacts("five", tick="0.005"), "6": SecurityFacts(tick="10")}, [])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no column Id"),
        (b"name,type\nx,y\n", "it has no column Id, but name, type"),
        (b"PK\x03\x04xx", "a zip archive"),
        (b"\xff\xfea", "UTF-16"),
    ],
)
def test_a_file_that_cannot_be_used_is_said_and_stops_nothing(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    (tmp_path / "b.csv").write_text("id,name\n5,five\n")
    found, problems = read_reference([tmp_path / "a.csv", tmp_path / "b.csv", tmp_path / "none.csv"])
    assert found == {"5": SecurityFacts("five")}
    assert len(problems) == 2
    assert message in problems[0]


def request(folder: Path, **more: Any) -> ConvertRequest:
    if not (folder / "orders.csv").exists():
        (folder / "orders.csv").write_text(f"{ORDER_HEADER}\n7,{OPEN},110621,3340,1,100,100,0,69,1\n")
    return ConvertRequest(orders=(folder / "orders.csv",), store=folder / "store", **more)


def test_a_store_keeps_names_and_adds_to_them(tmp_path: Path) -> None:
    files = {
        "ob.csv": ORDERBOOKS,
        "par.csv": PARTICIPANTS,
        "own.csv": "id,name,tick\n110621,Deterra,0.005\n5,,0.0001\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    convert(request(tmp_path))
    assert not (tmp_path / "store" / "names.json").exists()
    before = tree(tmp_path / "store")
    convert(request(tmp_path, reference=(tmp_path / "ob.csv",), participants=(tmp_path / "par.csv",)))
    after = tree(tmp_path / "store")
    assert after.keys() - before.keys() == {"names.json"}
    assert after.items() >= before.items(), "names change no day file"
    report = convert(request(tmp_path, reference=(tmp_path / "own.csv",)))
    assert report.warnings == ("reference: 1 ticks are no whole price units (10^-3), first 0.0001 of 5",)
    names = read_names(tmp_path / "store")
    assert names.securities == {
        "110621": StoredSecurity("Deterra", "", 5), "70616": StoredSecurity("\u00c9COLE"), "5": StoredSecurity(),
    }  # fmt: skip
    assert set(names.participants) == {"69", "XY", "7"}
    assert verify(tmp_path / "store").problems == ()


def test_damaged_names_are_one_line_and_found_by_verify(tmp_path: Path) -> None:
    convert(request(tmp_path))
    store = tmp_path / "store"
    assert read_names(store) == StoredNames()
    for content in ("{", "[]", json.dumps({"version": 1, "securities": {"5": {"no": 1}}, "participants": {}})):
        (store / "names.json").write_text(content)
        with pytest.raises(StoreError, match=r"names.json: damaged; delete it"):
            read_names(store)
    (problem,) = verify(store).problems
    assert (problem.kind, problem.path.name) == ("damaged", "names.json")
