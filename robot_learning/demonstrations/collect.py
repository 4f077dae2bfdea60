"""Episodes one after the other into a dataset; what was recorded is kept, come what may."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from robot_learning.base.errors import ConfigError, RobotLearningError
from robot_learning.base.interrupts import held
from robot_learning.base.periods import SETTLE_PERIODS
from robot_learning.demonstrations.dataset import Dataset
from robot_learning.demonstrations.record import Choice, Env, Recorder

IN_A_ROW = 20  # failures, after which nobody believes in a success any more


class Actor(Protocol):
    """Who acts.

    Attributes:
        source: its kind, one of :data:`robot_learning.demonstrations.episode.SOURCES`.
        human: whether it takes its time: an episode ends once it has succeeded for a while, and
            one that breaks off is kept, since nobody can do it again.
    """

    source: str
    human: bool

    def reset(self, env: Env) -> None:
        """Hear that an episode begins."""

    def act(self, env: Env) -> Choice | None:
        """Return what to do now; None ends the episode."""


@dataclass
class Tally:
    """How many episodes were tried, succeeded and were kept."""

    tried: int = 0
    succeeded: int = 0
    kept: int = 0


def collect(
    dataset: Dataset,
    recorder: Recorder,
    actor: Actor,
    episodes: int,
    seed: int,
    *,
    failures: bool,
    tally: Tally,
    on_episode: Callable[[Tally], None] = lambda tally: None,
) -> None:
    """Record until ``episodes`` are kept; ``tally`` counts, an interruption notwithstanding.

    Args:
        dataset: where they are kept.
        recorder: of the environment.
        actor: who acts.
        episodes: to keep.
        seed: of the first one; the next has the next one.
        failures: whether to keep those that fail.
        tally: where to count.
        on_episode: hears of each episode.

    Raises:
        ConfigError: where nothing but failures come, and none are kept.
    """
    in_a_row = 0
    while tally.kept < episodes:
        recorder.reset(seed + tally.tried)
        tally.tried += 1
        _record(dataset, recorder, actor, failures, tally)
        in_a_row = 0 if recorder.success else in_a_row + 1
        on_episode(tally)
        if in_a_row >= IN_A_ROW and not failures:
            raise ConfigError(
                f"{actor.source}: {in_a_row} episodes in a row failed; --failures keeps them"
            )


def _record(
    dataset: Dataset, recorder: Recorder, actor: Actor, failures: bool, tally: Tally
) -> None:
    """Record an episode, and keep it as far as it went where nobody can do it again."""
    actor.reset(recorder.env)
    ended = ""
    try:
        ended = _play(recorder, actor)
    except RobotLearningError as error:
        ended = str(error)
        raise
    finally:
        with held():
            whole = bool(ended) or actor.human
            if recorder.steps and whole and (recorder.success or failures):
                dataset.add(recorder.finish(actor.source, ended or "interrupted"))
                tally.kept += 1
            tally.succeeded += recorder.success and whole


def _play(recorder: Recorder, actor: Actor) -> str:
    """Play an episode, and return why it is over."""
    task, settled = recorder.env.task, 0
    while recorder.steps < task.steps:
        choice = actor.act(recorder.env)
        if choice is None:
            return "operator"
        with held():
            recorder.step(choice)
        if recorder.stopped:
            return f"stopped: {recorder.stopped}"
        settled = settled + 1 if recorder.success else 0
        if actor.human and settled >= SETTLE_PERIODS and not task.goal_moves:
            return "success"
    return "time"
