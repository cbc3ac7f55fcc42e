"""The whole data directory in one file, taken while the broker runs, and back again."""
