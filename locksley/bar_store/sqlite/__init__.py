"""Bars in an SQLite file of their own."""
