"""Where bars are kept: the port, how bars are packed, and an adapter a folder."""
