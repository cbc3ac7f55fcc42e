"""The order database on SQLite, for one broker process: `database` commits, the other files hold the SQL of one noun each."""
