"""Sentences on brokers name keys of config.toml; a collector has options instead."""

from __future__ import annotations

_OPTIONS = {
    "mqtt.password_file": "--password-file",
    "mqtt.username": "--username",
    "mqtt.ca_file": "--ca-file",
    "mqtt.client_cert_file": "--client-cert-file",
    "mqtt.client_key_file": "--client-key-file",
    "mqtt.host and mqtt.port": "--broker",
    "mqtt.host": "--broker",
    "mqtt.port": "--broker",
    "the TLS settings in [mqtt]": "the TLS options",
    "every device its own device.name": "every collector its own --consumer or --instance",
    "this user to publish below maskgate/": "this user what docs/reference/collector.md lists",
    "this device": "this collector",
}


def options(sentence: str) -> str:
    """The same sentence in the words of `maskgate collect`."""
    for key, option in _OPTIONS.items():
        sentence = sentence.replace(key, option)
    return sentence
