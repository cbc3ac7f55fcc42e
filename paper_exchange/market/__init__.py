"""The three markets that the exchange can show: made up, recorded tapes, daily bars."""
