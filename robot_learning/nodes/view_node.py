"""Shows a deployment in RViz and Foxglove: it listens, and draws what it hears."""

import math
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import PoseStamped
from numpy.typing import NDArray
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray, String
from visualization_msgs.msg import Marker, MarkerArray

from robot_learning.base.errors import RobotLearningError, StateError
from robot_learning.base.paths import find_bundle
from robot_learning.base.settings import check
from robot_learning.kinematics import ArmModel
from robot_learning.nodes import markers, parameters
from robot_learning.nodes.clock import NodeTime
from robot_learning.nodes.diagnostics import EACH
from robot_learning.nodes.frames import Frames, matrix_of, seconds_of
from robot_learning.nodes.ghost import Ghost
from robot_learning.nodes.goals import ROTATION
from robot_learning.nodes.markers import AMBER, BLUE, GREEN, GREY, RED, Colour, faint
from robot_learning.nodes.messages import trajectory_of
from robot_learning.nodes.newest import SURE, Newest
from robot_learning.nodes.run import run
from robot_learning.nodes.scene import ToldScene
from robot_learning.nodes.sources import UNKNOWN as UNNAMED_NODE
from robot_learning.nodes.states import TOPIC, JointStates
from robot_learning.nodes.stream import reference_of
from robot_learning.policy import PolicyBundle
from robot_learning.policy.terms import GOALS
from robot_learning.robot import RobotSpec
from robot_learning.robot.description import description

Array = NDArray[np.float64]
DESCRIPTION = "robot_description"
KEPT = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
PERIOD = 0.1  # s of steady time between two pictures
SOON = 2 * PERIOD  # s in which a policy's status follows a goal
SILENCE = 1.0  # s after which an arm or an object that nobody tells of is no longer shown
STATUS_SILENCE = 3 * EACH  # s after which a node that tells no status is taken for gone
ROOM = 0.15  # m of the words above the tip
NEAREST = 3  # margins that the words name
UNKNOWN = 0.02  # m; radius of what has no size
COLOURS = {"OK": GREEN, "LIMITED": AMBER}  # by the safety node's word; the others stop the arm


