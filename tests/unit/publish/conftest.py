"""Lets the tests of publishing import their helpers: feed_rules, our validator, and feed_samples."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
