"""market.csv and market_participants.csv: the quality of the market that orders met, and who traded in it.

`aggregate` adds the panels of all jobs (`driver.sums.market_panel`) and writes the quotients of their sums.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from driver.sums.market_panel import COMPARED, OF_PARTICIPANTS, SQUARE_BITS, STEP, STEPS
from driver.sums.merging import KeyedSums
from driver.sums.partial import Partial
from driver.tables.column_guide import BPS, Column, header, plain
from driver.tables.csv_text import Value, csv_bytes, csv_lines
from driver.tables.grouping import natural, participant_name
from driver.tables.named_keys import NamedKeys
from driver.tables.replay_words import ALL
from driver.tables.table_style import TableStyle, ratio
from kernels.conventions import NS_PER_SECOND, REST_BITS, VENUES
from kernels.measure.order_columns import BENEFIT, COST

Key = tuple[str, str]  # security and date, or ALL
MARKET_VENUES: Final = ("lit", "dark", "auction")
UNPRICED: Final = "other"
SHORT, LONG = STEP // NS_PER_SECOND, STEP * STEPS // NS_PER_SECOND  # seconds


def _venue(name: str) -> tuple[Column, ...]:
    """Return the columns of a venue."""
    columns = (
        plain(f"{name}_trades", "count", f"matches: {VENUE_WORDS[name]}"),
        plain(f"{name}_quantity", "shares", "their shares"),
        plain(f"{name}_value", "currency", "their value"),
        plain(f"{name}_size", "shares", "mean size of one"),
    )
    return tuple(column for column in columns if not (name == UNPRICED and column.unit == "currency"))


def _compared(name: str) -> tuple[Column, ...]:
    """Return the columns of the spreads of a venue."""
    return (
        plain(
            f"{name}_signed_trades", "count", f"{name} trades of the session whose aggressor is known, with all mids"
        ),
        Column(f"{name}_effective_spread_bps", BPS, COST, "of these 2 s (p - m) over m, by value at m, the mid before"),
        Column(f"{name}_realised_spread_<h>s_bps", BPS, COST, "of these 2 s (p - m_h) over m, h seconds later"),
        Column(
            f"{name}_impact_<h>s_bps", BPS, COST, "of these 2 s (m_h - m) over m: with the realised the effective one"
        ),
    )


VENUE_WORDS: Final = {
    "lit": "continuous lit", "dark": "the dark book, blocks included", "auction": "auctions",
    "booked": "crossing bookings", "report": "off-market reports", "other": "deal sources that nobody knows",
}  # fmt: skip
MARKET: Final = (
    plain("security_code", "", "security; all in the last row"),
    plain("date", "", "trade date; all in the last row"),
    plain("security_days", "count", "security-days"),
    plain("orders", "count", "all order-days of the files, selected or not"),
    plain("order_events", "count", "all their rows"),
    plain("trades", "count", "matches on the market: lit, dark and auction; a match counts once, by its buyer"),
    plain("order_to_trade_ratio", "ratio", "orders over trades; of the orders that the files hold"),
    plain("events_to_trade_ratio", "ratio", "order_events over trades"),
    *(column for name in VENUES for column in _venue(name)),
    plain("market_value", "currency", "lit, dark and auction"),
    plain("dark_share", "share", "dark_value over market_value"),
    plain("dark_share_below_block", "share", "the same of trades of less than block_tier"),
    plain("dark_share_above_block", "share", "the same of trades of block_tier and more"),
    plain("block_value", "currency", "market trades of block_tier and more"),
    plain("quoted_share", "share", "part of continuous trading with a valid quote, locked ones included"),
    plain("quoted_spread_bps", BPS, "offer - bid over the mid, by time, of valid quotes in continuous trading"),
    *(column for name in COMPARED for column in _compared(name)),
    plain("mid_moves", "count", f"{SHORT}-second returns of the mid in continuous trading, both mids valid"),
    plain("mid_move_bps", BPS, "root of their mean square"),
    plain(
        "variance_ratio",
        "ratio",
        f"mean square of {LONG}-second returns over {STEPS} times that of {SHORT}-second ones: 1 for a random walk",
    ),
    plain("autocorrelation", "ratio", f"of {SHORT}-second returns that follow each other, means taken for 0"),
    plain("dark_quoted_trades", "count", "dark trades of the session with a mid before them"),
    plain("stale_trades", "count", "those at a mid that had moved: not that before them, but one of the second before"),
    plain("stale_share", "share", "stale_trades over dark_quoted_trades"),
    plain("stale_value", "currency", "value of stale_trades"),
    plain(
        "stale_moved_value", "currency", "what one side won of the other by it: price against the mid before, x shares"
    ),
)
PARTICIPANTS: Final = (
    plain("participant_id", "", "broker, as the input names it, with any order or fill of the days"),
    plain("orders", "count", "order-days, selected or not"),
    plain("order_quantity", "shares", "what they asked for"),
    plain("fills", "count", "sides of lit, dark and auction trades; of orders that the files lack too"),
    plain("filled_quantity", "shares", "their shares"),
    plain("value", "currency", "their value"),
    plain("value_share", "share", "the same over that of all"),
    plain("dark_value", "currency", "the part in the dark book"),
    plain("dark_share", "share", "dark_value over value"),
    plain("stale_fills", "count", "sides of stale trades, see market.csv"),
    Column("stale_won_value", "currency", BENEFIT, "won at mids that had moved"),
    Column("stale_lost_value", "currency", COST, "lost at mids that had moved"),
)
GUIDES: Final = {"market": MARKET, "market_participants": PARTICIPANTS}


@dataclass(slots=True)
class MarketSums:
    """The panels of the jobs of a run: those of days as lines, since there are as many as jobs.

    names : of securities; where there are any they stand after the codes
    """

    style: TableStyle
    names: Mapping[str, str] = field(default_factory=dict)
    days: list[bytes] = field(default_factory=list)  # lines of market.csv
    total: Counter[str] = field(default_factory=Counter)
    participants: KeyedSums = field(default_factory=KeyedSums)  # by name

    def add(self, partial: Partial) -> None:
        """Add what a job says."""
        if not partial.market:
            return
        row = self._row((partial.security, partial.date), partial.market)
        self.days.append(csv_lines([[*row.values()]]))
        self.total.update(partial.market)
        traders = partial.market_participants
        self.participants.add([participant_name(partial, code) for code in traders.code.tolist()], traders.sums)

    def _row(self, key: Key, sums: Mapping[str, int]) -> dict[str, Value]:
        row = market_row(key, sums, self.style)
        return {"security_code": key[0], "security_name": self.names.get(key[0], ""), **row} if self.names else row

    def by_day(self) -> dict[str, list[bytes]]:
        """Return the parts of market.csv by its name; none where no job tells of its market."""
        if not self.days:
            return {}
        of_all = self._row((ALL, ALL), self.total)
        return {"market.csv": [csv_bytes([*of_all], []), *self.days, csv_lines([[*of_all.values()]])]}

    def by_participant(self, names: NamedKeys) -> dict[str, bytes]:
        """Return market_participants.csv by its name; none where no job tells of its market."""
        if not self.days:
            return {}
        found = dict[str, list[int]](self.participants.items())
        traders = sorted(found, key=natural)
        keys, labels = names.of("by_participant", ["participant_id"], [([name], n) for n, name in enumerate(traders)])
        all_value2 = sum(sums[OF_PARTICIPANTS.index("notional2")] for sums in found.values())
        shown = [participant_row(found[name], all_value2, self.style) for name in traders]
        lines = ([*label, *shown[n].values()] for label, n in labels)
        return {"market_participants.csv": csv_bytes([*keys, *header(PARTICIPANTS[1:])], lines)}


def market_row(key: Key, sums: Mapping[str, int], style: TableStyle) -> dict[str, Value]:
    """Return a row of market.csv."""
    trades = sum(sums[f"{name}_trades"] for name in MARKET_VENUES)
    unit2 = 2 * style.unit
    row: dict[str, Value] = dict(zip(("security_code", "date"), key, strict=True))
    row |= {name: sums[name] for name in ("security_days", "orders", "order_events")} | {"trades": trades}
    row["order_to_trade_ratio"] = ratio(sums["orders"], trades)
    row["events_to_trade_ratio"] = ratio(sums["order_events"], trades)
    for name in VENUES:
        row |= {f"{name}_{what}": sums[f"{name}_{what}"] for what in ("trades", "quantity")}
        if name != UNPRICED:
            row[f"{name}_value"] = ratio(sums[f"{name}_notional2"], unit2)
        row[f"{name}_size"] = ratio(sums[f"{name}_quantity"], sums[f"{name}_trades"])
    market2, dark2 = sum(sums[f"{name}_notional2"] for name in MARKET_VENUES), sums["dark_notional2"]
    large2, dark_large2 = sums["block_notional2"], sums["dark_block_notional2"]
    row |= {"market_value": ratio(market2, unit2), "dark_share": ratio(dark2, market2)}
    row["dark_share_below_block"] = ratio(dark2 - dark_large2, market2 - large2)
    row["dark_share_above_block"] = ratio(dark_large2, large2)
    row["block_value"] = ratio(large2, unit2)
    row["quoted_share"] = ratio(sums["quoted_ns"], sums["session_ns"])
    row["quoted_spread_bps"] = ratio(sums["quoted_spread_ns"], sums["quoted_ns"] << REST_BITS)
    for name in COMPARED:
        row |= _spreads(name, sums, style)
    return row | _moves(sums) | _stale(sums, unit2)


def _spreads(name: str, sums: Mapping[str, int], style: TableStyle) -> dict[str, Value]:
    """Return what aggressors paid in a venue, realised and impact horizon by horizon."""
    base, paid = sums[f"{name}_base2"], sums[f"{name}_effective2"]
    row: dict[str, Value] = {f"{name}_signed_trades": sums[f"{name}_signed_trades"]}
    row[f"{name}_effective_spread_bps"] = ratio(10_000 * paid, base)
    moved = [sums[f"{name}_impact2.{h}"] for h in range(len(style.markout_seconds))]
    for what, costs in (("realised_spread", [paid - impact for impact in moved]), ("impact", moved)):
        for seconds, cost in zip(style.markout_seconds, costs, strict=True):
            row[f"{name}_{what}_{seconds:g}s_bps"] = ratio(10_000 * cost, base)
    return row


def _moves(sums: Mapping[str, int]) -> dict[str, Value]:
    short, n = sums["short_squares"], sums["short_returns"]
    square = ratio(short, n << SQUARE_BITS)
    return {
        "mid_moves": n,
        "mid_move_bps": None if square is None else square**0.5,
        "variance_ratio": ratio(sums["long_squares"] * n, STEPS * short * sums["long_returns"]),
        "autocorrelation": ratio(2 * sums["return_products"], sums["return_pair_squares"]),
    }


def _stale(sums: Mapping[str, int], unit2: int) -> dict[str, Value]:
    return {
        "dark_quoted_trades": sums["dark_known_trades"],
        "stale_trades": sums["stale_trades"],
        "stale_share": ratio(sums["stale_trades"], sums["dark_known_trades"]),
        "stale_value": ratio(sums["stale_notional2"], unit2),
        "stale_moved_value": ratio(sums["stale_moved2"], unit2),
    }


def participant_row(sums: list[int], all_value2: int, style: TableStyle) -> dict[str, Value]:
    """Return a row of market_participants.csv without its key."""
    of, unit2 = dict(zip(OF_PARTICIPANTS, sums, strict=True)), 2 * style.unit
    row: dict[str, Value] = {name: of[name] for name in ("orders", "order_quantity", "fills", "filled_quantity")}
    row |= {"value": ratio(of["notional2"], unit2), "value_share": ratio(of["notional2"], all_value2)}
    row |= {
        "dark_value": ratio(of["dark_notional2"], unit2),
        "dark_share": ratio(of["dark_notional2"], of["notional2"]),
    }
    row |= {"stale_fills": of["stale_fills"]}
    return row | {f"stale_{what}_value": ratio(of[f"stale_{what}2"], unit2) for what in ("won", "lost")}
