"""From a spec to files: one simulated market per (security, date), written in the order of dates."""

import random
from collections.abc import Callable
from datetime import date
from pathlib import Path

from marketgen.layout import ORDER_HEADER, QUOTE_HEADER, TRADE_HEADER
from marketgen.market import Market, simulate
from marketgen.sessions import NS, trading_day
from marketgen.spec import GeneratedFiles, MarketSpec

PRICES = (3_390, 24_500, 1_250, 88)  # opening price of the securities in turn, 0.001 AUD
STAGGER = (0, 135, 270, 405, 540)  # seconds after 10:00, by security (domain.md 1.4)


def generate(
    spec: MarketSpec, folder: Path, workers: int = 1, progress: Callable[[int, int], None] | None = None
) -> GeneratedFiles:
    """Write the files of ``spec`` into ``folder``; ``progress(done, total)`` is told after each partition."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = [(index, security, day) for day in spec.dates() for index, security in enumerate(spec.securities)]
    names = ("orders.csv", "trades.csv", "nbbo.csv")
    rows = [0, 0, 0]
    files = [(folder / name).open("w", newline="") for name in names]
    for file, header in zip(files, (ORDER_HEADER, TRADE_HEADER, QUOTE_HEADER), strict=True):
        file.write(header + "\n")
    for done, (index, security, day) in enumerate(parts, start=1):
        market = _market(spec, index, security, day)
        simulate(market, spec.orders)
        for k, table in enumerate((market.order_rows, market.trade_rows, market.quote_rows)):
            files[k].write("".join(line + "\n" for line in table))
            rows[k] += len(table)
        if progress is not None:
            progress(done, len(parts))
    for file in files:
        file.close()
    paths = [folder / name for name in names]
    size = sum(path.stat().st_size for path in paths)
    return GeneratedFiles(paths[0], paths[1], paths[2], None, rows[0], rows[1], rows[2], size)


def _market(spec: MarketSpec, index: int, security: int, day: date) -> Market:
    """Return the market of one partition before its first event."""
    rng = random.Random(f"{spec.seed}/{security}/{day}")
    offset = (STAGGER[index % len(STAGGER)] + rng.randint(0, 15)) * NS
    sessions = trading_day(day, "Australia/Sydney", offset, rng.randint(0, 30) * NS)
    price = PRICES[index % len(PRICES)]
    tick = 1 if price < 100 else 5 if price < 2_000 else 10
    base = (7_000_000 + day.toordinal()) * 10**12 + index * 10**7
    return Market(security, day.isoformat(), sessions, tick, price // tick * tick, base, rng)
