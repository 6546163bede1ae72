"""The workbench: data, runs and models looked at, corrected, compared and renewed in a browser."""
