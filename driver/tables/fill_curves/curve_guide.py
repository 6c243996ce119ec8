"""What the columns of fill_curves.csv mean. Nothing heavy is imported: the report reads the table by its name here."""

from typing import Final

from driver.tables.column_guide import plain

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
    plain("breakdown", "word", "what the rows are by: all, group, side, security_code, date, participant_id"),
    plain("value", "", "group, side (1 buys, 2 sells), security, date or participant"),
    plain("scenario", "", "real, or the replayed scenario; arithmetic on an order gives no times"),
    plain("until", "word", "what the orders wait for: first_fill or full_fill"),
    plain(
        "seconds",
        "s",
        "upper edge of the interval since the edge before, of continuous trading from the benchmark time on",
    ),
    plain("at_risk", "count", "orders that lived in continuous trading and had not ended before the interval"),
    *(plain(fate, "count", f"in the interval: {meaning}") for fate, meaning in WORDS.items()),
    *(
        plain(
            f"incidence_{cause}",
            "share",
            f"of all orders {cause.replace('_', ' ')} by then, all causes competing (Aalen-Johansen)",
        )
        for cause in CAUSES
    ),
    plain(
        "km_filled",
        "share",
        "filled by then if no other cause ended any order (Kaplan-Meier): more than can be had where the other "
        "causes tell of the chances to fill, as cancelling does",
    ),
    plain("km_low", "share", "95 % interval of it, as if orders were independent: descriptive (Greenwood)"),
    plain("km_high", "share", "and its upper end"),
)
GUIDES: Final = {"fill_curves": COLUMNS}
