"""Tables of Arrow with times as whole numbers: Python has no time of day to the nanosecond of its own."""

import pyarrow as pa


def whole_numbers(table: pa.Table) -> pa.Table:
    """Return a table with its times as nanoseconds since the epoch."""
    fields = [
        pa.field(field.name, pa.int64()) if pa.types.is_timestamp(field.type) else field for field in table.schema
    ]
    return table.cast(pa.schema(fields))
