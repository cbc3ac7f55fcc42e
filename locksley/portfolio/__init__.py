"""What a person has: cash, positions, and what happened to them."""
