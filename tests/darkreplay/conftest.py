"""The market of the driver's tests, for these as well."""

from tests.driver.conftest import market

__all__ = ["market"]
