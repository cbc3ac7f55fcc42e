"""Prices over time: bars made from the feed, kept, and shown."""
