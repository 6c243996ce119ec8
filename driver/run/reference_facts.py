"""What the reference files of an input folder say of prices, held against the prices themselves.

`runner` asks before anything is converted. A store has one unit of price, so that what cannot be one is only said.
"""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from driver.config.keys import Config
from driver.config.loading import Loaded
from driver.config.tick_file import TickFile, Ticks
from driver.run.input_files import SHOWN, input_files, reading_request, sessions_problem
from tickstore.durable.user_paths import user_path
from tickstore.errors import InputError
from tickstore.store.paths import NAMES_NAME

if TYPE_CHECKING:
    from tickstore import ConvertRequest
    from tickstore.store.names import StoredNames

MOST_FILES: Final = 50  # of orders, from each of which the first rows are looked at
MOST_ROWS: Final = 20_000
FEWEST_PRICES: Final = 20  # different ones, to see a tick in them
ON_TICK: Final = 0.99


@dataclass(slots=True)
class SeenPrices:
    """What the first rows of order files show."""

    securities: set[str] = field(default_factory=set)
    units: set[int] = field(default_factory=set)  # prices without a decimal point
    decimals: int = 0  # most digits after one


def as_reference_states(loaded: Loaded, say: Callable[[str], None]) -> Config:
    """Return the configuration with the decimals of prices, and ticks to match, that reference files state.

    Where the user states decimals, the store has some, or the prices contradict, it stays as it is. ``say`` is told
    of that, and of files of the folder that nothing is known of.
    """
    config = loaded.config
    if not config.input:
        return config
    _name_unusable(config, say)
    files = input_files(config)
    if not files["reference"] or "price_decimals" in loaded.given:
        return config
    from tickstore.input.reference_files import read_reference

    seen = seen_prices(files["orders"][:MOST_FILES], reading_request(config))
    facts = read_reference(files["reference"])[0]
    found = {facts[name].price_decimals for name in seen.securities & facts.keys()} - {None}
    stated = sorted(decimals for decimals in found if decimals is not None)
    known = stored_decimals(user_path(config.store))
    decimals, message = agreed(stated, known, seen, config)
    if message:
        say(message)
    if decimals == config.price_decimals:
        return config
    own = "ticks" in loaded.given
    ticks = config.ticks if own else scaled(config.ticks, decimals - config.price_decimals)
    return replace(config, price_decimals=decimals, ticks=ticks)


def agreed(stated: Sequence[int], known: int | None, seen: SeenPrices, config: Config) -> tuple[int, str]:
    """Return the decimals to read prices with, and what is to be said of it.

    ``stated`` are those of reference files, ascending, ``known`` those of the store.
    """
    usual = config.price_decimals
    if not stated or list(stated) == [usual if known is None else known]:
        return usual if known is None else known, ""
    said = f"reference files state {' and '.join(map(str, stated))} decimals of prices"
    if known is not None:
        return known, f"warning: {said}, but the store was converted with {known}, which stays"
    kept = f"prices stay whole numbers of 10^-{usual} (--price_decimals)"
    if len(stated) > 1:
        return usual, f"warning: {said}, and a store has one unit: {kept}"
    if contradiction := contradicts(seen, stated[0], usual, config.ticks):
        return usual, f"warning: {said}, but {contradiction}: {kept}"
    return stated[0], f"{said}, and so they are read (--price_decimals={usual} for another unit)"


def contradicts(seen: SeenPrices, stated: int, usual: int, ticks: Ticks) -> str:
    """Return how prices contradict the decimals stated of them, "" where they do not.

    Those with a decimal point by their digits; others by their ticks, where the usual unit explains what the stated
    one does not: that prices never end in anything but 0, say. ``ticks`` are those of the usual unit.
    """
    if seen.decimals > stated:
        return f"prices have up to {seen.decimals}"
    usual_share, count = on_ticks(seen.units, ticks)
    if count >= FEWEST_PRICES and usual_share >= ON_TICK:
        other_share, _ = on_ticks(seen.units, scaled(ticks, stated - usual))
        if stated < usual or other_share < ON_TICK:
            return f"prices have the ticks of {usual}"
    return ""


