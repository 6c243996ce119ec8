"""The Centre Point dark book: its rules, in time order, for whoever plays a market into it.

Four layers, each built on those before it: ``records`` (what is stored), ``time_queue`` (the waiting orders of a side
and the searches in them), ``matching`` (the rules R1-R23; plans only), ``book`` (the protocol that callers use).
"""
