"""The kernels of a conversion of plain files, made ready by converting made-up orders. Called by `compilation`."""

import tempfile
from pathlib import Path
from typing import Final

from tickstore import ConvertRequest, convert

FIRST: Final = 1704063747793465156  # nanoseconds: 2024-01-01 in the morning
DATE: Final = 1704027600000000000
ORDERS: Final = 2_100  # of a security: more than the first table of orders holds
HEADERS: Final = {
    "orders": (
        "order_id,timestamp,security_code,price,side,changereason,orderstatus,quantity,leavesquantity,"
        "exchangeordertype,participantid,sequence,totalmatchedquantity"
    ),
    "trades": (
        "sequence,tradedate,tradetime,securitycode,orderid,dealsource,matchgroupid,nationalbidpricesnapshot,"
        "nationalofferpricesnapshot,tradeprice,quantity,side,participantid,passiveaggressive"
    ),
    "nbbo": "tradedate,bidprice,bidquantity,offerprice,offerquantity,orderbookid,timestamp",
}


def warm() -> None:
    """Compile, or load, what parses files, numbers orders and builds day files."""
    rows: dict[str, list[str]] = {table: [header] for table, header in HEADERS.items()}
    for security in (101, 102):
        for k in range(ORDERS):
            entered, quantity = FIRST + k * 10**6, 10 + 40 * k  # differences of one, two, four and eight bytes
            number = 7 * 10**18 + security * 10**12 + k
            order = f"{number},{{}},{security},3410,{1 + k % 2},{{}},1,{quantity},{{}},64,47"
            rows["orders"].append(order.format(entered, 6, quantity) + f",{k},0")
            if k < 2:
                rows["orders"].append(order.format(FIRST + 10**12, 3, quantity - 5) + f",{9_000 + k},5")
                rows["trades"].append(
                    f"{9_000 + k},{DATE},{FIRST + 10**12},{security},{number},1,9,3390,3410,3410,5,{1 + k % 2},47,{k}"
                )
        rows["nbbo"].append(f"{DATE},3390,1,3410,1,{security},{FIRST}")
    with tempfile.TemporaryDirectory() as folder:
        paths = {table: Path(folder) / f"{table}.csv" for table in rows}
        for table, lines in rows.items():
            paths[table].write_text("\n".join(lines) + "\n")
        convert(ConvertRequest((paths["orders"],), Path(folder) / "store", (paths["trades"],), (paths["nbbo"],)))
