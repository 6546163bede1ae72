"""The local socket through which tools ask a running spool, and its client."""
