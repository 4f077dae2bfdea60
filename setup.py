"""ament_python package; ``pip install -e '.[dev,ros]'`` works as well."""

from pathlib import Path

from setuptools import find_packages, setup

PACKAGE = "robot_learning"
SHARE = Path("share", PACKAGE)


def tree(folder: str) -> list[tuple[str, list[str]]]:
    """Return data_files that keep the folders below ``folder``."""
    kinds = {".py", ".yaml", ".urdf", ".json", ".onnx"}
    files = [p for p in Path(folder).rglob("*") if p.suffix in kinds or p.name == "SHA256SUMS"]
    return [(str(SHARE / path.parent), [str(path)]) for path in sorted(files)]


setup(
    name=PACKAGE,
    version="0.1.0",
    packages=find_packages(include=[PACKAGE, f"{PACKAGE}.*"]),
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{PACKAGE}"]),
        (str(SHARE), ["package.xml"]),
        *tree("launch"),
        *tree("config"),
        *tree("urdf"),
    ],
    python_requires=">=3.10",
    install_requires=[
        "daqp",
        "gymnasium>=1.0",
        "imageio[ffmpeg]",
        "matplotlib",
        "mlflow>=3",
        "numba",
        "numpy",
        "onnx",
        "onnxruntime",
        "pin>=3",
        "pybullet",
        "pydantic>=2",
        "pyyaml",
        "rich",
        "sb3-contrib>=2.4",
        "scipy",
        "setuptools",
        "stable-baselines3>=2.4",
        "tensorboard",
        "typer",
    ],
    extras_require={
        "ros": ["ros-rclpy", "ros-common-interfaces", "ros-rmw-fastrtps-cpp"],
        "robots": ["example-robot-data"],
        "dev": [
            "colcon-common-extensions",
            "example-robot-data",
            "hypothesis",
            "mypy",
            "pytest",
            "pytest-timeout",
            "ruff",
            "types-PyYAML",
        ],
    },
    zip_safe=True,
    maintainer="robot_learning maintainers",
    maintainer_email="maintainer@robot-learning.dev",
    description="From a URDF to a trained policy that moves the arm safely.",
    license="Apache-2.0",
    entry_points={
        "console_scripts": [
            "robot-learning = robot_learning.cli.entry:main",
            "train = robot_learning.cli.entry:train",
            "sim_node = robot_learning.nodes.sim_node:main",
            "policy_node = robot_learning.nodes.policy_node:main",
            "safety_node = robot_learning.nodes.safety_node:main",
            "monitor_node = robot_learning.nodes.monitor_node:main",
            "demo_node = robot_learning.nodes.demo_node:main",
        ]
    },
)
