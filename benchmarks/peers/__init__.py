"""Programs to compare with, each run as a command of its own."""
