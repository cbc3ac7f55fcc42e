"""The rules of the business, pure: no I/O, no async, no clock."""