class ViewNode(Node):
    """Publishes ``~/markers`` ten times a second, and the URDF where nobody else does.

    What is drawn is in the base frame, and vanishes where its source falls silent.
    """

    def __init__(self) -> None:
        super().__init__("view_node")
        told = "folder of the policy bundle or of its run, or a shipped name; empty for none"
        bundle = parameters.text(self, "bundle", "", told)
        self.bundle = PolicyBundle.load(find_bundle(bundle)) if bundle else None
        robot = parameters.text(self, "robot", "", "robot name or YAML file; empty: the bundle's")
        default = self.bundle.robot["name"] if self.bundle else "arm6"
        self.spec = RobotSpec.load(robot or default)
        self.model = ArmModel(self.spec)
        self._ghost, self._frames = Ghost(self.model), Frames(self, self.spec)
        self._time = NodeTime(self)
        self._sizes = _sizes(self.bundle, self.model)
        self._connect(*parameters.controller(self, self.spec))
        self._out = self.create_publisher(MarkerArray, "~/markers", 1)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(PERIOD, self._draw, clock=steady)
        self._description: Any = None
        self._looking = self.create_timer(EACH, self._describe, clock=steady)
        self.get_logger().info(f"{self._out.topic_name} is in frame '{self.spec.base_link}'")

    def _connect(self, kind: str, topic: str) -> None:
        self._states = JointStates(self, self.spec, self._time)
        self._told_scene = ToldScene(self, self.spec)
        self.create_subscription(MarkerArray, "safety_node/scene", self._on_scene, 10)

        def newest(kind: Any, topic: str, **how: Any) -> Newest:
            return Newest(self, kind, topic, 0.5 * PERIOD, **how)

        self._joints = newest(JointState, TOPIC, silence=SILENCE)
        self._safety = newest(DiagnosticStatus, "safety_node/status", silence=STATUS_SILENCE)
        self._policy = newest(
            DiagnosticStatus, "policy_node/status", silence=STATUS_SILENCE, qos=KEPT
        )
        self._reference = newest(*reference_of(kind, topic))
        needs = self.bundle.interface.needs if self.bundle else {"goal": ""}
        self._goals = {
            name: newest(PoseStamped, f"policy_node/{name}", qos=SURE)
            for name in GOALS
            if name in needs and name != ROTATION
        }
        self._objects = {
            (name, source): newest(PoseStamped, f"{source}/objects/{name}", silence=SILENCE)
            for name in self._sizes
            for source in ("policy_node", "sim_node")
        }

    def _describe(self) -> None:
        """Publish the URDF, once, until another node does."""
        topic = self.resolve_topic_name(DESCRIPTION)
        own = (self.get_namespace(), self.get_name())
        publishers = self.get_publishers_info_by_topic(topic)
        others = [p.node_name for p in publishers if (p.node_namespace, p.node_name) != own]
        if others:
            who = "another node" if others[0] == UNNAMED_NODE else others[0]
            self.get_logger().info(f"{who} publishes {topic}; this node does not")
            self._looking.cancel()
            if self._description is not None:
                self.destroy_publisher(self._description)
        elif self._description is None:
            self._description = self.create_publisher(String, DESCRIPTION, KEPT)
            self._description.publish(String(data=description(self.spec.urdf)))

    def _on_scene(self, message: MarkerArray) -> None:
        try:
            self._told_scene.update(message, self._time.now())
        except StateError:
            pass  # The safety node refuses it as well, and says so.

    def _draw(self) -> None:
        safety, policy = _words_of(self._safety.get()), _words_of(self._policy.get())
        # What a node was told before it died, the next one does not know.
        if not safety["status"]:
            self._reference.forget()
            self._told_scene = ToldScene(self, self.spec)
        if not policy.get("goal"):
            before = self._policy.at - SOON if policy["status"] else math.inf
            for heard in self._goals.values():
                heard.forget(before)
        if not self._out.get_subscription_count():
            return
        colour = RED if safety.get("latched") else COLOURS.get(safety["status"], RED)
        drawn = [*self._scene(), *self._pursued(policy), *self._moved()]
        reference = self._commanded()
        if reference is not None:
            drawn += self._ghost.at(reference, faint(colour, 0.35))
        if safety["status"]:
            drawn.append(self._words(safety, colour, reference))
        self._out.publish(markers.array(drawn, self.spec.base_link))

    def _commanded(self) -> Array | None:
        """Return the reference (n,) that the controller was sent, or None."""
        message = self._reference.get()
        if message is None:
            return None
        if isinstance(message, Float64MultiArray):
            q = np.array(message.data)
            return q if q.shape == (self.spec.n,) else None
        try:
            motion = trajectory_of(message, self.spec.joints)
        except StateError:
            return None
        q, _ = motion.sample(self._time.now() - self._time.seconds(message.header.stamp))
        return q

    def _measured(self) -> Array | None:
        """Return the joints (n,) as they are told, or None."""
        message = self._joints.get()
        if message is None:
            return None
        try:
            self._states.hear(message, SILENCE)
        except StateError:
            return None
        return None if self._states.newest is None else self._states.newest.q

    def _scene(self) -> Iterator[Marker]:
        """Return what the filter keeps the arm from, and where goals may be."""
        spec, safety = self.spec, self.spec.safety
        yield markers.outline("workspace", spec.workspace_lower, spec.workspace_upper, GREY)
        if safety.workspace is not None:
            box = safety.workspace
            yield markers.outline("safety workspace", box.lower, box.upper, AMBER)
        for solid in safety.scene:
            yield from markers.solid("scene", solid, faint(GREY, 0.5))
        for zone in safety.keep_out:
            yield from markers.solid("keep-out", zone, faint(RED, 0.2))
        stale = self._told_scene.stale(self._time.now())
        for solid in self._told_scene.solids:
            colour = RED if solid.name == stale else GREY
            yield from markers.solid("told scene", solid, faint(colour, 0.5))

    def _pursued(self, policy: dict[str, str]) -> Iterator[Marker]:
        """Return the goals, as long as the policy says that it has one."""
        if not policy.get("goal"):
            return
        radius = self.bundle.interface.tolerance if self.bundle else UNKNOWN
        turned = self.bundle is not None and ROTATION in self.bundle.interface.needs
        for name, heard in self._goals.items():
            T = self._pose(heard.get())
            if T is None and name == "goal":
                T = _position(policy["goal"])
            if T is None:
                continue
            yield markers.sphere(name, T[:3, 3], radius, faint(BLUE, 0.5))
            if turned:
                yield markers.axes(f"{name} axes", T, 4 * radius)

    def _moved(self) -> Iterator[Marker]:
        """Return the objects that are told of."""
        for (name, _), heard in self._objects.items():
            T, size = self._pose(heard.get()), self._sizes[name]
            if T is not None and size is not None:
                yield markers.shape(name, Marker.CUBE, T, size, BLUE)
            elif T is not None:
                yield markers.sphere(name, T[:3, 3], UNKNOWN, BLUE)

    def _pose(self, message: PoseStamped | None) -> Array | None:
        """Return a pose (4, 4) in the base frame, m, or None where it can't be told."""
        if message is None:
            return None
        header = message.header
        try:
            T_base_frame = self._frames.to_base(header.frame_id, seconds_of(header.stamp))
            return np.asarray(T_base_frame @ matrix_of(message.pose))
        except StateError as error:
            self.get_logger().warning(str(error), throttle_duration_sec=10 * EACH)
            return None

    def _words(self, safety: dict[str, str], colour: Colour, reference: Array | None) -> Marker:
        """Return what the filter does and its smallest margins, above the tip."""
        margins = {
            key.removeprefix("margin."): float(value)
            for key, value in safety.items()
            if key.startswith("margin.")
        }
        nearest = sorted(margins.items(), key=lambda item: item[1])[:NEAREST]
        lines = [safety["status"], safety.get("causes", "").replace(",", ", ")]
        lines += [
            f"{name}: {safety[name]}" for name in ("mode", "latched", "reason") if safety.get(name)
        ]
        lines += [f"{name} {margin:.3f}" for name, margin in nearest]
        q = self._measured()
        at = next(q for q in (q, reference, self.spec.home) if q is not None)
        above = self.model.forward(at)[:3, 3] + [0.0, 0.0, ROOM]
        return markers.text("safety", above, "\n".join(filter(None, lines)), colour)


