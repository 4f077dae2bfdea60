"""What the launch files share: their arguments as words, and the processes of a system.

launch is imported where actions are made; it is not there where ROS 2 comes from wheels.
"""

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from robot_learning.base.errors import ConfigError
from robot_learning.monitoring.ladder import MODES
from robot_learning.nodes.arm import SIM as SIM_ARM
from robot_learning.nodes.arm import Arm, behind
from robot_learning.nodes.params_file import check_params_file
from robot_learning.nodes.system import NodeStart
from robot_learning.robot.schema import ControllerType

RESPAWN_DELAY = 2.0  # s
CONTROLLERS = get_args(ControllerType)


@dataclass(frozen=True)
class Argument:
    """An argument of a launch file.

    Attributes:
        description: what ``--show-args`` says.
        default: its value where it is not given; None where it must be.
        choices: the values it may have; empty where any will do.
    """

    description: str
    default: str | None = ""
    choices: tuple[str, ...] = ()


SWITCH = ("true", "false", "True", "False")  # as people write them
ARGUMENTS = {
    "robot": Argument("Robot name or YAML file; empty: the bundle's, or arm6 without a bundle"),
    "bundle": Argument("Policy bundle: its folder, its run's, or a shipped name", default=None),
    "hardware": Argument(
        "sim starts a simulated arm; real expects one on the topics; or a driver's YAML file, of "
        "config/hardware by name, or any",
        SIM_ARM,
    ),
    "mode": Argument(
        "Rung of the ladder: dry_run and shadow send nothing, reduced is slow and near the start; "
        "empty: full in sim, else the lowest that this robot and bundle have not passed",
        choices=("", *MODES),
    ),
    "skip_ladder": Argument("Run the mode without the rungs before it", "false", SWITCH),
    "controller": Argument(
        "Type of the controller that moves the arm; empty: the one of the robot's YAML",
        choices=("", *CONTROLLERS),
    ),
    "controller_topic": Argument(
        "Topic the controller listens to; empty: the one of the robot's YAML"
    ),
    "task": Argument(
        "Task whose scene is simulated, and in the demo the task itself: a name or a YAML file; "
        "empty: the bundle's, or the arm alone"
    ),
    "shift": Argument(
        "What is simulated worse than it is: a YAML file of config/shift by name, or any"
    ),
    "gui": Argument("Open PyBullet's window", "false", SWITCH),
    "view": Argument(
        "Start what RViz and Foxglove need: markers, robot_description, tf", "false", SWITCH
    ),
    "namespace": Argument("Of all nodes and topics; a second arm needs one of its own"),
    "remap": Argument(
        "Topics and services by other names, as NAME:=OTHER,NAME:=OTHER; for example "
        "policy_node/objects/object:=/tracker/cube"
    ),
    "use_sim_time": Argument(
        "All nodes follow /clock; a simulated arm publishes it", "false", SWITCH
    ),
    "params_file": Argument(
        "YAML file of ROS parameters; arguments given here go before its values"
    ),
    "respawn": Argument("Start a node again that died, instead of ending", "false", SWITCH),
    "goals": Argument("Goals to send", "20"),
    "seed": Argument("Seed of everything random", "0"),
}
SIM = ("robot", "controller", "controller_topic", "task", "seed", "shift", "gui")
DEPLOY = ("bundle", "hardware", "mode", "skip_ladder", *SIM, "view")
SHARED = ("namespace", "remap", "use_sim_time", "params_file", "respawn")


def description(
    file: str, names: Iterable[str], start: Callable[[dict[str, str]], list[Any]], **defaults: str
) -> Any:
    """Return a launch description that takes arguments, checks them and starts something.

    Args:
        file: the launch file.
        names: of its arguments, besides those that all launch files share.
        start: returns the actions, from the values of the arguments.
        defaults: of arguments that have another one in this file.
    """
    from launch.actions import DeclareLaunchArgument, OpaqueFunction
    from launch.launch_description import LaunchDescription

    names = [*names, *SHARED]

    def begin(context: Any) -> list[Any]:
        refuse_unknown(names, file, sys.argv)
        return start({name: context.launch_configurations[name] for name in names})

    declared = [
        DeclareLaunchArgument(
            name,
            default_value=defaults.get(name, ARGUMENTS[name].default),
            description=ARGUMENTS[name].description,
            choices=ARGUMENTS[name].choices or None,
        )
        for name in names
    ]
    return LaunchDescription([*declared, OpaqueFunction(function=begin)])


