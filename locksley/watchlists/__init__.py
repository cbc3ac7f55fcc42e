"""Lists of symbols that people keep."""
