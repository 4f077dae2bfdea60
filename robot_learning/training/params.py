"""``params`` of a training YAML against what the algorithm's own signature says."""

import inspect
from typing import Any

from pydantic import ConfigDict, Field, create_model
from stable_baselines3.common.base_class import BaseAlgorithm

from robot_learning.base.errors import ConfigError
from robot_learning.base.settings import Section, check

# What a run sets itself, and the option or key that does.
OURS = {
    "policy": "algorithm",
    "env": "env",
    "learning_rate": "learning_rate",
    "policy_kwargs": "net_arch",
    "seed": "--seed",
    "device": "nothing: it is the CPU",
    "tensorboard_log": "nothing: it is RUN/tensorboard",
    "verbose": "nothing",
    "replay_buffer_class": "her",
    "replay_buffer_kwargs": "her",
    "_init_setup_model": "nothing",
}
COUNTS = ("batch_size", "buffer_size", "n_epochs", "n_steps", "target_update_interval")
SHARES = ("gamma", "gae_lambda", "share", "tau")


class _Params(Section):
    """Arguments of an algorithm."""

    model_config = ConfigDict(arbitrary_types_allowed=True, allow_inf_nan=False)


def checked_params(kind: type[BaseAlgorithm], params: dict[str, Any]) -> dict[str, Any]:
    """Return ``params`` as the algorithm takes them: 1e5 where it counts is 100000.

    Raises:
        ConfigError: naming each key that it does not take, or with another kind of value.
    """
    for name in params:
        if name in OURS:
            raise ConfigError(f"params.{name}: not given here; what sets it is {OURS[name]}")
    fields: dict[str, Any] = {}
    for name, hint in _hints(kind).items():
        bounds: dict[str, Any] = {"ge": 1} if name in COUNTS else {}
        if name in SHARES:
            bounds = {"ge": 0, "le": 1}
        fields[name] = (hint, Field(default=None, **bounds))
    taken: Any = create_model("Params", __base__=_Params, **fields)
    named: Any = create_model("Named", __base__=Section, params=(taken, ...))
    given = check(named, {"params": params}, kind.__name__).params
    return {name: getattr(given, name) for name in params}


def _hints(kind: type[BaseAlgorithm]) -> dict[str, Any]:
    """Return the types of an algorithm's arguments, those that it hands on included."""
    hints: dict[str, Any] = {}
    for parent in kind.__mro__:
        init = vars(parent).get("__init__")
        if init is None:
            continue
        arguments = inspect.signature(init).parameters.values()
        named = [a for a in arguments if a.kind in (a.POSITIONAL_OR_KEYWORD, a.KEYWORD_ONLY)]
        hints = {
            a.name: Any if isinstance(a.annotation, str) else a.annotation for a in named
        } | hints
        if inspect.Parameter.VAR_KEYWORD not in {a.kind for a in arguments}:
            break
    return {name: hint for name, hint in hints.items() if name not in (*OURS, "self")}
