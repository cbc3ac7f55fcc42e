"""What whoever keeps the broker running sees of it: logs and metrics, put around the flows where they are wired."""
