"""The cache of latest prices: a port, and one adapter a file."""
