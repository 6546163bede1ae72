"""config.toml as one frozen model. Every key's meaning stands in the sample config.toml."""

from __future__ import annotations

import ipaddress
import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from edge.errors import ConfigError
from edge.geometry import covers, crosses_itself
from edge.system.address import address_in, host_problem, is_stream
from edge.system.local_time import WeeklyTime, check_zone
from edge.system.parsing import parse_toml
from edge.types import SHORT_NAME, TOPIC_PREFIX

SCHEMA_FILE = Path(__file__).parent / "schemas" / "config.schema.json"
"""JSON Schema of config.toml for editors; `scripts/config_schema.py` writes it."""

Seconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Pixels = Annotated[int, Field(ge=1, le=10_000)]
# BCM numbers on the header of 40 pins.
Pin = Annotated[int, Field(ge=0, le=27)]
TopicPrefix = Annotated[str, Field(pattern=f"^{TOPIC_PREFIX}$", max_length=128)]
TopicLevel = Annotated[str, Field(pattern=f"^{SHORT_NAME}$")]


def _path(path: str) -> str:
    """Refuses what is no name of a file; of an address the sentence tells no more than may be."""
    if "\0" in path:
        raise ValueError("no name of a file holds a NUL")
    if told := address_in(path):
        raise ValueError(f"{told} is no file or folder; a camera's address belongs in camera.source")
    return path


_UNTOLD = frozenset({"username", "path", "model", "bundle", "trusted_keys"})
"""Keys that name somebody, or a file, besides those that end with `_file`."""
PathText = Annotated[str, AfterValidator(_path)]
"""A path; an empty one names nothing."""


class FrozenModel(BaseModel):
    """Settings that are read once: unknown keys and numbers that are not finite are refused."""

    # What was given stays out of errors: an address may hold a password.
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True)


class DeviceConfig(FrozenModel):
    """Who this device is in every topic and event."""

    site: TopicLevel = "site"
    name: TopicLevel = "entrance"
    timezone: Annotated[str, AfterValidator(check_zone)] = ""


def _known_scheme(source: str) -> str:
    """Refuses an address of another kind than cameras have; the sentence tells nothing of it."""
    if "\0" in source or ("://" in source and not is_stream(source)):
        raise ValueError(
            "this is no source that is known: use picamera2, /dev/videoN, an rtsp:// address, a video file "
            "or a folder of images"
        )
    return source


class CameraControlsConfig(FrozenModel):
    """Exposure and focus of a Raspberry Pi camera; others have their own."""

    focus: Literal["continuous", "fixed"] = "continuous"
    focus_m: Annotated[float, Field(ge=0.1, le=100)] = 2.0
    brightness_ev: Annotated[float, Field(ge=-4, le=4)] = 0.0
    metering: Literal["centre", "spot", "matrix"] = "centre"
    exposure: Literal["normal", "short", "long"] = "normal"
    flicker_hz: Literal[0, 50, 60] = 0


class CameraConfig(FrozenModel):
    """Where frames come from."""

    source: Annotated[str, Field(min_length=1, repr=False), AfterValidator(_known_scheme)] = "picamera2"
    password_file: PathText = ""
    width: Pixels = 1280
    height: Pixels = 720
    fps: Annotated[int, Field(ge=1, le=120)] = 15
    rotation: Literal[0, 90, 180, 270] = 0
    max_age_s: Seconds = 0.5
    retry_s: Seconds = 2.0
    pace: Literal["realtime", "fast"] = "realtime"
    repeat: bool = False
    controls: CameraControlsConfig = CameraControlsConfig()


class DetectorConfig(FrozenModel):
    """Finding faces."""

    model: PathText = ""
    long_side: Annotated[int, Field(ge=96, le=1920)] = 320
    threads: Annotated[int, Field(ge=1, le=16)] = 1
    score_threshold: Share = 0.6
    low_threshold: Share = 0.3
    min_face_px: Pixels = 16
    adaptive: bool = True


