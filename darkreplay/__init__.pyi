"""The public names, a line each: what type checkers read, and what ``__init__.py`` loads by."""

from darkreplay.results import Figure as Figure
from darkreplay.results import Results as Results
from darkreplay.results import read_results as read_results
from darkreplay.rows import Rows as Rows
from darkreplay.stores import Day as Day
from darkreplay.stores import open_day as open_day
from darkreplay.stores import sessions as sessions

__all__: list[str]
