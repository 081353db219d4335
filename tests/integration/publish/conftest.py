"""Lets these tests use the helpers of the unit tests of publishing: feed_rules and feed_samples."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "unit" / "publish"))
