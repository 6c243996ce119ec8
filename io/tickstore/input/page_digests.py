"""Digests of the pages of an input file, and its lines counted on the way. Kernels of parse tasks."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.base.columns import U8
from kernels.base.compiling import kernel


@kernel
def count_newlines(data: U8) -> int:
    """Return the number of LF bytes: an account of rows that owes nothing to the parser."""
    count = 0
    for i in range(data.shape[0]):
        count += data[i] == 10
    return count


@kernel
def page_digest(words: NDArray[np.uint64], tail: int) -> Any:
    """Return a 64-bit digest of a page of (n,) uint64 words and up to 7 more bytes in ``tail``.

    It tells files apart; it does not protect against forgery.
    """
    a = b = c = d = np.uint64(0x243F6A8885A308D3)
    prime = np.uint64(0x9FB21C651E98DF25)
    n = words.shape[0]
    for i in range(0, n - 3, 4):  # four lanes keep the multiplier busy
        a = (a ^ words[i]) * prime
        b = (b ^ words[i + 1]) * prime
        c = (c ^ words[i + 2]) * prime
        d = (d ^ words[i + 3]) * prime
        a ^= a >> np.uint64(29)
        b ^= b >> np.uint64(29)
        c ^= c >> np.uint64(29)
        d ^= d >> np.uint64(29)
    for i in range(n - n % 4, n):
        a = (a ^ words[i]) * prime
        a ^= a >> np.uint64(29)
    a = (a ^ np.uint64(tail)) * prime
    a = (a ^ (a >> np.uint64(32)) ^ b) * prime
    a = (a ^ (a >> np.uint64(32)) ^ c) * prime
    return (a ^ (a >> np.uint64(32)) ^ d) * prime
