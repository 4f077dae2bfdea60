"""ament_python package; ``pip install -e '.[dev,ros]'`` works as well."""

import re
from pathlib import Path

from setuptools import find_packages, setup

PACKAGE = "robot_learning"
SHARE = Path("share", PACKAGE)
MANIFEST = Path(__file__).with_name("package.xml").read_text(encoding="utf-8")

ROBOTS = ["example-robot-data"]
SIM = ["gymnasium>=1.0", "imageio[ffmpeg]", "matplotlib", "pybullet"]
MUJOCO = ["gymnasium>=1.0", "mujoco>=3.3"]
PLANNING = ["ompl>=2.0,<3", "toppra>=0.6"]
DEMONSTRATIONS = [*SIM, "pyarrow", "rosbags"]
TRAIN = [
    *DEMONSTRATIONS,
    "mlflow>=3",
    "onnx",
    "sb3-contrib>=2.4",
    "stable-baselines3>=2.4",
    "tensorboard",
    "torch",
]
# What the tests of the nodes need beside `sim` and `ros`.
TEST = ["hypothesis", "onnx", "pytest", "pytest-timeout", "pytest-xdist"]


def tree(folder: str) -> list[tuple[str, list[str]]]:
    """Return data_files that keep the folders below ``folder``."""
    kinds = {".py", ".yaml", ".urdf", ".json", ".onnx", ".rviz"}
    files = [p for p in Path(folder).rglob("*") if p.suffix in kinds or p.name == "SHA256SUMS"]
    return [(str(SHARE / path.parent), [str(path)]) for path in sorted(files)]


setup(
    name=PACKAGE,
    version=re.search("<version>(.+)</version>", MANIFEST)[1],
    packages=find_packages(include=[PACKAGE, f"{PACKAGE}.*"]),
    package_data={PACKAGE: ["py.typed"]},
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
        "numba",
        "numpy",
        "onnxruntime",
        "pin>=3",
        "pydantic>=2",
        "pyyaml",
        "rich",
        "scipy",
        "typer",
    ],
    extras_require={
        "ros": ["ros-rclpy", "ros-common-interfaces", "ros-rmw-fastrtps-cpp"],
        "robots": ROBOTS,
        "sim": SIM,
        "mujoco": MUJOCO,
        "planning": PLANNING,
        "demonstrations": DEMONSTRATIONS,
        "train": TRAIN,
        "test": TEST,
        "dev": [
            *TRAIN,
            *MUJOCO,
            *PLANNING,
            *ROBOTS,
            *TEST,
            "colcon-common-extensions",
            "jsonschema",
            "mypy",
            "pre-commit",
            "ruff",
            "types-PyYAML",
            "types-jsonschema",
        ],
    },
    zip_safe=False,
    maintainer="robot_learning maintainers",
    maintainer_email="maintainer@robot-learning.dev",
    description="From a URDF to a trained policy that moves the arm safely.",
    license="Apache-2.0",
    entry_points={
        "console_scripts": [
            "robot-learning = robot_learning.cli.entry:main",
            "train = robot_learning.cli.entry:train",
            "sim_node = robot_learning.nodes.executables:sim_node",
            "policy_node = robot_learning.nodes.executables:policy_node",
            "safety_node = robot_learning.nodes.executables:safety_node",
            "monitor_node = robot_learning.nodes.executables:monitor_node",
            "view_node = robot_learning.nodes.executables:view_node",
            "demo_node = robot_learning.nodes.executables:demo_node",
        ]
    },
)
