"""The command `maskgate`: a module for each command or group of commands, imported when it is called."""

from __future__ import annotations

import click

from edge.cli.app import LazyGroup, log_level_option, run_app, version_option

COMMANDS = {
    "run": "edge.commands.run:run",
    "vision": "edge.commands.vision:vision",
    "uplink": "edge.commands.uplink:uplink",
    "demo": "edge.commands.demo:demo",
    "predict": "edge.commands.predict:predict",
    "replay": "edge.commands.replay:replay",
    "bench": "edge.commands.bench:bench",
    "check": "edge.commands.check:check",
    "commission": "edge.commands.commission:commission",
    "doctor": "edge.commands.doctor:doctor",
    "lamp": "edge.commands.lamp:lamp",
    "events": "edge.commands.events:events",
    "models": "edge.commands.models:models",
    "collect": "edge.commands.collect:collect",
    "web": "edge.commands.web:web",
}


@click.group(cls=LazyGroup, commands_at=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@version_option
@log_level_option
def maskgate() -> None:
    """Mask compliance at a building entrance: one verdict per person and pass.

    \b
    Examples:
      maskgate demo
      maskgate run --config config.toml
      maskgate predict photo.jpg

    \b
    Exit codes: 0 done, 1 a result is not good enough, 2 configuration or usage,
    3 model or bundle, 4 picture, recording or camera, 5 spool, 6 broker, 7 lamp,
    8 a package is missing, 9 a file or database cannot be written, 130 interrupted.
    """


def main() -> None:
    """Runs the command."""
    run_app(maskgate, "collector", "web")
