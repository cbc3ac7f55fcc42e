"""What runs in processes of its own beside a benchmark: loads, readers and the servers that are compared."""
