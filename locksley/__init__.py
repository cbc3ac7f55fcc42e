"""Locksley: a brokerage that anyone can run. Start reading at `app.py`, the wiring."""
