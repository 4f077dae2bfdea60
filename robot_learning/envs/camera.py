"""What a camera sees, as part of the observation."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from robot_learning.base.errors import ConfigError
from robot_learning.envs.arm_env import ArmEnv
from robot_learning.worlds.camera import FAR, Camera

SPACES = {"rgb": (3, 0, 255, np.uint8), "depth": (1, 0, FAR, np.float32)}
SPACES |= {"segmentation": (1, 0, 255, np.uint8)}


class CameraObservation(gymnasium.ObservationWrapper[Any, Any, Any]):
    """Adds pictures to the observation: ``rgb``, ``depth`` in m, ``segmentation`` by body.

    The goal's marker is not in them. See :class:`robot_learning.worlds.camera.Picture`.

    Args:
        env: an :class:`ArmEnv` with a simulated arm, perhaps wrapped.
        kinds: which of the pictures.
        camera: where from; ``ArmEnv.camera`` with 84 by 84 pixels where None is given.

    Raises:
        ConfigError: where there is no such picture, or nothing simulated to look at.
    """

    def __init__(
        self,
        env: gymnasium.Env[Any, Any],
        kinds: Sequence[str] = ("rgb",),
        camera: Camera | None = None,
    ) -> None:
        super().__init__(env)
        arm = env.unwrapped
        if not isinstance(arm, ArmEnv) or not arm.world.visible:
            raise ConfigError("cameras: there is no simulated arm to look at")
        for kind in kinds:
            if kind not in SPACES:
                raise ConfigError(f"cameras: no picture '{kind}'; there are {', '.join(SPACES)}")
        self._arm, self._world, self._kinds = arm, arm.world, tuple(kinds)
        self.camera = self._placed = camera or replace(arm.camera, width=84, height=84)
        own: Any = env.observation_space
        size = self.camera.height, self.camera.width
        pictures = {
            kind: gymnasium.spaces.Box(low, high, (*size, depth), dtype)  # type: ignore[arg-type]
            for kind, (depth, low, high, dtype) in SPACES.items()
            if kind in kinds
        }
        self.observation_space = gymnasium.spaces.Dict({**own.spaces, **pictures})

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Start an episode; where the variation says so, the camera stands elsewhere in each."""
        observation, info = self.env.reset(seed=seed, options=options)
        if self._arm.variation.camera_offset > 0.0:
            offset = self.np_random.normal(0.0, self._arm.variation.camera_offset, 3)
            self._placed = replace(self.camera, target=self.camera.target + offset)
        return self.observation(observation), info

    def observation(self, observation: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Return the observation with the pictures."""
        self._world.hide_marks()
        picture = self._world.look(self._placed)
        return {**observation, **{kind: getattr(picture, kind) for kind in self._kinds}}
