"""What people type: each group of commands its own file."""
