"""The collector's database: the only place that speaks SQLAlchemy."""

from edge.collector.database.loading import ClashError, Loading
from edge.collector.database.opening import Database, open_database
from edge.collector.database.reading import Pass, Period, Reading, Standing
from edge.collector.database.writing import Tally, UnfitError, Writing

__all__ = [
    "ClashError", "Database", "Loading", "Pass", "Period", "Reading", "Standing", "Tally", "UnfitError",
    "Writing", "open_database",
]  # fmt: skip
