"""Books in which subjects are first in the queue, and in which history trades with subjects only (decisions 24)."""

from fractions import Fraction

from tests.oracles.replay_book import Book, accepts
from tests.oracles.replay_orders import Fill, Order


class OptimisticBook(Book):
    """U: subjects stand before all others, minimums do not bind between them and others, locked quotes match."""

    def plan(self, x: Order) -> list[Fill]:
        quote = self.usable()
        if quote is None:
            return []
        mid = Fraction(sum(quote), 2)
        fills: list[Fill] = []
        for c in self.resting:
            quantity = min(self.left(x, fills), self.offers(c))
            meets = c.subject != x.subject and super().may_meet(x, c, x)
            if quantity > 0 and meets and accepts(x, mid) and accepts(c, mid):
                preferred = not x.rests and x.prefers and x.broker == c.broker
                fills.append(Fill(x, c, quantity, mid, "mid", x.rests, preferred))
        free = [] if x.subject else list(fills)
        self.plan_ordinary(x, quote, fills)
        return fills if sum(f.quantity for f in fills if f.order is x) >= x.minimum else free

    def may_meet(self, x: Order, c: Order, actor: Order) -> bool:
        """The ordinary pass is without subjects, as contras and as helpers, but for a subject's own."""
        others = (actor.subject or not c.subject) and (x is actor or not x.subject)
        return others and super().may_meet(x, c, actor)


class ConservativeBook(Book):
    """L: orders of history trade with subjects only; minimums of several fills count as of one."""

    def may_meet(self, x: Order, c: Order, actor: Order) -> bool:
        return (x.subject or c.subject) and super().may_meet(x, c, actor)
