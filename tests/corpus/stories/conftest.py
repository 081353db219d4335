"""The labelled newsrooms and their measures live in benchmarks/, where anyone can run them by hand."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))
