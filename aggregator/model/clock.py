"""Time as the whole project counts it."""

Seconds = int
"""Since the epoch, UTC: an integer crosses processes, two databases and five formats without a time zone to lose."""