class ClassifierConfig(FrozenModel):
    """Judging one face."""

    bundle: PathText = ""
    trusted_keys: tuple[Annotated[PathText, Field(min_length=1)], ...] = ()
    interpreter: Literal["auto", "ai-edge-litert", "tflite-runtime", "tensorflow"] = "auto"
    threads: Annotated[int, Field(ge=1, le=16)] = 1


class VerdictConfig(FrozenModel):
    """When the evidence on one person is enough. See `edge.tracking.passes.TrackerRules`."""

    # None: from the bundle, which states from which size its answers can be trusted.
    min_face_px: Pixels | None = None
    min_sharpness: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 30.0
    presence_s: Seconds = 0.3
    dwell_s: Seconds = 0.4
    revise_s: Seconds = 1.0
    margin: Share = 0.3
    undecided_s: Seconds = 4.0
    memory_s: Seconds = 1.0
    gone_s: Seconds = 2.0


Corner = tuple[Share, Share]


def _polygon(area: tuple[Corner, ...], otherwise: str) -> tuple[Corner, ...]:
    """Refuses corners that enclose no area; `otherwise`: what an empty one means."""
    if area and len(area) < 3:
        raise ValueError(
            f"an area has three corners or more, not {len(area)}; leave it empty for {otherwise}"
        )
    if area and crosses_itself(area):
        raise ValueError("its edges cross or touch each other; name the corners in their order")
    return area


def _weekly(text: str) -> str:
    WeeklyTime.parse(text)
    return text


WeeklyText = Annotated[str, AfterValidator(_weekly)]
"""A time of the week, as `WeeklyTime.parse` reads it."""


