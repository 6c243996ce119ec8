"""The public names, a line each: what type checkers read, and what ``__init__.py`` loads by."""

from kernels.bps import effective_spread_bps as effective_spread_bps
from kernels.bps import markout_bps as markout_bps
from kernels.bps import shortfall_bps as shortfall_bps
from kernels.conventions import BPS as BPS
from kernels.conventions import BUY as BUY
from kernels.conventions import NULL as NULL
from kernels.conventions import SCENARIOS as SCENARIOS
from kernels.conventions import SELL as SELL
from kernels.market.quotes import mid2 as mid2
from kernels.market.quotes import prevailing_quote as prevailing_quote
from kernels.market.quotes import seek as seek
from kernels.market.ticks import limit2 as limit2
from kernels.measure.choices import Choices as Choices
from kernels.measure.choices import ReplayChoices as ReplayChoices
from kernels.measure.choices import Selection as Selection
from kernels.measure.choices import Session as Session
from kernels.measure.choices import Simulation as Simulation
from kernels.measure.groups import classify as classify
from kernels.measure.measure import measure as measure
from kernels.measure.order_columns import COLUMNS as COLUMNS
from kernels.measure.result_rows import OrderBlock as OrderBlock
from kernels.replay.causes import CAUSES as CAUSES
from kernels.replay.causes import change_causes as change_causes
from kernels.replay.replay import replay as replay
from kernels.research import fill_totals as fill_totals
from kernels.research import order_states as order_states
from kernels.research import venue_of as venue_of
from kernels.research import window_mid2 as window_mid2
from kernels.warming import warm as warm

__all__: list[str]
