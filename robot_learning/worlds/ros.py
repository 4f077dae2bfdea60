"""An arm on ROS 2 topics, real or simulated by ``sim_node``, as a world."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.errors import SafetyError, StateError
from robot_learning.base.objects import ObjectSpec
from robot_learning.base.trajectory import Trajectory
from robot_learning.base.types import ArmState, Input, Snapshot, Start
from robot_learning.nodes.clock import NodeTime
from robot_learning.nodes.link import Link
from robot_learning.nodes.outlet import LEAD, MIN_LEAD
from robot_learning.planning import Follower, Way, find_way, most
from robot_learning.robot import RobotSpec
from robot_learning.safety import SafetyFilter
from robot_learning.worlds.world import World

Array = NDArray[np.float64]
PLACED = 0.02  # m; an object this near to where it has to be is there
RESTS = 0.05  # of the speed limits; an arm that measures less is at rest
HEARD = 1.0  # s in which what is in its place was heard there


class RosWorld(World):
    """Sends the certified motions to the arm's controller, as ``safety_node`` does.

    A step lets one control period pass on a fixed grid. A motion that is told too late for it
    begins later, and the grid goes on from there. Each motion ends at rest, so the arm stops by
    itself where no other one follows.

    A reset puts a ``sim_node`` back to where the episode starts. A real arm drives there, through
    a filter of its own at reduced speed: straight in its joints where that is free, else around
    what is in between. Then the objects are asked for until the tracker says that they are where
    they have to be.

    Args:
        spec: the robot.
        objects: what it moves.
        gripper: move its gripper; one that is not moved stays as it is.
        object_deviation: largest standard deviation of an object's position that counts, m.
        namespace: of all topics and services.
        reset_service: of type ``std_srvs/Trigger``, called before the objects are asked for.
        use_sim_time: follow ``/clock``.
        ros_args: what may follow ``--ros-args``: remappings and parameters of its node.
        filter: for the way to the start; one with everything on where None is given.
        patience: time in which all nodes have to be there, s.
        reset_timeout: time for that service, and again for the objects to be in their places, s.
        tell: takes each line for whoever places the objects.

    Raises:
        ConfigError: where ROS does not take the namespace or the arguments.
        StateError: naming who or what is missing.

    Attributes:
        simulated: whether it is a ``sim_node``, so that nothing real moves.
        topic: that the arm's controller listens to.
        periods: control periods since it was made.
        missed: those of them whose motion was told too late.
        stale: those of them at whose end the newest joint state was too old to count.
    """

    def __init__(
        self,
        spec: RobotSpec,
        objects: Sequence[ObjectSpec] = (),
        *,
        gripper: bool = False,
        object_deviation: float = math.inf,
        namespace: str = "",
        reset_service: str = "",
        use_sim_time: bool = False,
        ros_args: Sequence[str] = (),
        filter: SafetyFilter | None = None,
        patience: float = 10.0,
        reset_timeout: float = 300.0,
        tell: Callable[[str], None] = print,
    ) -> None:
        self._spec, self._gripper, self._filter = spec, gripper, filter
        self._reset_service, self._reset_timeout = reset_service, reset_timeout
        self._tell = tell
        self.periods = self.missed = self.stale = 0
        self._zero = 0.0  # of the episode, by the node's time, s
        self._slot: float | None = None  # of the grid, once it is laid
        self._begins: float | None = None  # the next motion, where that was told
        self._rest: Array | None = None  # where the motion sent last ends
        self._link = Link(
            spec,
            [item.name for item in objects],
            gripper=gripper,
            object_deviation=object_deviation,
            namespace=namespace,
            use_sim_time=use_sim_time,
            ros_args=ros_args,
            patience=patience,
        )
        self.simulated, self.topic = self._link.simulated, self._link.outlet.topic

    def reset(self, start: Start) -> Snapshot:
        """See :class:`~robot_learning.worlds.world.World`.

        Raises:
            StateError: where somebody is missing, or the scene is not as it has to be in time.
            SafetyError: naming what is in the arm's way to the start.
        """
        link = self._link
        link.settle()
        link.wait(link.problem)
        self._zero, self._slot, self._begins = 0.0, None, None
        if self.simulated:
            link.put_back(start)
        else:
            opening = start.opening if self._gripper else None
            self.drive(self.find_way(start.q).motion, opening=opening)
        if self._reset_service:
            link.trigger(self._reset_service, self._reset_timeout)
        self._await(start)
        if self.simulated:
            # Whatever its controllers were told before the jump, this is what was told last.
            self._move(Trajectory.rest(start.q), self._spec.control_period, start.opening)
        self._slot, link.fault = None, ""
        self._zero = link.time.now() + LEAD * self._spec.control_period
        return self._snapshot()

    def next_start(self, seen: Snapshot) -> float:
        """See :class:`~robot_learning.worlds.world.World`."""
        period, now = self._spec.control_period, self._link.time.now()
        if self._slot is None:
            self._begins = now + LEAD * period
        else:
            self._begins = max(self._slot, now + MIN_LEAD * period)
        return self._begins - self._zero

    def step(self, motion: Trajectory, dt: float, opening: float | None = None) -> Snapshot:
        """See :class:`~robot_learning.worlds.world.World`.

        Raises:
            StateError: where no joint state comes any more, or an object is lost.
        """
        seen = self._move(motion, dt, opening)
        if self._link.fault:
            raise StateError(self._link.fault)
        return seen

    @property
    def node(self) -> Any:
        """The node that it is on the graph, for whoever hears of more there."""
        return self._link.node

    @property
    def time(self) -> NodeTime:
        """The node's."""
        return self._link.time

    def wait_for(self, problem: Callable[[], str], seconds: float) -> str:
        """Hear until ``problem`` returns nothing, so long at most; return what it said last."""
        return self._link.until(problem, seconds)

    def rows(self) -> list[tuple[str, str]]:
        """Return how well it kept time as rows of a table."""
        return [
            ("world", f"ros, {'sim_node' if self.simulated else 'a real arm'}"),
            ("missed deadlines", f"{self.missed} of {self.periods} control periods"),
            ("no fresh joint state", f"{self.stale} of them"),
        ]

    def close(self) -> None:
        """Leave the graph; the arm comes to rest."""
        self._link.close()

    def _move(self, motion: Trajectory, dt: float, opening: float | None) -> Snapshot:
        """Send a motion, let ``dt`` s pass and return what was heard last."""
        begins = self._begins
        if begins is None:
            begins = self.next_start(self._snapshot()) + self._zero
        self._link.send(motion, begins, opening if self._gripper else None)
        late = self._slot is not None and begins > self._slot
        self.periods += 1
        self.missed += late or self._link.time.now() > begins
        self._rest = motion.q[-1]
        self._slot, self._begins = begins + dt, None
        self._link.hear(self._slot - LEAD * dt)
        self.stale += self._slot - self._link.state.stamp > self._link.timeout
        return self._snapshot()

    def _snapshot(self) -> Snapshot:
        """Return what was heard last, by the time of the episode."""
        state, zero = self._link.state, self._zero
        inputs = {
            name: Input(item.value, item.stamp - zero) for name, item in self._link.inputs.items()
        }
        return Snapshot(ArmState(state.q, state.qd, state.stamp - zero), inputs)

    @property
    def filter(self) -> SafetyFilter:
        """The one for the way to the start."""
        if self._filter is None:
            self._filter = SafetyFilter(self._spec, reduced_speed=True)
        return self._filter

    def find_way(self, goal: Array, seed: int = 0) -> Way:
        """Return the way from where the arm rests to ``goal`` (n,); nothing moves.

        Raises:
            StateError: where the arm moves, or is not heard of.
            SafetyError: naming what is too near to it, to the goal, or in the way.
        """
        return find_way(self.filter, self.rest(), goal, seed=seed)

    def drive(
        self,
        motion: Trajectory,
        *,
        filter: SafetyFilter | None = None,
        opening: float | None = None,
    ) -> None:
        """Move the arm along a motion that begins where it rests, through a filter.

        Args:
            motion: from rest to rest.
            filter: that for the way to the start where None is given.
            opening: that the gripper is sent to; None leaves it as it is.

        Raises:
            SafetyError: naming what stopped the arm.
        """
        filter, dt = filter or self.filter, self._spec.control_period
        self._link.wait(self._link.problem)
        filter.reset(motion.q[0], self._link.time.now())
        follower, seen = Follower(motion, opening), self._snapshot()
        for _ in range(math.ceil(most(motion) / dt)):
            now = self.next_start(seen)
            result = filter.apply(follower.command(filter, now), seen.state, dt, now)
            seen = self._move(result.stop, dt, result.opening)
            if follower.arrived(result):
                return
            if filter.latched is not None:
                break
        causes = ", ".join(cause.value for cause in result.active) or "it took too long"
        raise SafetyError(f"the arm stopped on its way: {causes}")

    def rest(self) -> Array:
        """Return where the arm rests (n,): where it was sent last, unless it is elsewhere.

        Raises:
            StateError: where the arm moves, or is not heard of.
        """
        self._link.wait(lambda: self._link.problem() or self._moves())
        q = self._link.state.q
        if self._rest is None or (np.abs(q - self._rest) > self._spec.tracking_error).any():
            return q
        return self._rest

    def _moves(self) -> str:
        speed = float((np.abs(self._link.state.qd) / self._spec.velocity).max())
        return "" if speed < RESTS else f"{self._link.topic}: the arm moves, and not by this node"

    def _await(self, start: Start) -> None:
        """Hear until the arm and the objects are where they have to be.

        Raises:
            StateError: naming what is not.
        """
        link = self._link
        link.forget()
        link.wait(lambda: link.problem() or self._off(start))
        patience = link.patience
        if link.until(lambda: self._misplaced(start), HEARD) and not self.simulated:
            for name, (place, turn) in start.places.items():
                at = ", ".join(f"{value:.3f}" for value in place)
                self._tell(
                    f"put '{name}' at {at} m in {self._spec.base_link}, turned by "
                    f"{math.degrees(turn):.0f} degrees about the vertical"
                )
            patience = self._reset_timeout
        link.wait(lambda: self._misplaced(start), patience)

    def _off(self, start: Start) -> str:
        """Say which joint is not where the episode starts; nothing where all are."""
        off = np.abs(self._link.state.q - start.q)
        if (off <= self._spec.tracking_error).all():
            return ""
        joint = self._spec.joints[int(off.argmax())]
        return f"{self._link.topic}: '{joint}' is {off.max():.3f} rad or m off the start"

    def _misplaced(self, start: Start) -> str:
        """Say which object is not where the episode starts; nothing where all are."""
        if why := self._link.problem() or self._off(start) or self._link.lost():
            return why
        for name, (place, _) in start.places.items():
            distance = float(np.linalg.norm(self._link.inputs[name].value - place))
            if distance > PLACED:
                return f"'{name}' is {distance:.3f} m from where the episode starts"
        return ""