def on_ticks(prices: Collection[int], ticks: Ticks) -> tuple[float, int]:
    """Return which share of the prices that have a tick of more than 1 are on it, and how many have one."""
    coarse = [price for price in prices if price > 0 and tick_at(price, ticks) > 1]
    return sum(price % tick_at(price, ticks) == 0 for price in coarse) / max(1, len(coarse)), len(coarse)


def tick_at(price: int, ticks: Ticks) -> int:
    """Return the tick of a price.

    Examples
    --------
    >>> [tick_at(price, ((0, 1), (100, 5), (2000, 10))) for price in (99, 100, 1999, 2000)]
    [1, 5, 5, 10]
    """
    return next(tick for start, tick in reversed(ticks) if price >= start)


def scaled(ticks: Ticks, more: int) -> Ticks:
    """Return ticks in a unit of ``more`` decimals; a tick is at least one unit.

    Examples
    --------
    >>> scaled(((0, 1), (100, 5), (2000, 10)), -1), scaled(((0, 1), (100, 5)), 1)
    (((0, 1),), ((0, 10), (1000, 50)))
    """
    steps: list[tuple[int, int]] = []
    for start, tick in ticks:
        new = (start * 10**more, tick * 10**more) if more > 0 else (start // 10**-more, max(1, tick // 10**-more))
        if not steps or (new[0] > steps[-1][0] and new[1] != steps[-1][1]):
            steps.append(new)
    return tuple(steps)


def named_ticks(names: "StoredNames") -> TickFile | None:
    """Return the ticks of securities that reference files stated when they were converted, None where none did."""
    ticks: dict[str, Ticks] = {
        security: ((0, facts.tick),) for security, facts in names.securities.items() if facts.tick is not None
    }
    return TickFile(NAMES_NAME, names.digest, ticks) if ticks else None


def seen_prices(orders: Sequence[Path], request: "ConvertRequest") -> SeenPrices:
    """Return what the first rows of order files show; a file that cannot be read is left to the conversion."""
    from tickstore.inspect.batches import batches, read_file_head

    seen = SeenPrices()
    for path in orders:
        rows = 0
        try:
            for batch in batches(read_file_head(path, "orders", request), ("security", "price")):
                seen.securities |= set(batch.texts["security"].unique().to_pylist()) - {None}
                _add_prices(seen, batch.texts["price"].unique().to_pylist())
                rows += batch.rows
                if rows >= MOST_ROWS:
                    break
        except (InputError, KeyError):
            continue
    return seen


def _add_prices(seen: SeenPrices, texts: Sequence[str | None]) -> None:
    for text in texts:
        if text is not None and (parts := re.fullmatch(r"(\d{1,18})(?:\.(\d*))?", text)):
            if parts[2] is None:
                seen.units.add(int(parts[1]))
            else:
                seen.decimals = max(seen.decimals, len(parts[2].rstrip("0")))


def stored_decimals(store: Path) -> int | None:
    """Return the decimals of prices that a store was converted with, None where it has no day files."""
    from tickstore import open_day, read_catalog
    from tickstore.errors import StoreError

    for partition in read_catalog(store).partitions if store.is_dir() else ():
        try:
            with open_day(partition.path) as day:
                return int(day.attributes["price_decimals"])
        except (StoreError, KeyError):  # its job will say what is wrong with it
            continue
    return None


def _name_unusable(config: Config, say: Callable[[str], None]) -> None:
    """Say which files of the input folder are not used."""
    from tickstore.input.exchange_folder import read_folder

    folder = user_path(config.input)
    found = read_folder(folder)
    if not config.sessions and (problem := sessions_problem(config, found.files["sessions"])):
        say(f"warning: --input: its session files are left out, sessions come from the data: {problem}")
    unknown = [str(path.relative_to(folder)) for path in found.unknown]
    if unknown:
        more = f" and {len(unknown) - SHOWN} more" if len(unknown) > SHOWN else ""
        say(
            f"warning: --input: {', '.join(unknown[:SHOWN])}{more} left out: neither the name nor a folder's says "
            "orders, trades, nbbo, session, reference or participants, or it lies deeper than others that do, is a "
            "link to nowhere, or does not end like a table (.csv, .parquet)"
        )
