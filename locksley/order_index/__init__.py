"""The index from the exchange's order ids to ours: a port, and one adapter a file."""
