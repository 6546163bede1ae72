"""Stores the events of all devices once each, and counts people by verdict: a subscriber to begin with.

    pip install paho-mqtt
    python subscriber.py localhost events.db

The broker keeps what comes while this program is away: its session lasts a week. A message is acknowledged
after it is stored, so that none is lost; one that comes twice has the same key and changes nothing.
"""

from __future__ import annotations

import json
import sqlite3
import sys

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

WEEK_S = 7 * 24 * 3600
TABLE = """CREATE TABLE IF NOT EXISTS event (
    topic TEXT, id TEXT, pass_id TEXT, revision INTEGER, verdict TEXT, wall_time TEXT, PRIMARY KEY (topic, id)
)"""
# The highest revision of a pass is the one that counts.
COUNT = """SELECT verdict, count(*) FROM (
    SELECT verdict, row_number() OVER (PARTITION BY topic, pass_id ORDER BY revision DESC) AS newest
    FROM event
) WHERE newest = 1 GROUP BY verdict"""


def store(database: sqlite3.Connection, message: MQTTMessage) -> None:
    """Stores an event; what cannot be read is said and left out."""
    try:
        event = json.loads(message.payload)
        row = [message.topic, *(event[k] for k in ("id", "pass_id", "revision", "verdict", "wall_time"))]
    except (ValueError, KeyError, TypeError) as error:
        print(f"{message.topic}: no event: {error!r}", file=sys.stderr)
        return
    with database:
        new = database.execute("INSERT OR IGNORE INTO event VALUES (?, ?, ?, ?, ?, ?)", row).rowcount
    if new:
        print(row[0], row[4], dict(database.execute(COUNT).fetchall()), flush=True)


def main(host: str, file: str, port: int = 1883) -> None:
    """Runs until it is interrupted."""
    database = sqlite3.connect(file)
    database.execute(TABLE)
    client = Client(
        CallbackAPIVersion.VERSION2, "events-to-sqlite", protocol=MQTTProtocolVersion.MQTTv5, manual_ack=True
    )

    def on_message(_client: Client, _data: object, message: MQTTMessage) -> None:
        store(database, message)
        client.ack(message.mid, message.qos)

    client.on_connect = lambda client, *_: client.subscribe("maskgate/+/+/event", qos=1)
    client.on_message = on_message
    session = Properties(PacketTypes.CONNECT)
    session.SessionExpiryInterval = WEEK_S
    client.connect(host, port, clean_start=False, properties=session)
    client.loop_forever()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
