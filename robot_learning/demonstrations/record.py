"""Recording an episode of an environment, whoever acts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from robot_learning.base.types import ArmState, Input, Scene, Start
from robot_learning.demonstrations.episode import BODY, INPUT, STAMP, About, Beginning, Episode
from robot_learning.kinematics import ArmModel
from robot_learning.policy import Interface
from robot_learning.tasks import Task

Array = NDArray[np.float64]


class Reference(Protocol):
    """What keeps a reference; a safety filter does."""

    @property
    def latched(self) -> Any:
        """The cause of a stop for good; None for none."""

    def reference(self, now: float) -> tuple[Array, Array]:
        """Return commanded positions and velocities (n,) at ``now``, s."""


class Simulated(Protocol):
    """What knows its scene; a :class:`~robot_learning.worlds.world.World` does."""

    def scene(self) -> Scene:
        """Return what there is besides the arm."""


class Env(Protocol):
    """What is recorded; an :class:`~robot_learning.envs.ArmEnv` is one."""

    task: Task
    interface: Interface
    model: ArmModel
    inputs: Mapping[str, Input]
    start: Start
    opening: float | None

    @property
    def filter(self) -> Reference:
        """What guards the arm."""

    @property
    def world(self) -> Simulated:
        """What answers its motions."""

    @property
    def state(self) -> ArmState:
        """The measured state of the arm."""

    @property
    def time(self) -> float:
        """When the next motion begins, s since the episode began."""

    @property
    def delay(self) -> float:
        """How late a decision of now takes effect, s."""

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        """Start an episode."""

    def step(self, action: ArrayLike | None) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Move for one policy period."""


@dataclass(frozen=True)
class Choice:
    """What an actor does now.

    Attributes:
        action: (n_action,); None sends nothing, so that the arm comes to rest.
        source: who acts.
        intervention: whether a human took over from a policy.
    """

    action: NDArray[Any] | None
    source: str
    intervention: bool = False


@dataclass
class Recorder:
    """Steps an environment and keeps what happens; what was kept survives an interruption.

    Attributes:
        env: stepped by nobody else meanwhile.
        world: its name.
        seed: of the episode.
        success: whether the last step was one.
    """

    env: Env
    world: str
    seed: int | None = None
    success: bool = False
    _rows: list[dict[str, Any]] = field(default_factory=list)

    @property
    def steps(self) -> int:
        """How many were made."""
        return len(self._rows)

    @property
    def stopped(self) -> str:
        """What has stopped the arm for the rest of the episode; empty for nothing."""
        cause = self.env.filter.latched
        return "" if cause is None else str(cause.value)

    def reset(self, seed: int) -> None:
        """Start an episode."""
        self._rows, self.seed, self.success = [], seed, False
        self.env.reset(seed=seed)

    def step(self, choice: Choice) -> None:
        """Do what an actor chose, and keep it with what came of it."""
        row = self._snapshot()
        _, reward, _, _, info = self.env.step(choice.action)
        silent = np.full(self.env.interface.n_action, np.nan)
        row["action"] = silent if choice.action is None else np.array(choice.action, np.float64)
        row |= {"source": choice.source, "intervention": choice.intervention, "reward": reward}
        kept = ("is_success", "distance", "effort", "command_changed")
        self._rows.append({**row, **{key: info[key] for key in kept}})
        self.success = bool(info["is_success"])

    def finish(self, source: str, ended: str) -> Episode:
        """Return the episode so far; ``source`` began it, ``ended`` says why it is over."""
        last = self._snapshot() | {
            "action": np.full(self.env.interface.n_action, np.nan),
            "source": "",
            **dict.fromkeys(("reward", "distance", "effort"), float("nan")),
            **dict.fromkeys(("intervention", "is_success", "command_changed"), False),
        }
        rows = [*self._rows, last]
        about = About(
            source=source,
            world=self.world,
            success=self.success,
            ended=ended,
            recorded=datetime.now(timezone.utc).isoformat(timespec="seconds"),
            seed=self.seed,
            start=Beginning.of(self.env.start),
        )
        return Episode(about, {name: np.array([row[name] for row in rows]) for name in last})

    def _snapshot(self) -> dict[str, Any]:
        env = self.env
        state, scene, opening = env.state, env.world.scene(), env.opening
        q, qd = env.filter.reference(env.time)
        return {
            "stamp": state.stamp,
            "lead": env.delay,
            "q": state.q,
            "qd": state.qd,
            "reference_q": q,
            "reference_qd": qd,
            "opening": float("nan") if opening is None else opening,
            **({"fingers": scene.fingers} if len(scene.fingers) else {}),
            **{INPUT + name: np.ravel(item.value) for name, item in env.inputs.items()},
            **{STAMP + name: item.stamp for name, item in env.inputs.items()},
            **{BODY + name: body for name, body in scene.bodies.items()},
        }
