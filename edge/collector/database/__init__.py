"""The collector's database: the only place that speaks SQLAlchemy."""

from edge.collector.database.opening import Database, open_database
from edge.collector.database.reading import Pass, Period, Reading, Standing
from edge.collector.database.writing import Tally, UnfitError, Writing

__all__ = [
    "Database", "Pass", "Period", "Reading", "Standing", "Tally", "UnfitError", "Writing", "open_database",
]  # fmt: skip
