"""The bus: a port, and one adapter a file."""