def processes(
    starts: Iterable[NodeStart], words: Mapping[str, str], **on_exit: Callable[..., Any]
) -> list[Any]:
    """Return one launch action a node.

    Args:
        starts: the nodes.
        words: values of the launch file's arguments.
        on_exit: what to do where the node of that name ends; it is never started again.

    Raises:
        ConfigError: where the file of parameters is not usable, or a package is not installed.
    """
    from launch_ros.actions import Node

    starts = list(starts)
    for start in starts:
        refuse_missing(start.package)
    file = words["params_file"]
    if file:
        check_params_file(Path(file), starts)
    again = words["respawn"].lower() == "true"

    def action(start: NodeStart) -> Any:
        respawned = again and start.name not in on_exit
        parts = (dict(start.defaults), file, dict(start.given))
        return Node(
            package=start.package,
            executable=start.name,
            name=start.name,
            namespace=f"/{start.namespace}",
            remappings=list(start.remaps.items()),
            output="screen",
            parameters=[part for part in parts if part],
            on_exit=None if respawned else on_exit.get(start.name, refuse_death),
            respawn=respawned,
            respawn_delay=RESPAWN_DELAY,
        )

    return [action(start) for start in starts]


def arm_of(words: Mapping[str, str], **more: Any) -> Arm:
    """Return the arm that a launch file's arguments describe.

    Raises:
        ConfigError: where a value is none of those an argument may have.
    """
    texts = ("robot", "bundle", "controller", "controller_topic", "task", "shift", "namespace")
    found: dict[str, Any] = {name: words[name] for name in texts if name in words}
    found["namespace"] = found["namespace"].strip("/")
    found["remaps"] = _remaps(words["remap"])
    found["seed"] = whole(words, "seed", 0)
    found["gui"] = words["gui"].lower() == "true"
    found["use_sim_time"] = words["use_sim_time"].lower() == "true"
    found["mode"] = words.get("mode", "")
    found["skip_ladder"] = words.get("skip_ladder", "false").lower() == "true"
    found["view"] = words.get("view", "false").lower() == "true"
    return behind(Arm(**{**found, **more}), words.get("hardware", SIM_ARM))


def _remaps(text: str) -> dict[str, str]:
    rules = [rule.strip().partition(":=") for rule in text.split(",") if rule.strip()]
    for name, sign, other in rules:
        if not (name and sign and other):
            raise ConfigError(f"remap:={text}: expected NAME:=OTHER, with commas between several")
    return {name: other for name, _, other in rules}


def whole(words: Mapping[str, str], name: str, least: int) -> int:
    """Return a whole number of at least ``least``.

    Raises:
        ConfigError: naming the argument, where it is none.
    """
    text = words[name]
    if not (text.isascii() and text.isdecimal() and int(text) >= least):
        raise ConfigError(f"{name}:={text}: expected a whole number of at least {least}")
    return int(text)


def refuse_unknown(names: Iterable[str], file: str, command: list[str]) -> None:
    """Refuse arguments that the launch file does not have; launch passes over them.

    Args:
        names: of those that it has.
        file: the launch file. Where another one includes it, its arguments are not looked at.
        command: words of ``ros2 launch PACKAGE FILE ...`` or ``ros2 launch FILE ...``.

    Raises:
        ConfigError: naming them and those there are.
    """
    at = next((n for n, word in enumerate(command) if word.endswith(".launch.py")), 0)
    in_package = command[at - 1 : at + 1] == ["robot_learning", Path(file).name]
    if not in_package and Path(command[at]).resolve() != Path(file).resolve():
        return
    given = [word.partition(":=")[0] for word in command[at + 1 :] if ":=" in word]
    known = {*names, "launch-prefix", "launch-prefix-filter"}
    unknown = [name for name in given if name not in known]
    if unknown:
        raise ConfigError(f"{', '.join(unknown)}: no such argument; there are {', '.join(names)}")


def refuse_missing(package: str) -> None:
    """Refuse a package that is not installed; launch would find out when others run already.

    Raises:
        ConfigError: naming it, and how to install it.
    """
    from ament_index_python.packages import PackageNotFoundError, get_package_prefix

    try:
        get_package_prefix(package)
    except PackageNotFoundError as error:
        apt = f"ros-$ROS_DISTRO-{package.replace('_', '-')}"
        raise ConfigError(
            f"the package {package} is not installed: sudo apt install {apt}"
        ) from error


def refuse_death(event: Any, context: Any) -> None:
    """End the launch with exit code 1 where a process has died; a shutdown would end it with 0.

    Args:
        event: launch's ``ProcessExited``.
        context: launch's; what ends while it shuts down has been told to.

    Raises:
        RuntimeError: naming the process and its exit code, where that is not 0.
    """
    if event.returncode and not context.is_shutdown:
        raise RuntimeError(f"{event.process_name} died with exit code {event.returncode}")
