"""The SQLite file of a spool: its tables, transactions, opening, checks and recovery."""
