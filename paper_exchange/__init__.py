"""The paper exchange: a complete venue to run a broker against, in its own process."""
