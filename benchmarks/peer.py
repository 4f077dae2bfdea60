"""Learns panda-gym's Reach with Stable-Baselines3 until it is solved.

Prints the seconds it took, those of the CPU, and the steps.

``python peer.py SITE_PACKAGES RECIPE SEED``; the folder is where panda-gym is installed.
"""

import sys
import time
from typing import Any

BEGAN = time.perf_counter()
EPISODES, ENOUGH = 200, 0.95
PPO = {"n_envs": 4, "n_steps": 256, "batch_size": 256, "learning_rate": 1e-3}
LIKE_OURS = {"n_steps": 64, "batch_size": 128, "learning_rate": 3e-3, "gamma": 0.7}
HER = {"n_sampled_goal": 4, "goal_selection_strategy": "future"}
TQC = {
    "learning_rate": 1e-3,
    "batch_size": 256,
    "gamma": 0.95,
    "tau": 0.05,
    "learning_starts": 1000,
    "policy_kwargs": {"net_arch": [64, 64]},
}
# The environment, the algorithm with its arguments, and steps between two evaluations.
RECIPES: dict[str, tuple[str, str, dict[str, Any], int]] = {
    "PPO, joints": ("PandaReachJointsDense-v3", "PPO", PPO, 2048),
    "PPO, tip": ("PandaReachDense-v3", "PPO", PPO, 2048),
    "PPO, tip, set as ours": (
        "PandaReachDense-v3",
        "PPO",
        {"n_envs": 4, "gae_lambda": 0.9, **LIKE_OURS},
        1024,
    ),
    "TQC, tip": ("PandaReach-v3", "TQC", TQC, 500),
}


def main() -> None:
    folder, recipe, seed = sys.argv[1:]
    sys.path.append(folder)  # behind our own: of the two numpys and gymnasiums, ours
    import gymnasium
    import panda_gym  # noqa: F401  registers the tasks
    import torch
    from sb3_contrib import TQC
    from stable_baselines3 import PPO, HerReplayBuffer
    from stable_baselines3.common.env_util import make_vec_env

    torch.set_num_threads(1)
    name, kind, given, chunk = RECIPES[recipe]
    settings = dict(given)
    if kind == "TQC":
        settings |= {"replay_buffer_class": HerReplayBuffer, "replay_buffer_kwargs": HER}
    envs = make_vec_env(name, settings.pop("n_envs", 1), seed=int(seed))
    learner = {"PPO": PPO, "TQC": TQC}[kind]
    model = learner("MultiInputPolicy", envs, seed=int(seed), device="cpu", **settings)
    test = gymnasium.make(name)
    test.reset(seed=int(seed) + 1000)
    while solved(model, test, 20) < ENOUGH or solved(model, test, EPISODES) < ENOUGH:
        model.learn(chunk, reset_num_timesteps=False)
    seconds, cpu = time.perf_counter() - BEGAN, time.process_time()
    print(f"{seconds:.1f} {cpu:.1f} {model.num_timesteps}")


def solved(model, env, episodes) -> float:  # type: ignore[no-untyped-def]
    """Return the share of fresh episodes that get to the goal; they end when they do."""
    count = 0
    for _ in range(episodes):
        observation, done = env.reset()[0], False
        while not done:
            action = model.predict(observation, deterministic=True)[0]
            observation, _, terminated, truncated, info = env.step(action)
            done = terminated or truncated
        count += bool(info["is_success"])
    return count / episodes


if __name__ == "__main__":
    main()
