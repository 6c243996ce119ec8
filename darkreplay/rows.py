"""Order-level files of all jobs of a run as one table, read while it is asked for. `results` makes them."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from driver.config.checks import did_you_mean
from driver.job.table_file import EXTENSIONS
from tickstore.errors import UserError

if TYPE_CHECKING:
    import pyarrow as pa


class Rows:
    """One table over files of the same kind, in the order of the jobs.

    Nothing is read before it is asked for. Whoever takes Arrow takes it as it is, a batch at a time:
    ``polars.DataFrame(rows)``, ``pyarrow.table(rows)``, which has ``to_pandas()``, or ``FROM rows`` in
    DuckDB; ``rows.dataset`` lets DuckDB and Polars (``scan_pyarrow_dataset``) read only the columns and rows they need.
    """

    def __init__(self, name: str, files: Sequence[Path]) -> None:
        self.name = name
        self.files = tuple(files)

    @cached_property
    def dataset(self) -> Any:
        """Return the files as a dataset of Arrow."""
        import pyarrow.dataset as ds

        kind = "parquet" if all(path.suffix == EXTENSIONS["parquet"] for path in self.files) else "csv"
        form: Any = kind if kind == "parquet" else _csv_format(self._found)
        return ds.dataset([str(path) for path in self.files], format=form, schema=self._found)

    @cached_property
    def _found(self) -> "pa.Schema":
        """Return the columns: of the first Parquet file, whose kin are alike; of CSV as all files have them."""
        import pyarrow as pa
        from pyarrow import csv, parquet

        parquets = [path for path in self.files if path.suffix == EXTENSIONS["parquet"]]
        if parquets and len(parquets) < len(self.files):
            raise UserError(f"{self.name} of these jobs are in several formats: run again with one --format")
        if parquets:
            schema = parquet.read_schema(parquets[0])
        else:
            schemas = [csv.open_csv(path).schema for path in self.files]
            schema = pa.unify_schemas(schemas, promote_options="permissive") if schemas else pa.schema([])
        return pa.schema([_plain(field) for field in schema])

    @property
    def schema(self) -> "pa.Schema":
        """Return names and types of the columns."""
        return self._found

    def reader(self, columns: Sequence[str] | None = None) -> Any:
        """Return a reader of batches, of some columns where they are named.

        Raises
        ------
        UserError
            there is no such column
        """
        for name in columns or ():
            if name not in self.schema.names:
                raise UserError(f"{self.name} have no column {name}{did_you_mean(name, self.schema.names)}")
        # In order, and a few batches ahead: a table may be larger than memory.
        return self.dataset.scanner(columns=columns, batch_readahead=4, fragment_readahead=2).to_reader()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Return the rows as a stream of Arrow's C interface, anew at every call."""
        return self.reader().__arrow_c_stream__(requested_schema)

    def __len__(self) -> int:
        return int(self.dataset.count_rows()) if self.files else 0

    def __repr__(self) -> str:
        return f"<{self.name} of {len(self.files)} jobs: {', '.join(self.schema.names)}>"

    def _ipython_key_completions_(self) -> list[str]:
        return list(self.schema.names)

    def __getitem__(self, column: str) -> Any:
        """Return a column, read whole, as a chunked array of Arrow."""
        return self.reader([column]).read_all()[column]


def _plain(field: "pa.Field") -> "pa.Field":
    """Return a column as all files can have it: words as text, whatever codes a file has for them."""
    import pyarrow as pa
    from pyarrow import types

    kind = field.type
    if types.is_dictionary(kind):
        kind = kind.value_type
    elif types.is_null(kind):
        kind = pa.float64()
    return pa.field(field.name, kind)


def _csv_format(schema: "pa.Schema") -> Any:
    """Return how CSV files are read: columns that are empty in some files have the types of the others."""
    import pyarrow.dataset as ds
    from pyarrow import csv

    types = {field.name: field.type for field in schema}
    return ds.CsvFileFormat(convert_options=csv.ConvertOptions(column_types=types, strings_can_be_null=True))