class ScheduleConfig(FrozenModel):
    """When lamp, buzzer and relay rest, and where nobody lights them."""

    quiet: tuple[WeeklyText, ...] = ()
    exempt_area: tuple[Corner, ...] = ()
    exempt: tuple[WeeklyText, ...] = ()

    @field_validator("exempt_area")
    @classmethod
    def _is_polygon(cls, area: tuple[Corner, ...]) -> tuple[Corner, ...]:
        return _polygon(area, "none")

    @field_validator("exempt")
    @classmethod
    def _is_somewhere(cls, exempt: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if exempt and info.data.get("exempt_area") == ():
            raise ValueError(
                "these are times of schedule.exempt_area, which is empty; for all use schedule.quiet"
            )
        return exempt


class EntranceConfig(FrozenModel):
    """Where in the picture faces count, and which way is in; points are shares of width and height."""

    area: tuple[Corner, ...] = ()
    line: tuple[Corner, ...] = ()
    inside: Annotated[Literal["", "above", "below", "left", "right"], Field(validate_default=True)] = ""
    still_s: Annotated[float, Field(ge=0, le=86_400)] = 60.0

    @field_validator("area")
    @classmethod
    def _is_polygon(cls, area: tuple[Corner, ...]) -> tuple[Corner, ...]:
        return _polygon(area, "all")

    @field_validator("line")
    @classmethod
    def _is_line(cls, line: tuple[Corner, ...], info: ValidationInfo) -> tuple[Corner, ...]:
        if not line:
            return line
        if len(line) != 2:
            raise ValueError(f"a line has two ends, not {len(line)}; leave it empty for none")
        if line[0] == line[1]:
            raise ValueError("both ends of the line are the same point; give two")
        area = info.data.get("area")
        if area and not covers(area, (line[0], line[1])):
            raise ValueError("it leads out of entrance.area, beyond which nobody is counted; shorten it")
        return line

    @field_validator("inside")
    @classmethod
    def _can_be_told(cls, inside: str, info: ValidationInfo) -> str:
        line = info.data.get("line")
        # Where something is wrong with the line, that is told already.
        if line is None or not (line or inside):
            return inside
        if not line:
            raise PydanticCustomError(
                "lacks",
                "there is no entrance.line, so no direction can be told; give one, or leave this empty",
                {"lacking": "entrance.line"},
            )
        across = abs(line[0][0] - line[1][0]) - abs(line[0][1] - line[1][1])
        sides = [*(("above", "below") if across >= 0 else ()), *(("left", "right") if across <= 0 else ())]
        if inside not in sides:
            raise ValueError(
                f"say on which side of entrance.line people are inside; this line has the sides "
                f"{' and '.join(sides)}"
            )
        return inside


class LampPinsConfig(FrozenModel):
    """GPIO numbers (BCM); none for what is not wired."""

    red: Pin = 17
    amber: Pin = 27
    green: Pin = 22
    buzzer: Pin | None = None
    active_high: bool = True

    @property
    def wired(self) -> dict[str, int]:
        """The pins that are wired, by what they switch."""
        pins = {"red": self.red, "amber": self.amber, "green": self.green, "buzzer": self.buzzer}
        return {name: pin for name, pin in pins.items() if pin is not None}

    @model_validator(mode="after")
    def _each_pin_once(self) -> Self:
        if len(self.wired) != len(set(self.wired.values())):
            raise ValueError("every lamp and the buzzer need a pin of their own")
        return self


Pattern = Literal["steady", "blink", "pulse"]


class LampPatternsConfig(FrozenModel):
    """How the lamps of each verdict burn."""

    compliant: Pattern = "steady"
    no_mask: Pattern = "steady"
    mask_incorrect: Pattern = "steady"
    # Blinking amber is a device that sees nothing.
    unsure: Literal["steady", "pulse"] = "steady"


class LampConfig(FrozenModel):
    """What shows the verdict at the door."""

    kind: Literal["none", "console", "gpio"] = "console"
    hold_s: Seconds = 3.0
    pins: LampPinsConfig = LampPinsConfig()
    patterns: LampPatternsConfig = LampPatternsConfig()


PULLED_UP = range(9)
"""Pins that are pulled up from power-on until a program takes them; the others are pulled down.

Source: BCM2711 ARM peripherals, 5.3, "Alternative function assignments"; the RP1 of a Pi 5 has the same.
"""


class RelayConfig(FrozenModel):
    """The relay for a turnstile or a door."""

    pin: Pin | None = None
    active_high: bool = True
    pulse_s: Annotated[float, Field(ge=0.1, le=60)] = 3.0
    longest_s: Annotated[float, Field(ge=0.1, le=600)] = 10.0

    @model_validator(mode="after")
    def _off_from_power_on(self) -> Self:
        if self.pin is not None and (self.pin in PULLED_UP) == self.active_high:
            level, pins = ("high", "9 to 27") if self.active_high else ("low", "0 to 8")
            raise ValueError(
                f"GPIO {self.pin} would energise this relay from power-on until the service runs: "
                f"a relay that is energised by a {level} pin needs one of {pins}"
            )
        if self.longest_s < self.pulse_s:
            raise ValueError("longest_s must not be shorter than pulse_s")
        return self


def is_local(host: str) -> bool:
    """Whether what is sent to a host stays on this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        # No other name is resolved: it may lead elsewhere when the connection is made.
        return host.lower() == "localhost"


class MqttConfig(FrozenModel):
    """The way to the facilities team."""

    enabled: bool = True
    host: Annotated[str, Field(min_length=1)] = "localhost"
    port: Annotated[int, Field(ge=1, le=65_535)] = 1883
    # From 2 on: paho is asked for a second less, see `edge.mqtt.paho_client`.
    keepalive_s: Annotated[int, Field(ge=2, le=3600)] = 30
    prefix: TopicPrefix = "maskgate"
    client_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{0,128}$")] = ""
    username: str = ""
    password_file: PathText = ""
    ca_file: PathText = ""
    client_cert_file: PathText = ""
    client_key_file: PathText = ""
    insecure: tuple[Literal["clear-password", "unverified-broker"], ...] = ()
    accept_ack: bool = False
    ack_wait_s: Seconds = 30.0
    accept_commands: tuple[Literal["mute", "replay"], ...] = ()
    discovery: bool = False
    discovery_prefix: TopicPrefix = "homeassistant"
    support_url: Annotated[str, Field(pattern=r"^(https?://[^\s@?]+)?$", max_length=200)] = ""
    passes: bool = False

    @property
    def encrypted(self) -> bool:
        """Whether TLS is spoken."""
        return bool(self.ca_file or self.client_cert_file or "unverified-broker" in self.insecure)

    def _told_host(self) -> str:
        """The host; what is none may hold a password."""
        return "another machine" if host_problem(self.host) else self.host

    @model_validator(mode="after")
    def _no_password_in_the_clear(self) -> Self:
        if self.username and not (self.encrypted or is_local(self.host) or "clear-password" in self.insecure):
            raise ValueError(
                f"a password would travel to {self._told_host()} unencrypted: name a ca_file, or, where "
                'nobody can read along, say insecure = ["clear-password"]'
            )
        return self


class SpoolConfig(FrozenModel):
    """The durable outbox."""

    path: Annotated[PathText, Field(min_length=1)] = "/var/lib/maskgate/spool.db"
    keep_days: Annotated[int, Field(ge=1, le=365)] = 7
    max_events: Annotated[int, Field(ge=1_000, le=10_000_000)] = 80_000
    max_mib: Annotated[int, Field(ge=4, le=65_536)] = 64


class WebConfig(FrozenModel):
    """The pages and the HTTP API of `maskgate web`."""

    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65_535)] = 8080
    token_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    names: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    proxy: str = ""
    threads: Annotated[int, Field(ge=1, le=64)] = 2
    max_upload_mib: Annotated[int, Field(ge=1, le=256)] = 16
    requests_per_s: Annotated[int, Field(ge=1, le=100_000)] = 500
    live_view: bool = True
    relay_test: bool = False

    @model_validator(mode="after")
    def _both_halves_of_the_certificate(self) -> Self:
        if bool(self.cert_file) != bool(self.key_file):
            raise ValueError("cert_file and key_file belong together: name both, or neither")
        return self

    @field_validator("proxy")
    @classmethod
    def _is_an_address(cls, proxy: str) -> str:
        try:
            if proxy:
                ipaddress.ip_network(proxy)
        except ValueError:
            raise ValueError(
                f'{proxy} is no address; write the one that the proxy connects from, such as "127.0.0.1", '
                'or its network, such as "172.18.0.0/16"'
            ) from None
        return proxy


class LogConfig(FrozenModel):
    """What goes to the journal."""

    level: Literal["debug", "info", "warning", "error"] = "info"


class Config(FrozenModel):
    """The whole of config.toml."""

    device: DeviceConfig = DeviceConfig()
    camera: CameraConfig = CameraConfig()
    detector: DetectorConfig = DetectorConfig()
    classifier: ClassifierConfig = ClassifierConfig()
    verdict: VerdictConfig = VerdictConfig()
    entrance: EntranceConfig = EntranceConfig()
    lamp: LampConfig = LampConfig()
    relay: RelayConfig = RelayConfig()
    schedule: ScheduleConfig = ScheduleConfig()
    mqtt: MqttConfig = MqttConfig()
    spool: SpoolConfig = SpoolConfig()
    web: WebConfig = WebConfig()
    log: LogConfig = LogConfig()

    @property
    def uses_pins(self) -> bool:
        """Whether lamps or a relay are wired to GPIO pins."""
        return self.lamp.kind == "gpio" or self.relay.pin is not None

    @field_validator("relay")
    @classmethod
    def _pin_of_its_own(cls, relay: RelayConfig, info: ValidationInfo) -> RelayConfig:
        lamp = info.data.get("lamp")
        if relay.pin is not None and lamp is not None and relay.pin in lamp.pins.wired.values():
            raise ValueError(f"GPIO {relay.pin} is one of lamp.pins; the relay needs a pin of its own")
        return relay

    def told(self) -> dict[str, object]:
        """What everybody may know: no login, no file but the camera; of an address scheme and host alone."""
        return {name: _told(section) for name, section in self.model_dump(mode="json").items()}


def _told(section: dict[str, object]) -> dict[str, object]:
    return {
        key: (address_in(value) or value) if isinstance(value, str) else value
        for key, value in section.items()
        if key not in _UNTOLD and not key.endswith("_file")
    }


def load(file: Path) -> Config:
    """Reads and checks a configuration.

    Raises:
        ConfigError: The file cannot be read, or has problems: all of them, one a line, each as
            `section.key: problem`.
    """
    config, problems = examine(file)
    if problems:
        raise ConfigError("\n".join(f"{key}: {problem}" for key, problem in problems))
    return config


def examine(file: Path) -> tuple[Config, tuple[tuple[str, str], ...]]:
    """A configuration with the defaults in place of what is wrong in it, and all that is, key by key.

    Raises:
        ConfigError: The file cannot be read.
    """
    raw, problems = _read(file), list[tuple[str, str]]()
    while True:
        try:
            return Config.model_validate(raw), tuple(problems)
        except ValidationError as error:
            # What the default of a key that was taken away brings about is no further problem.
            told = {key for key, _ in problems}
            for item in error.errors():
                key = ".".join(map(_told_key, item["loc"]))
                lacking = item.get("ctx", {}).get("lacking")
                if key not in told and not any(_is_within(each, lacking) for each in told):
                    problems.append((key, _plain(item["type"], item["msg"])))
                _remove(raw, item["loc"])


def _read(file: Path) -> dict[str, Any]:
    # A pipe would be waited for. Path's own `exists` fails where this user may not look.
    if os.path.exists(file) and not (file.is_file() or file.is_dir()):
        raise ConfigError(f"{file} is not a file; name another with --config")
    try:
        return parse_toml(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}; name another with --config") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{file} is not UTF-8 text; save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file} is not TOML: {error}") from None


def _remove(raw: dict[str, Any], where: tuple[int | str, ...]) -> None:
    """Takes away the key that a problem is about, or the section where it is about all of that."""
    section = raw
    for part in where[:-1]:
        below = section.get(str(part))
        if not isinstance(below, dict):
            # A member of a list, or of what should have been a section: the list or section goes.
            section.pop(str(part), None)
            return
        section = below
    if str(where[-1]) in section:
        del section[str(where[-1])]
    else:
        # Its default does not go with another key of the section.
        _remove(raw, where[:-1])


def _told_key(key: int | str) -> str:
    return address_in(str(key)) or str(key)


def _is_within(key: str, other: str | None) -> bool:
    """Whether a key is another one, or a member of its list."""
    return other is not None and f"{key}.".startswith(f"{other}.")


def _plain(kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return "unknown key; see the sample config.toml for the keys there are"
    # Pydantic's own beginnings of a sentence.
    return re.sub(r"^(Value error, |Input )", "", message)


def load_config(file: Path | None) -> Config:
    """The configuration in a file, or the defaults where none is named."""
    return Config() if file is None else load(file)


def with_models(config: Config, bundle: Path | None, detector: Path | None) -> Config:
    """The configuration with the models that were named on the command line."""
    changes: dict[str, object] = {}
    if bundle is not None:
        changes["classifier"] = config.classifier.model_copy(update={"bundle": str(bundle)})
    if detector is not None:
        changes["detector"] = config.detector.model_copy(update={"model": str(detector)})
    return config.model_copy(update=changes)
