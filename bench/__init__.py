"""Benchmarks: what Locksley takes and how long it makes people wait, measured beside a reference in the same run."""
