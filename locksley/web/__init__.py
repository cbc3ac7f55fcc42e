"""HTTP: one table of routes, one table of problems, and what carries both."""
