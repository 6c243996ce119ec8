"""The attributes of a day file that the store has already, with rows that come now. For the build task."""

from collections.abc import Mapping
from typing import Any, Final

from tickstore.building.merged_tables import CONFLICT, KEPT, MERGED, REPLACED, SAME, Choice
from tickstore.day.reader import DayFile
from tickstore.day.schema import FROM_ORDERS, NO_SHARES, QUANTITY_DECIMALS
from tickstore.errors import StoreError

MOST_SOURCES: Final = 100  # named in a day file
_SOURCE: Final = 4  # base name, size, digest, table


def merged_attributes(
    attributes: dict[str, Any], existing: DayFile | None, choices: Mapping[str, Choice]
) -> dict[str, Any]:
    """Return the attributes asked for, together with those of what stays."""
    if existing is None:
        return attributes
    merged = _merged(attributes, existing, [t for t, c in choices.items() if c.verdict in (KEPT, MERGED)])
    merged |= _no_shares(attributes, existing, choices.get("trades"))
    return _with_snapshots(merged, existing, choices["orders"]) if "orders" in choices else merged


def _merged(attributes: dict[str, Any], existing: DayFile, kept: list[str]) -> dict[str, Any]:
    """Return the attributes of a partition part of which stays: its old sources are named too."""
    for name in ("timezone", "price_decimals", QUANTITY_DECIMALS):
        if existing.attributes.get(name, 0) != attributes.get(name, 0):
            raise StoreError(f"{existing.path}: stored with another {name}; convert into another store")
    stay = [s for s in existing.attributes["sources"] if len(s) < _SOURCE or s[3] in kept]
    sources = {tuple(source) for source in [*(stay if kept else []), *attributes["sources"]]}
    return attributes | {
        "sources": [list(source) for source in sorted(sources)][:MOST_SOURCES],
        "participants": (existing.attributes["participants"] if kept else {}) | attributes["participants"],
        "session": attributes.get("session") or existing.attributes.get("session"),
    }


def _no_shares(attributes: dict[str, Any], existing: DayFile, trades: Choice | None) -> dict[str, int]:
    """Return the attribute that counts trades of no shares, where there are any: of the stored rows that stay, too."""
    now, before = (int(said.get(NO_SHARES, 0)) for said in (attributes, existing.attributes))
    if trades is not None and trades.verdict == MERGED:
        now += before
    elif trades is not None and trades.verdict == KEPT:
        now = max(now, before)
    return {NO_SHARES: now} if now else {}


def _with_snapshots(attributes: dict[str, Any], existing: DayFile, orders: Choice) -> dict[str, Any]:
    """Return attributes that say whether the quotes on order rows are taken, of orders that were stored before."""
    before, now = FROM_ORDERS in existing.attributes, FROM_ORDERS in attributes
    if before == now or orders.verdict in (SAME, REPLACED, CONFLICT):
        return attributes
    if orders.verdict != KEPT:
        raise StoreError(
            f"{existing.path}: stored {'with' if before else 'without'} --quotes_from_orders: "
            "convert the files that add to it in the same way"
        )
    others = {name: value for name, value in attributes.items() if name != FROM_ORDERS}
    return others | ({FROM_ORDERS: True} if before else {})
