"""What a dataset holds, as the rows of a table."""

from collections import Counter

import numpy as np

from robot_learning.demonstrations.dataset import Dataset


def rows(dataset: Dataset) -> list[tuple[str, str]]:
    """Return names and values.

    Raises:
        DatasetError: where an episode's file is damaged.
    """
    manifest, interface = dataset.manifest, dataset.interface
    episodes = list(dataset)
    period = interface.control_period * interface.policy_every
    steps = [episode.steps for episode in episodes]
    acted = Counter[str]()
    for episode in episodes:
        acted.update(str(source) for source in episode.columns["source"][:-1])
    corrected = sum(int(episode.columns["intervention"].sum()) for episode in episodes)
    changed = sum(int(episode.columns["command_changed"].sum()) for episode in episodes)
    silent = sum(int(np.isnan(episode.actions).any(axis=1).sum()) for episode in episodes)
    total = max(sum(steps), 1)
    return [
        ("robot", f"{manifest.robot['name']} ({manifest.robot_hash[:12]})"),
        ("task", ", ".join(f"{key} {value}" for key, value in sorted(manifest.task.items()))),
        ("actions", f"{interface.action_mode}{' and gripper' if interface.gripper else ''}"),
        (
            "policy period",
            f"{period:g} s, {interface.policy_every} x {interface.control_period:g} s",
        ),
        ("inputs", ", ".join(episodes[0].names) if episodes else ""),
        ("", ""),
        ("episodes", str(len(episodes))),
        ("success", f"{sum(episode.about.success for episode in episodes)} of {len(episodes)}"),
        ("ended by", _counted(Counter(episode.about.ended for episode in episodes))),
        ("worlds", _counted(Counter(episode.about.world for episode in episodes))),
        ("steps", f"{sum(steps)}, {_range(steps)} an episode"),
        ("time", f"{sum(steps) * period:.0f} s"),
        ("acted", _counted(acted)),
        ("interventions", f"{corrected} steps"),
        ("nothing sent", f"{silent} steps"),
        ("commands changed by a limit", f"{changed / total:.1%}"),
        ("seeds", _range([e.about.seed for e in episodes if e.about.seed is not None])),
    ]


def _counted(counter: "Counter[str]") -> str:
    return ", ".join(f"{name} {count}" for name, count in counter.most_common())


def _range(values: list[int]) -> str:
    if not values:
        return "none"
    return f"{min(values)} to {max(values)}" if min(values) < max(values) else str(values[0])
