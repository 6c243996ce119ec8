"""The Centre Point dark book: its rules, in time order, for whoever plays a market into it.

Layers, each built on those before it: ``records`` (what is stored), ``time_priority`` (the waiting orders of a side and
the searches in them), ``eligibility`` (who may trade where), ``matching`` (who meets whom; plans only), ``turns``
(changes of the quote), ``book`` (the protocol that callers use).
"""
