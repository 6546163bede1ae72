"""How messages are sent: broker, connection, its events, reason codes. No other package knows paho."""
