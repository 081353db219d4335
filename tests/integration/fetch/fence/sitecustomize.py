"""Raises the dial fence in every Python process that a test starts (found through PYTHONPATH, see conftest.py)."""

import dialfence

dialfence.install()
