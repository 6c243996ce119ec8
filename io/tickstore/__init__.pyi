"""The public names, a line each: what type checkers read, and what ``__init__.py`` loads by."""

from tickstore.conversion.known_conversion import convert as convert
from tickstore.conversion.known_conversion import known_conversion as known_conversion
from tickstore.day.reader import DayFile as DayFile
from tickstore.day.reader import open_day as open_day
from tickstore.day.writer import write_day as write_day
from tickstore.errors import InputError as InputError
from tickstore.errors import StoreError as StoreError
from tickstore.errors import UserError as UserError
from tickstore.inspect.findings import FolderInspection as FolderInspection
from tickstore.inspect.folder import inspect_folder as inspect_folder
from tickstore.inspect.inspection import Inspection as Inspection
from tickstore.inspect.inspection import inspect_file as inspect_file
from tickstore.request import ConvertProgress as ConvertProgress
from tickstore.request import ConvertReport as ConvertReport
from tickstore.request import ConvertRequest as ConvertRequest
from tickstore.request import TableCount as TableCount
from tickstore.store.catalog import Catalog as Catalog
from tickstore.store.catalog import Partition as Partition
from tickstore.store.catalog import SessionHints as SessionHints
from tickstore.store.recovery import read_catalog as read_catalog
from tickstore.store.verification import VerifyReport as VerifyReport
from tickstore.store.verification import accept as accept
from tickstore.store.verification import verify as verify

__all__: list[str]
