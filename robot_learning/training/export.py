"""From a trained Stable-Baselines3 model to a bundle."""

import io
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.vec_env import VecNormalize

from robot_learning.base.errors import BundleError
from robot_learning.envs import ArmEnv
from robot_learning.evaluation.rollout import Evaluation, held, rollout
from robot_learning.monitoring import statistics
from robot_learning.policy import KEYS, PolicyBundle, write_bundle
from robot_learning.policy.runner import open_session

PARITY = 1e-5
REFERENCE = 50  # episodes of shifted physics and sensors that reference statistics are of


class DeployedPolicy(torch.nn.Module):
    """The deterministic policy on flat observations, normalisation folded in."""

    def __init__(self, model: BaseAlgorithm, normalize: VecNormalize | None, env: ArmEnv) -> None:
        super().__init__()
        self.policy = model.policy
        parts = env.interface.split(np.arange(env.interface.n_obs, dtype=np.float32))
        self.sizes = [len(parts[key]) for key in KEYS]
        n = env.interface.n_obs
        mean, scale, self.clip = np.zeros(n), np.ones(n), float("inf")
        if normalize is not None:
            rms = normalize.obs_rms
            mean = np.concatenate([rms[key].mean for key in KEYS])
            variance = np.concatenate([rms[key].var for key in KEYS])
            scale, self.clip = 1 / np.sqrt(variance + normalize.epsilon), normalize.clip_obs
        # In double precision, as Stable-Baselines3: positions differ from their mean by little.
        self.mean = torch.as_tensor(mean, dtype=torch.float64)
        self.scale = torch.as_tensor(scale, dtype=torch.float64)

    def forward(self, observation: torch.Tensor) -> torch.Tensor:
        """Return actions (batch, n_action) in [-1, 1] for observations (batch, n_obs)."""
        scaled = torch.clamp(
            (observation.double() - self.mean) * self.scale, -self.clip, self.clip
        )
        scaled = scaled.float()
        parts = dict(zip(KEYS, torch.split(scaled, self.sizes, dim=1), strict=True))
        return torch.clamp(self.policy._predict(parts, deterministic=True), -1.0, 1.0)


def to_onnx(module: DeployedPolicy, n_obs: int) -> bytes:
    """Return the network as ONNX: ``observation`` (batch, n_obs) to ``action``."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module.eval(),
            (torch.zeros(1, n_obs),),
            buffer,  # type: ignore[arg-type]
            input_names=["observation"],
            output_names=["action"],
            dynamic_axes={"observation": {0: "batch"}, "action": {0: "batch"}},
            dynamo=False,
        )
    return buffer.getvalue()


def check_parity(
    onnx: bytes,
    model: BaseAlgorithm,
    normalize: VecNormalize | None,
    env: ArmEnv,
    observations: NDArray[np.float32],
) -> float:
    """Return the largest difference between ONNX and Stable-Baselines3.

    Raises:
        BundleError: where it is above 1e-5.
    """
    session = open_session(onnx)
    ours = session.run(None, {"observation": observations})[0]
    split = [env.interface.split(row) for row in observations]
    batch: Any = {key: np.stack([part[key] for part in split]) for key in KEYS}
    if normalize is not None:
        batch = normalize.normalize_obs(batch)
    theirs, _ = model.predict(batch, deterministic=True)
    difference = float(np.abs(ours - theirs).max())
    if not difference <= PARITY:
        raise BundleError(f"the exported network differs from the trained one by {difference:.2e}")
    return difference


def export(
    folder: Path,
    *,
    name: str,
    task: str,
    model: BaseAlgorithm,
    normalize: VecNormalize | None,
    env: ArmEnv,
    beside: Sequence[ArmEnv] = (),
    shifted: ArmEnv | None = None,
    episodes: int,
    seed: int,
    provenance: dict[str, Any],
    on_episode: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[PolicyBundle, Evaluation]:
    """Evaluate a model in ``env`` and write its bundle.

    Environments ``beside`` it share the work. Its reference statistics are of what it sees there,
    or in ``shifted``, where it learnt.

    Raises:
        BundleError: where the exported network does not compute what the trained one does.
    """
    onnx = to_onnx(DeployedPolicy(model, normalize, env), env.interface.n_obs)
    session = open_session(onnx)
    seen: list[NDArray[np.float32]] = []

    def act(env: ArmEnv) -> NDArray[np.float32]:
        return np.asarray(session.run(None, {"observation": env.flat_observation[None]})[0][0])

    acting = held(act)
    evaluation = rollout(env, acting, episodes, seed, on_episode, seen, beside)
    if shifted is not None:
        seen.clear()
        rollout(shifted, acting, min(episodes, REFERENCE), seed, observations=seen)
    observations = np.array(seen)
    difference = check_parity(onnx, model, normalize, env, observations)
    bundle = write_bundle(
        folder,
        name=name,
        task=task,
        interface=env.interface,
        spec=env.robot,
        onnx=onnx,
        statistics=statistics.reference(
            observations.astype(np.float64), env.interface.term_slices()
        ),
        evaluation=evaluation.to_dict(),
        provenance={**provenance, "onnx_difference": difference},
    )
    return bundle, evaluation
