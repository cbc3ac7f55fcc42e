"""The exchange, seen through one port."""
