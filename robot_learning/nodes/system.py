"""Which nodes with which parameters make a system: for launch files, the CLI and tests alike."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from robot_learning.base.errors import ConfigError
from robot_learning.base.paths import find_bundle
from robot_learning.monitoring.ladder import DRY_RUN, SHADOW
from robot_learning.nodes.arm import Arm, absolute, mode_of, robot_of
from robot_learning.policy import PolicyBundle
from robot_learning.robot import RobotSpec
from robot_learning.robot.description import description
from robot_learning.robot.schema import STREAMING
from robot_learning.tasks import load_task
from robot_learning.worlds.variation import load_shifts

Value = str | int | float | bool
STALL = 20.0  # s that the simulation of a busy computer may take without any progress
TRAINED = "panda"  # that the demo trains, where none is


@dataclass(frozen=True)
class NodeStart:
    """A node to be started; the executable bears its name.

    Attributes:
        name: of the executable and of the node.
        given: parameters that go before those of a file.
        defaults: parameters that those of a file go before.
        namespace: of the node and its relative topics; empty for none.
        remaps: names of topics and services, and what they are called instead.
        package: that the executable belongs to.
    """

    name: str
    given: Mapping[str, Value] = field(default_factory=dict)
    defaults: Mapping[str, Value] = field(default_factory=dict)
    namespace: str = ""
    remaps: Mapping[str, str] = field(default_factory=dict)
    package: str = "robot_learning"

    def ros_args(self) -> list[str]:
        """Return the command line that hands all of this to the executable."""
        words = ["--ros-args"]
        for key, value in {**self.defaults, **self.given}.items():
            # JSON is YAML: quoted, a text stays a text whatever it holds.
            words += ["-p", f"{key}:={json.dumps(value)}"]
        own = {"__ns": f"/{self.namespace}"} if self.namespace else {}
        for name, other in {**own, **self.remaps}.items():
            words += ["-r", f"{name}:={other}"]
        return words


def simulation(arm: Arm) -> list[NodeStart]:
    """Return the simulated arm, in the scene of its task or of its bundle's.

    Raises:
        RobotLearningError: where the robot, the task, the shift or the bundle is not usable.
    """
    more: dict[str, Value] = _scene(arm)
    if arm.gui:
        more["gui"] = True
    if arm.use_sim_time:
        more["publish_clock"] = True
    return [_start(arm, "sim_node", {**_moving(arm), **more})]


def deployment(arm: Arm) -> list[NodeStart]:
    """Return a policy beside an arm, behind the safety node.

    Raises:
        RobotLearningError: where the bundle or its robot is not usable.
    """
    folder = find_bundle(arm.bundle)
    bundle = {"bundle": str(folder)}
    if not arm.simulated and (arm.task or arm.shift):
        raise ConfigError("task, shift: they are of a simulated arm, and this one is real")
    arm = replace(arm, mode=mode_of(arm))
    ladder: dict[str, Value] = {"mode": arm.mode}
    if not arm.simulated:
        ladder |= {**bundle, "skip_ladder": arm.skip_ladder}
    if arm.gripper_controller:
        ladder["gripper_controller_type"] = arm.gripper_controller
    if arm.gripper_controller_topic:
        ladder["gripper_controller_topic"] = arm.gripper_controller_topic
    return [
        *(simulation(arm) if arm.simulated else []),
        *(guarding(arm) if arm.mode not in (DRY_RUN, SHADOW) else []),
        _start(arm, "safety_node", {**_moving(arm), **ladder}, _patience(arm)),
        replace(
            _start(arm, "policy_node", {**bundle, "robot": robot_of(arm)}, {"autostart": True}),
            remaps=_remaps(arm, folder),
        ),
        _start(arm, "monitor_node", bundle),
        *(viewing(arm, bundle) if arm.view else []),
    ]


def guarding(arm: Arm) -> list[NodeStart]:
    """Return what brings the arm to rest should ``safety_node`` die.

    A controller that is streamed to needs it: it knows neither time nor an end.
    """
    kind = arm.controller or RobotSpec.load(robot_of(arm)).controller_type
    return [_start(arm, "guard_node", _moving(arm))] if kind in STREAMING else []


def _patience(arm: Arm) -> dict[str, Value]:
    """Return how long the clock may stand still: a simulated arm stands still with its clock."""
    return {"clock_timeout": STALL} if arm.simulated and arm.use_sim_time else {}


def _remaps(arm: Arm, bundle: Path) -> dict[str, str]:
    """Return what a policy's nodes call topics instead.

    Simulated objects are a simulation's; in a dry run the arm is the imagined one.
    """
    objects = PolicyBundle.load(bundle).interface.objects if arm.simulated else ()
    simulated = {f"policy_node/objects/{name}": f"sim_node/objects/{name}" for name in objects}
    imagined = {"joint_states": "safety_node/joint_states"} if arm.mode == DRY_RUN else {}
    return {**simulated, **arm.remaps, **imagined}


def viewing(arm: Arm, bundle: Mapping[str, Value]) -> list[NodeStart]:
    """Return what RViz and Foxglove need; a real arm's driver publishes its own frames."""
    starts = [_start(arm, "view_node", {**_moving(arm), **bundle, **_shown(arm)})]
    if arm.simulated:
        urdf = description(RobotSpec.load(robot_of(arm)).urdf)
        publisher = _start(arm, "robot_state_publisher", {"robot_description": urdf})
        starts.append(replace(publisher, package="robot_state_publisher"))
    return starts


