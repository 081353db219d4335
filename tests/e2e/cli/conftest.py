"""The PostgreSQL server of tests that start workers."""

from tests_support import postgresql

__all__ = ["postgresql"]
