"""Order ids as the input wrote them: text that the store keeps as a number, or 64 bits without a sign.

For the order file and the outliers of a job.
"""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from kernels.base.columns import I64, Array
from kernels.conventions import NULL
from tickstore.input.fields import TEXT_COLUMNS
from tickstore.parse.text_ids import words_text


class OrderIds:
    """The ids of a day's orders, from numbers to what is shown."""

    def __init__(self, orders: Mapping[str, Array]) -> None:
        """Look at the columns of a day file's orders."""
        ids = np.asarray(orders["order_id"])
        self._words = [orders[name] for name in TEXT_COLUMNS if name in orders]
        self._rows = np.argsort(ids) if self._words else np.empty(0, np.int64)
        self._sorted = ids[self._rows]
        self._unsigned = len(ids) > 0 and int(ids.min()) < 0

    @property
    def as_stored(self) -> bool:
        """Return whether the numbers of the store are what the input wrote."""
        return not self._words and not self._unsigned

    def shown(self, ids: I64) -> pa.Array:
        """Return ids of orders of the day, (n,) int64, as they are shown."""
        if not self._words:
            return pa.array(ids.view(np.uint64) if self._unsigned else ids)
        rows = self._rows[np.searchsorted(self._sorted, ids)]
        texts = words_text(np.stack([words[rows] for words in self._words], axis=1))
        return pa.array(
            [text or str(number % 2**64) for text, number in zip(texts, ids.tolist(), strict=True)], pa.string()
        )

    def names(self, ids: I64) -> list[str]:
        """Return the same as text; nothing where the numbers of the store are what the input wrote."""
        return [] if self.as_stored else [str(name) for name in self.shown(ids).to_pylist()]

    def shown_parents(self, ids: I64) -> pa.Array:
        """Return ids of parents as they are shown, null where there is none.

        One that is an order of the day has that order's text; other texts are not kept, and their number is shown.
        """
        if not self._words:
            return pa.array(ids.view(np.uint64) if self._unsigned else ids, mask=ids == NULL)
        known = np.unique(ids[np.isin(ids, self._sorted)])
        names = dict(zip(known.tolist(), self.shown(known).to_pylist(), strict=True)) | {NULL: None}
        return pa.array([names.get(number, str(number % 2**64)) for number in ids.tolist()], pa.string())

    def parent_names(self, ids: I64) -> dict[str, str]:
        """Return the parents that are not shown as the store's numbers: number -> id as it is shown."""
        shown = self.shown_parents(ids).to_pylist()
        found = {str(n): str(name) for n, name in zip(ids.tolist(), shown, strict=True) if name is not None}
        return {number: name for number, name in found.items() if number != name}
