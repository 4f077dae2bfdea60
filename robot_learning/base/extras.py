"""Which extra of the package brings what the plain install leaves out."""

import importlib.util
from pathlib import Path

from robot_learning.base.errors import ConfigError
from robot_learning.base.paths import package_roots

# The modules of each extra that code imports; each of INCLUDED holds others.
MODULES = {
    "ros": ("rclpy",),
    "mujoco": ("gymnasium", "mujoco"),
    "sim": ("gymnasium", "imageio", "matplotlib", "pybullet"),
    "planning": ("ompl", "toppra"),
    "demonstrations": ("pyarrow", "rosbags"),
    "train": (
        "mlflow",
        "onnx",
        "pyarrow",
        "sb3_contrib",
        "stable_baselines3",
        "tensorboard",
        "torch",
    ),
}
INCLUDED = {"demonstrations": ("sim",), "train": ("sim",)}
# The packages whose files the shipped robots refer to.
FILES = {"pybullet_data": "sim", "example-robot-data": "robots"}


def require(extra: str, what: str) -> None:
    """Refuse to go on without an extra; nothing is imported.

    Raises:
        ConfigError: naming what is missing and the extra that brings it.
    """
    lacking = missing(extra)
    if lacking:
        raise ConfigError(f"{what} needs {', '.join(lacking)}: {_install(extra)}")


def missing(extra: str) -> list[str]:
    """Return the modules of an extra that are not installed; nothing is imported."""
    modules = [name for part in (extra, *INCLUDED.get(extra, ())) for name in MODULES[part]]
    return [name for name in modules if importlib.util.find_spec(name) is None]


def way_out(error: ModuleNotFoundError) -> str | None:
    """Return one line that says which extra to install; None where none would help."""
    module = (error.name or "").partition(".")[0]
    for extra, modules in MODULES.items():
        if module in modules:
            return f"{module} is not installed: {_install(extra)}"
    return None


def way_to(file: Path) -> str:
    """Return what to add to the error about a missing file where an extra would bring it."""
    for part in file.parts:
        if part in FILES and not package_roots(part):
            return f"; {part} is not installed: {_install(FILES[part])}"
    return ""


def _install(extra: str) -> str:
    return f"pip install 'robot_learning[{extra}]'" + (
        ", or source ROS 2" if extra == "ros" else ""
    )
