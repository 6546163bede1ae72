"""The collector's database: the only place that speaks SQLAlchemy."""

from edge.collector.database.bulk_load import BulkLoad, ClashError
from edge.collector.database.engine import CollectorDatabase, open_database
from edge.collector.database.queries import EpochStatus, PassRow, Period, Queries
from edge.collector.database.writes import UnfitError, Writes, WriteTally

__all__ = [
    "BulkLoad",
    "ClashError",
    "CollectorDatabase",
    "EpochStatus",
    "PassRow",
    "Period",
    "Queries",
    "UnfitError",
    "WriteTally",
    "Writes",
    "open_database",
]  # fmt: skip
