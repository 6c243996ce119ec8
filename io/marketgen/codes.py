"""What the files' codes stand for: change reasons, order states, time validities, kinds of the event log.

Lowest layer; the compiled code writes them, ``file_layout`` spells some of them.
"""

from typing import Final

PASSIVE: Final = 0
AGGRESSIVE: Final = 1
# Change reasons (domain.md 2.2).
CANCELLED: Final = 1
TRADED: Final = 3
UPDATED: Final = 5
ENTERED: Final = 6
SYSTEM: Final = 9
PURGED: Final = 24
RELOADED: Final = 30
# Order states.
ON_BOOK: Final = 1
OFF_BOOK: Final = 2
INACTIVE: Final = 4
# Time validities.
BOUNCE: Final = 0  # fill and kill
DAY: Final = 256
EIGHT_DAYS: Final = 1_288
CURRENT_MAX: Final = 1_536
PURGED_BIT: Final = 16_384
DELETED_BIT: Final = 32_768
# Deal sources, and those of bookings: both sides of one participant and crossing key (R15).
DEAL_LIT: Final = 1
DEAL_OFF_MARKET: Final = 5
DEAL_AUCTION: Final = 20
DEAL_LIT_BOOKED: Final = 44
DEAL_AUCTION_BOOKED: Final = 45
DEAL_PREFERRED: Final = 46
DEAL_DARK: Final = 47
DEAL_DARK_BOOKED: Final = 48
DEAL_BLOCK: Final = 50
# Kinds of the event log.
LOG_ENTER: Final = 1
LOG_REST: Final = 2
LOG_FILL: Final = 3
LOG_LEAVE: Final = 4
LOG_AMEND: Final = 5
LOG_OUTSIDE: Final = 6
