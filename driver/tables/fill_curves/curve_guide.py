"""What the columns of fill_curves.csv mean. Nothing heavy is imported: the report reads the table by its name here."""

from typing import Final

from driver.tables.column_guide import Column
from kernels.measure.order_columns import NONE

NAME: Final = "fill_curves.csv"
WORDS: Final = {
    "filled": "orders that fill: first or full, as until says",
    "cancelled": "withdrawn before, by the trader or the exchange",
    "amended_away": "amended before, so that nothing was left open",
    "ended": "over before, with the session, their validity or their time in the dark",
    "censored": "alive when the selected hours ended, or the last that the data says of them",
}
CAUSES: Final = tuple(WORDS)[:-1]
COLUMNS: Final = (
    Column("breakdown", "word", NONE, "what the rows are by: all, group, side, security_code, date, participant_id"),
    Column("value", "", NONE, "group, side (1 buys, 2 sells), security, date or participant"),
    Column("scenario", "", NONE, "real, or the replayed scenario; arithmetic on an order gives no times"),
    Column("until", "word", NONE, "what the orders wait for: first_fill or full_fill"),
    Column("seconds", "s", NONE,
           "upper edge of the interval since the edge before, of continuous trading from the benchmark time on"),
    Column("at_risk", "count", NONE, "orders that lived in continuous trading and had not ended before the interval"),
    *(Column(fate, "count", NONE, f"in the interval: {meaning}") for fate, meaning in WORDS.items()),
    *(Column(f"incidence_{cause}", "share", NONE,
             f"of all orders {cause.replace('_', ' ')} by then, all causes competing (Aalen-Johansen)")
      for cause in CAUSES),
    Column("km_filled", "share", NONE,
           "filled by then if no other cause ended any order (Kaplan-Meier): more than can be had where the other "
           "causes tell of the chances to fill, as cancelling does"),
    Column("km_low", "share", NONE, "95 % interval of it, as if orders were independent: descriptive (Greenwood)"),
    Column("km_high", "share", NONE, "and its upper end"),
)  # fmt: skip
GUIDES: Final = {"fill_curves": COLUMNS}
