"""The same command line and material as the service's tests."""

from tests.service.conftest import evidence, home, material, once, processed

__all__ = ["evidence", "home", "material", "once", "processed"]
