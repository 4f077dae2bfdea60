"""An arm that nodes are started beside: which robot, behind which driver, in which mode."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from robot_learning.base.errors import ConfigError
from robot_learning.base.paths import config_dir, find_bundle
from robot_learning.base.settings import find, read
from robot_learning.monitoring.ladder import FULL, Record, check_mode, choose
from robot_learning.policy import PolicyBundle
from robot_learning.robot import RobotSpec
from robot_learning.robot.hardware import HardwareFile
from robot_learning.robot.schema import usual_topic

ROBOT = "arm6"  # where neither a robot nor a bundle is given
SIM, REAL = "sim", "real"


@dataclass(frozen=True)
class Arm:
    """An arm, and what all nodes beside it share.

    Attributes:
        robot: name or YAML file; empty for the bundle's.
        bundle: folder of a bundle or of a run, or a shipped policy's name; empty for none.
        simulated: a node simulates the arm; otherwise its driver is expected on the topics.
        controller: type of the controller; empty for the one of the robot's YAML.
        controller_topic: topic it listens to; empty likewise.
        gripper_controller: type of the gripper's controller; empty likewise.
        gripper_controller_topic: topic it listens to; empty likewise.
        task: whose scene is simulated: a name or a YAML file; empty for the bundle's.
        seed: of the first episode of the scene.
        shift: what its episodes differ in: a name or a YAML file; empty for nothing.
        gui: show the simulation in a window.
        namespace: of all nodes.
        remaps: names of topics and services, and what all nodes call them instead.
        use_sim_time: all nodes follow ``/clock``; a simulated arm publishes it.
        view: a node draws what happens, and frames of a simulated arm's links are published.
        mode: rung of the ladder; empty for the lowest that a real arm has not passed.
        skip_ladder: run the mode whatever rungs are passed.
    """

    robot: str = ""
    bundle: str = ""
    simulated: bool = True
    controller: str = ""
    controller_topic: str = ""
    gripper_controller: str = ""
    gripper_controller_topic: str = ""
    task: str = ""
    seed: int = 0
    shift: str = ""
    gui: bool = False
    namespace: str = ""
    remaps: Mapping[str, str] = field(default_factory=dict)
    use_sim_time: bool = False
    view: bool = False
    mode: str = ""
    skip_ladder: bool = False


def robot_of(arm: Arm) -> str:
    """Return the robot's name, or its YAML file as an absolute path.

    Raises:
        BundleError: where the robot is the bundle's and there is no such bundle.
        ConfigError: where there is no such robot.
    """
    robot, source = arm.robot, "robot"
    if not robot and arm.bundle:
        bundle = find_bundle(arm.bundle)
        robot, source = _of_bundle(bundle), f"{bundle}: made for robot"
    robot = robot or ROBOT
    if Path(robot).is_file():
        return absolute(robot)
    shipped = sorted(file.stem for file in (config_dir() / "robots").glob("*.yaml"))
    if robot not in shipped:
        raise ConfigError(
            f"{source} '{robot}': no such file, and no shipped robot: {', '.join(shipped)}"
        )
    return robot


def behind(arm: Arm, hardware: str) -> Arm:
    """Return the arm behind a driver.

    Args:
        arm: what was said of it otherwise, which goes first.
        hardware: ``sim``, ``real``, or a file of ``config/hardware`` by name, or any.

    Raises:
        RobotLearningError: where there is no such file, or the driver names other joints.
    """
    if hardware in (SIM, REAL):
        return replace(arm, simulated=hardware == SIM)
    path = find("hardware", hardware, (SIM, REAL))
    driver = read(HardwareFile, path)
    if not (arm.robot or arm.bundle):
        arm = replace(arm, robot=driver.robot)
    spec = RobotSpec.load(robot_of(arm))
    if missing := [joint for joint in spec.joints if joint not in driver.joints]:
        raise ConfigError(
            f"{path}: joints: the driver names {', '.join(driver.joints)}, the robot "
            f"{spec.name} has {', '.join(missing)}; take a robot made from the driver's URDF, and "
            "a bundle trained for it, or write its joints into a copy of the file"
        )
    topic = driver.controller.topic or usual_topic(driver.controller.type)
    own = {"joint_states": driver.joint_states} if driver.joint_states != "joint_states" else {}
    gripper = driver.gripper
    return replace(
        arm,
        simulated=False,
        controller=arm.controller or driver.controller.type,
        controller_topic=arm.controller_topic or topic,
        gripper_controller=arm.gripper_controller or (gripper.type if gripper else ""),
        gripper_controller_topic=arm.gripper_controller_topic or (gripper and gripper.topic or ""),
        remaps={**own, **driver.remap, **arm.remaps},
    )


def mode_of(arm: Arm) -> str:
    """Return the mode that a deployment runs in; a simulated arm has no ladder to climb.

    Raises:
        RobotLearningError: where it is none, or is closed, or the bundle is not usable.
    """
    if arm.simulated:
        return check_mode(arm.mode or FULL)
    bundle, spec = PolicyBundle.load(find_bundle(arm.bundle)), RobotSpec.load(robot_of(arm))
    record = Record((spec.name, spec.hash), (bundle.name, bundle.hash))
    return choose(record, arm.mode, arm.skip_ladder)


def absolute(name_or_path: str) -> str:
    """Return a file's absolute path, and a name as it is."""
    path = Path(name_or_path)
    return str(path.resolve()) if path.is_file() else name_or_path


def _of_bundle(bundle: Path) -> str:
    """Return the robot that a bundle is for; the run that wrote it knows a YAML file's place."""
    run = bundle.parent / "config.yaml"
    file, read = (run, yaml.safe_load) if run.is_file() else (bundle / "bundle.json", json.loads)
    try:
        data: Any = read(file.read_text(encoding="utf-8"))
        robot = data["robot"] if file == run else data["robot"]["name"]
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError) as error:
        raise ConfigError(f"{file}: robot: can't be read ({error}); give robot:=") from error
    return str(robot)
