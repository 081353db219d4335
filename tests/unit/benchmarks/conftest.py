"""The benchmarks are a package beside the program; it is found from here."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))
