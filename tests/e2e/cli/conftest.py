"""The PostgreSQL server of tests that start workers, and the way to the benchmarks."""

import sys
from pathlib import Path

from tests_support import postgresql

__all__ = ["postgresql"]

sys.path.insert(0, str(Path(__file__).parents[3]))