def _shown(arm: Arm) -> dict[str, Value]:
    """Return where motions are read from that no controller is sent."""
    if arm.mode not in (DRY_RUN, SHADOW):
        return {}
    topic = "safety_node/would_send"
    return {"controller_type": "joint_trajectory_controller", "controller_topic": topic}


def demonstration(arm: Arm, goals: int, seed: int, record: Path) -> list[NodeStart]:
    """Return a deployment and an operator that sends goals and writes ``record``; it ends first.

    Raises:
        RobotLearningError: as :func:`deployment`.
    """
    operator: dict[str, Value] = {
        **_moving(arm),
        "bundle": str(find_bundle(arm.bundle)),
        "goals": goals,
        "seed": seed,
        "out": str(record.resolve()),
        "simulated": arm.simulated,
    }
    arm = replace(arm, mode=mode_of(arm))
    remaps = _remaps(arm, find_bundle(arm.bundle))
    return [*deployment(arm), replace(_start(arm, "demo_node", operator), remaps=remaps)]


def record_of(bundle: str) -> Path:
    """Return where a session's record belongs: with the run, never with an installed bundle.

    Raises:
        BundleError: where there is no such bundle.
    """
    folder = find_bundle(bundle)
    ours = (folder.parent / "config.yaml").is_file()
    run = folder.parent if ours else Path("runs") / folder.name
    return (run / "session.json").resolve()


def _moving(arm: Arm) -> dict[str, Value]:
    """Return the parameters of whatever sends to the controller or stands in for it."""
    given: dict[str, Value] = {"robot": robot_of(arm)}
    if arm.controller:
        given["controller_type"] = arm.controller
    if arm.controller_topic:
        given["controller_topic"] = arm.controller_topic
    return given


def _scene(arm: Arm) -> dict[str, Value]:
    """Return the parameters of what is simulated around the arm, and how well."""
    scene: dict[str, Value] = {"seed": arm.seed}
    if arm.task:
        load_task(arm.task)
        scene["task"] = absolute(arm.task)
    elif arm.bundle:
        scene["task"] = str(find_bundle(arm.bundle))
    if arm.shift:
        load_shifts(arm.shift)
        scene["shift"] = absolute(arm.shift)
    return scene


def _start(
    arm: Arm, name: str, given: Mapping[str, Value], defaults: Mapping[str, Value] | None = None
) -> NodeStart:
    clock = {"use_sim_time": True} if arm.use_sim_time else {}
    return NodeStart(name, {**given, **clock}, defaults or {}, arm.namespace, arm.remaps)
