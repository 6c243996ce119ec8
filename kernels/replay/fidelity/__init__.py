"""How far a replay may be believed: against the real matches, rule by rule, and what its errors cost.

``comparison`` sets a placebo against history, ``queue_test`` the rules alone, ``bias`` what the errors are made of;
``real_matches`` reads the matches of history for them.
"""

from kernels.replay.fidelity.comparison import LEAST_NAMED as LEAST_NAMED
from kernels.replay.fidelity.comparison import MOST_WRONG as MOST_WRONG
from kernels.replay.fidelity.comparison import TOLERANCE_NS as TOLERANCE_NS
from kernels.replay.fidelity.comparison import Comparison as Comparison
from kernels.replay.fidelity.comparison import Fidelity as Fidelity
from kernels.replay.fidelity.comparison import compare as compare
from kernels.replay.fidelity.comparison import fidelity_row as fidelity_row
from kernels.replay.fidelity.comparison import trusted as trusted
