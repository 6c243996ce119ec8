"""The tables of driver/README.md, made from the lists they show: tests hold the page to them."""

from collections.abc import Iterable
from typing import Final

from driver.command_line.help_text import documented_keys
from driver.config.keys import PATHS
from driver.tables.column_guide import Column, shown
from driver.tables.quality_kinds import KIND_MEANINGS
from driver.tables.table_list import OTHER_FILES, TABLES
from kernels.measure import order_columns
from kernels.measure.order_columns import NONE

PRESENTED: Final = {  # columns of orders that files show in another way than blocks have them
    "participant": Column("participant_id", "id", NONE, "broker, as the input names it"),
    "side": Column("side", "1, 2", NONE, "buy, sell, as in the exchange's files"),
    "benchmark": Column("benchmark", "word", NONE, "where M0 comes from: none, arrival, open, close"),
}
IN_FILES: Final = tuple(column for column in order_columns.COLUMNS if column.files)
PARTITION: Final = Column("security_code", "", NONE, "security"), Column("trade_date", "", NONE, "trade date")
ORDER_COLUMNS: Final = PARTITION + tuple(PRESENTED.get(column.name, shown(column)) for column in IN_FILES)
OPTIONAL: Final = tuple(shown(column).name for column in IN_FILES if column.needs)  # only with what they need


REPLAYED: Final = tuple(shown(order_columns.BY_NAME[name]).name for name in order_columns.REPLAYED)


def column_table(columns: Iterable[Column]) -> str:
    """Return columns as a Markdown table."""
    lines = ["| column | unit | positive is | meaning |", "|---|---|---|---|"]
    lines += [f"| `{column.name}` | {column.unit} | {column.sign} | {column.meaning} |" for column in columns]
    return "\n".join(lines) + "\n"


def key_table() -> str:
    """Return all keys of the configuration as a Markdown table."""
    lines = ["| key | flag | default | meaning |", "|---|---|---|---|"]
    lines += [
        f"| `{path}` | `--{PATHS[path]}` | `{default}` | {text.replace('|', '/')} |"
        for path, default, text in documented_keys()
    ]
    return "\n".join(lines) + "\n"


def table_table() -> str:
    """Return the tables of a run as a Markdown table."""
    lines = ["| file | keys | a row is about |", "|---|---|---|"]
    lines += [f"| `{table.name}.csv` | {', '.join(table.keys)} | {table.meaning} |" for table in TABLES]
    lines += [f"| `{name}` | | {meaning} |" for name, meaning in OTHER_FILES.items()]
    return "\n".join(lines) + "\n"


def kind_table() -> str:
    """Return the kinds of data_quality.csv as a Markdown table."""
    lines = ["| kind | counts |", "|---|---|"]
    lines += [f"| `{kind}` | {meaning} |" for kind, meaning in KIND_MEANINGS.items()]
    return "\n".join(lines) + "\n"
