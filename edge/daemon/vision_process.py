"""The process that sees: camera, models, lamp and spool. It imports nothing that speaks to a network."""

from __future__ import annotations

from pathlib import Path

from edge.config import Config
from edge.daemon.daemon import Daemon
from edge.daemon.factory import make_live_view
from edge.daemon.link_server_service import LinkServerService
from edge.daemon.models import ModelService
from edge.daemon.spool_service import SpoolService
from edge.daemon.statistics import StatisticsService
from edge.daemon.vision_service import Controls, VisionService
from edge.indicator.gpio import BuzzerMute
from edge.pipeline.pipeline import CycleObserver
from edge.spool.control.link_server import SeeingSide
from edge.system.governor import Governor
from edge.system.local_time import LocalTime
from edge.telemetry.minutes import MinuteQueue


def vision_process(config: Config, link: Path, *observers: CycleObserver) -> Daemon:
    """The daemon of `maskgate vision`.

    Args:
        config: What config.toml says.
        link: The socket through which the process that sends works on the spool.
        observers: Look at each cycle.
    """
    minute_queue, buzzer_mute, governor = MinuteQueue(), BuzzerMute(), Governor()
    live_view = make_live_view(config)
    models, spool = ModelService(config), SpoolService(config, live_view)
    statistics = StatisticsService(spool, minute_queue, LocalTime(config.device.timezone), governor)
    controls = Controls(buzzer_mute, governor, live_view)
    vision = VisionService(config, models, spool, controls, (*observers, statistics))
    server = LinkServerService(spool, link, SeeingSide(minute_queue, buzzer_mute.begin))
    return Daemon([models, spool, server, statistics, vision], vision)
