"""The order database: a port, and one folder an adapter."""
