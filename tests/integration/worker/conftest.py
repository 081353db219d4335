"""Puts this directory on the path, so that spawned processes find worker_doubles.py."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
