"""Every knob of a training run, as one frozen model read from TOML. `default.toml` explains each."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from edge.config import FrozenModel
from edge.contract import INPUT_SIZES, INPUT_SIZES_WORDS
from edge.errors import ConfigError, ModelError
from edge.system.parsing import parse_toml
from training.augmentation.augment import Strength

DEFAULT = Path(__file__).parent.parent / "recipes" / "default.toml"

WAYS = (
    "name a file of this network with --weights FILE, go online once for those of ImageNet, or take a recipe "
    'with weights = "none", such as training/recipes/small-cnn.toml'
)
"""How to come by the weights that a training starts from."""


class NetworkRecipe(FrozenModel):
    """The network. See `training.classifier.network`."""

    name: Literal[
        "mobilenet_v2", "mobilenet_v3_small", "mobilenet_v3_large",
        "efficientnet_lite0", "efficientnet_lite2", "small_cnn",
    ] = "mobilenet_v2"  # fmt: skip
    alpha: float = Field(1.0, gt=0, le=2)
    input_size: int = 128
    dropout: float = Field(0.2, ge=0, lt=1)
    dense_units: int = Field(0, ge=0)
    batch_norm_momentum: float = Field(0.95, ge=0, lt=1)
    weights: str = "imagenet"
    classes: Literal[2, 3] = 3

    @model_validator(mode="after")
    def _size_fits_the_contract(self) -> Self:
        if self.input_size not in INPUT_SIZES:
            raise ValueError(f"input_size must be {INPUT_SIZES_WORDS}")
        return self

    def start(self, given: str | None = None) -> str:
        """The weights to start from: "imagenet", "none", or a file.

        Args:
            given: What the command line says; the recipe's own where None.

        Raises:
            ModelError: The file does not exist.
        """
        weights = given or self.weights
        if weights not in ("imagenet", "none") and not Path(weights).is_file():
            raise ModelError(f"weights file {weights} does not exist; {WAYS}")
        return weights


class MixtureRecipe(FrozenModel):
    """What an epoch is made of. Shares of synthetic faces are within their class."""

    faces_per_epoch: int = Field(10240, ge=1)
    batch: int = Field(32, ge=1)
    class_shares: tuple[float, float, float] = (0.42, 0.4, 0.18)
    frame_share: float = Field(0.5, ge=0, le=1)
    source_balance: float = Field(0.5, ge=0, le=1)
    source_weights: dict[str, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)
    drawn_well: float = Field(0.15, ge=0, le=1)
    drawn_wrong: float = Field(0.25, ge=0, le=1)
    occluded_bare: float = Field(0.2, ge=0, le=1)
    lifted_cloth: float = Field(0.4, ge=0, le=1)
    freed: float = Field(0.0, ge=0, le=1)


class ScheduleRecipe(FrozenModel):
    """How long and how fast."""

    head_epochs: int = Field(0, ge=0)
    epochs: int = Field(8, ge=1)
    head_rate: float = Field(2e-3, gt=0)
    rate: float = Field(6e-4, gt=0)
    warmup: float = Field(0.1, ge=0, lt=1)
    weight_decay: float = Field(1e-4, ge=0)
    label_smoothing: float = Field(0.03, ge=0, lt=1)
    focal_gamma: float = Field(0.0, ge=0)
    class_weights: tuple[float, float, float] = (1.0, 1.0, 1.0)
    average: float = Field(0.99, ge=0, lt=1)
    patience: int = Field(6, ge=1)
    settling_batches: int = Field(60, ge=0)
    freeze_batch_norm: bool = False
    frozen_until: str = "block_2_add"
    optimizer: Literal["adamw", "adam"] = "adamw"
    decay: Literal["cosine", "plateau"] = "cosine"
    plateau_factor: float = Field(0.5, gt=0, lt=1)
    plateau_patience: int = Field(2, ge=1)
    precision: Literal["float32", "mixed_bfloat16", "mixed_float16"] = "float32"


class FinishRecipe(FrozenModel):
    """A second, shorter phase with another mixture, from the best model of the first."""

    epochs: int = Field(0, ge=0)
    rate: float = Field(4e-4, gt=0)
    class_shares: tuple[float, float, float] = (0.35, 0.3, 0.35)
    drawn_wrong: float = Field(0.5, ge=0, le=1)


class DistilRecipe(FrozenModel):
    """A larger network whose opinions are learnt beside the labels; see `classifier.distillation`."""

    teacher: tuple[str, ...] = ()
    weight: float = Field(0.5, gt=0, le=1)
    temperature: float = Field(4.0, ge=1)

    @field_validator("teacher", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        """One file may stand without brackets; recipes of earlier versions say "" where there is none."""
        return tuple(filter(None, [value])) if isinstance(value, str) else value

    def require_teachers(self) -> None:
        """Insists that the files are there.

        Raises:
            ModelError: One is not.
        """
        for file in self.teacher:
            if not Path(file).is_file():
                raise ModelError(
                    f"distil.teacher: {file} does not exist; name a .keras file, such as a run's"
                )


class Recipe(FrozenModel):
    """One training run."""

    name: str = Field("default", pattern=r"^[a-z0-9-]{1,40}$")
    seed: int = 7
    threads: int = Field(0, ge=0)
    licences: tuple[str, ...] = ()
    network: NetworkRecipe = NetworkRecipe()
    mixture: MixtureRecipe = MixtureRecipe()
    schedule: ScheduleRecipe = ScheduleRecipe()
    finish: FinishRecipe = FinishRecipe()
    distil: DistilRecipe = DistilRecipe()
    augment: Strength = Strength()


def load(file: Path = DEFAULT) -> Recipe:
    """Reads a recipe: TOML, or JSON as a run keeps it.

    Raises:
        ConfigError: It cannot be read or has problems, all named as `section.key: problem`.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
        if file.suffix == ".json":
            return Recipe.model_validate_json(text)
        return Recipe.model_validate(parse_toml(text))
    except OSError as error:
        raise ConfigError(f"recipe {file} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"recipe {file} is not TOML: {error}") from None
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()]
        raise ConfigError("\n".join(lines)) from None
