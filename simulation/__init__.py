"""The broker under a simulated clock, scheduler, network and disk, seeded, looking for the failure that was forgotten.

`world` puts one seed together; `loop`, `disk` and `network` are what it stands on; `python -m simulation --help` runs it.
"""
