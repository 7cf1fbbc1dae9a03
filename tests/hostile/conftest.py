"""The command line and material of the service's tests, for hostile words."""

from tests.service.conftest import evidence, home, once, processed

__all__ = ["evidence", "home", "once", "processed"]
