"""The collector's database: the only place that speaks SQLAlchemy."""

from edge.collector.database.bulk_load import ClashError, Loading
from edge.collector.database.engine import Database, open_database
from edge.collector.database.queries import Pass, Period, Reading, Standing
from edge.collector.database.writes import Tally, UnfitError, Writing

__all__ = [
    "ClashError", "Database", "Loading", "Pass", "Period", "Reading", "Standing", "Tally", "UnfitError",
    "Writing", "open_database",
]  # fmt: skip
