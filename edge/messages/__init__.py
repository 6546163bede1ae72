"""What is sent over MQTT, apart from how: topics, payloads, inbound messages, ranges."""
