"""The frame of all three programs: errors and exit codes, options, output."""