def _sizes(bundle: PolicyBundle | None, model: ArmModel) -> dict[str, Array | None]:
    """Return the edges (3,), m, of each object that a policy is told of; None where unknown."""
    if bundle is None:
        return {}
    names = bundle.interface.objects
    if not names:
        return {}
    from robot_learning.tasks import TaskSettings, make_task

    try:
        settings = check(TaskSettings, bundle.task_settings, f"{bundle.path}: task")
        task = make_task(settings, model)
    except RobotLearningError:
        return dict.fromkeys(names)
    known = {item.name: np.array([item.width, item.width, item.height]) for item in task.objects}
    return {name: known.get(name) for name in names}


def _words_of(status: DiagnosticStatus | None) -> dict[str, str]:
    """Return a status's values by key, its message as ``status``; empty where there is none."""
    if status is None:
        return {"status": ""}
    return {**{item.key: item.value for item in status.values}, "status": status.message}


def _position(words: str) -> Array | None:
    """Return the pose (4, 4), unturned, whose position begins a text, or None."""
    try:
        position = np.array(words.split()[:3], dtype=np.float64)
    except ValueError:
        return None
    if position.shape != (3,):
        return None
    T = np.eye(4)
    T[:3, 3] = position
    return T


def main(args: list[str] | None = None) -> int:
    """Entry point of ``view_node``."""
    return run(ViewNode, args)


if __name__ == "__main__":
    sys.exit(main())
