"""The simulation lives with the benchmarks; it is found from here."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))
