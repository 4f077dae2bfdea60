"""Learns panda-gym's Reach with Stable-Baselines3's PPO until it is solved; prints the seconds.

``python peer.py SITE_PACKAGES SEED``; the folder is where panda-gym is installed.
"""

import sys
import time

BEGAN = time.perf_counter()
ENVS, CHUNK, EPISODES, ENOUGH = 4, 4096, 200, 0.95


def main() -> None:
    folder, seed = sys.argv[1:]
    sys.path.append(folder)  # behind our own: of the two numpys and gymnasiums, ours
    import gymnasium
    import panda_gym  # noqa: F401  registers the tasks
    import torch
    from stable_baselines3 import PPO
    from stable_baselines3.common.env_util import make_vec_env

    torch.set_num_threads(1)
    name = "PandaReachJointsDense-v3"
    envs = make_vec_env(name, ENVS, seed=int(seed))
    model = PPO(
        "MultiInputPolicy", envs, n_steps=256, batch_size=256, learning_rate=1e-3, seed=int(seed)
    )
    test = gymnasium.make(name)
    test.reset(seed=int(seed) + 1000)
    while solved(model, test, 20) < ENOUGH or solved(model, test, EPISODES) < ENOUGH:
        model.learn(CHUNK, reset_num_timesteps=False)
    print(f"{time.perf_counter() - BEGAN:.1f} {model.num_timesteps}")


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
