"""What is said over MQTT, apart from how it is sent: topics, payloads, inbound messages, ranges."""
