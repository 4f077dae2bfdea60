"""The ladder in the safety node: which mode it runs in, and what that mode has seen."""

from collections import Counter
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticStatus

from robot_learning.base.errors import ConfigError
from robot_learning.base.paths import find_bundle
from robot_learning.base.types import ArmState
from robot_learning.monitoring.ladder import (
    DRY_RUN,
    FULL,
    MODES,
    REDUCED,
    SHADOW,
    Record,
    Seen,
    check_mode,
    choose,
    summary,
)
from robot_learning.nodes import parameters
from robot_learning.nodes.sources import UNKNOWN
from robot_learning.nodes.states import TOPIC
from robot_learning.policy import PolicyBundle
from robot_learning.robot import RobotSpec
from robot_learning.safety import Cause, SafetyResult, Status

SIMULATION = "sim_node"
POLICY_STATUS = "policy_node/status"
MOVES = 0.01  # share of its speed limit from where a joint counts as moving
SAVED = 5.0  # s at least between two writings of the record
REACHED = "reached"


class Ladder:
    """Chooses the mode, counts what happens in it, and keeps the record of robot and bundle.

    Declares the parameters ``mode``, ``bundle`` and ``skip_ladder``. Without a bundle there is no
    record, and every mode is open: the full one where none is asked for.

    Args:
        node: the safety node.
        spec: the robot.

    Raises:
        ConfigError: where the mode is none, or is closed.
        BundleError: where there is no such bundle.

    Attributes:
        mode: one of ``MODES``.
        other: why the policy that runs is not the one of the record; empty where it is.
    """

    def __init__(self, node: Any, spec: RobotSpec) -> None:
        told = f"{', '.join(MODES)}; empty: the lowest rung that is not passed, or full"
        asked = parameters.text(node, "mode", "", told)
        told = "policy bundle whose ladder counts, on a real arm; empty: no record is kept"
        bundle = parameters.text(node, "bundle", "", told)
        told = "run the mode even if the rungs before it are not passed"
        self._skip = parameters.flag(node, "skip_ladder", False, told)
        self._node, self._spec = node, spec
        self._hash, self._record, self.other = "", None, ""
        if bundle:
            loaded = PolicyBundle.load(find_bundle(bundle))
            self._hash = loaded.hash
            self._record = Record((spec.name, spec.hash), (loaded.name, loaded.hash))
            self.mode = choose(self._record, asked, self._skip)
        else:
            self.mode = check_mode(asked or FULL)
        self._new, self._limits = Seen(), Counter[str]()
        self._unsaved, self._outcome = SAVED, ""
        self._counts = False  # Whether the arm is known to be no simulated one.
        self._latched: Cause | None = None
        self._said_passed = self._seen.passed
        node.create_subscription(DiagnosticStatus, POLICY_STATUS, self._on_policy, 10)
        self._announce()

    @property
    def reduced(self) -> bool:
        """Whether the reduced speed can't be left, and the workspace is a small one."""
        return self.mode == REDUCED

    @property
    def _seen(self) -> Seen:
        return Seen() if self._record is None else self._record.seen[self.mode]

    def _announce(self) -> None:
        log = self._node.get_logger()
        if self._record is None:
            if self.mode != FULL:
                log.info(f"mode {self.mode}; no bundle is named, so no record is kept")
            return
        skipped = self._record.closed(self.mode)
        if skipped:
            log.warning(f"LADDER SKIPPED: mode {self.mode} runs though {skipped}")
        missing = self._seen.missing(self.mode)
        need = f"it has yet to pass: {missing}; then start again for the next" if missing else ""
        told = need or ("it has passed" if self.mode != FULL else "all rungs are passed")
        log.info(f"mode {self.mode}: {told}; record: {self._record.path}")

    def words(self) -> dict[str, str]:
        """Return keys and values for the status."""
        words = {"mode": self.mode}
        if self._record is not None:
            words["ladder"] = self._seen.plus(self._news(), self.mode).missing(self.mode)
            words["skipped"] = self._record.closed(self.mode) if self._skip else ""
        return words

    def count(
        self, result: SafetyResult, latched: Cause | None, taken: bool, measured: ArmState | None
    ) -> None:
        """Count a tick.

        Args:
            result: of the filter.
            latched: the cause of a stop that waits for somebody.
            taken: whether a fresh command was served.
            measured: state of the arm itself; None where it is not known.
        """
        served = taken and result.status in (Status.OK, Status.LIMITED)
        slow = MOVES * self._spec.velocity
        moves = measured is not None and bool((np.abs(measured.qd) > slow).any())
        stopped = latched is not None and self._latched is None
        self._latched = latched
        if result.status is Status.LIMITED:
            self._limits.update(cause.value for cause in result.active)
        room = result.margins.get(Cause.TRACKING_ERROR.value)
        period = self._spec.control_period
        working = served and (moves or self.mode == DRY_RUN)
        self._unsaved += period
        self._new = self._new.plus(
            Seen(
                seconds=period * served,
                decisions=int(served),
                steady=period * working,
                stops=int(stopped),
                tracking_error=0.0 if room is None else self._share(room),
            ),
            FULL,
        )
        # A disk may take its time, which an arm that moves has not.
        rests = result.status is Status.STOPPED or self.mode in (DRY_RUN, SHADOW)
        due = self._unsaved >= SAVED and rests
        if due or not self._counts:
            self._counts = self._record is not None and self._is_real()
        if due:
            self.save()

    def _share(self, room: float) -> float:
        return float(1.0 - room / self._spec.tracking_error.min())

    def disagree(self, joints: float, tip: float) -> None:
        """Count a disagreement: a share of the joints' speed limits, and m/s of the tip."""
        new = Seen(disagreement=joints, tip_disagreement=tip)
        self._new = self._new.plus(new, FULL)

    def _on_policy(self, status: DiagnosticStatus) -> None:
        """Count a goal that was reached; know another policy than that of the record."""
        values = {item.key: item.value for item in status.values}
        outcome = values.get("outcome", "")
        if outcome == REACHED and self._outcome != REACHED:
            self._new = self._new.plus(Seen(goals=1), FULL)
        self._outcome = outcome
        runs = values.get("hash", self._hash)
        self.other = ""
        if self._hash and runs != self._hash:
            self.other = (
                f"policy_node runs the bundle {runs[:12]}, the ladder is of {self._hash[:12]}"
            )

    def _news(self) -> Seen:
        return self._new.plus(Seen(limits=dict(self._limits)), FULL)

    def save(self) -> None:
        """Write what is new, but for a simulated arm; say it once where the rung is passed."""
        new, self._unsaved = self._news(), 0.0
        if self._record is None or not self._counts or new == Seen():
            return
        try:
            self._record.add(self.mode, new)
        except ConfigError as error:
            self._node.get_logger().error(str(error), throttle_duration_sec=10 * SAVED)
            return
        self._new, self._limits = Seen(), Counter()
        if self._seen.passed and not self._said_passed:
            self._said_passed = self._seen.passed
            self._node.get_logger().info(
                f"mode {self.mode} is passed; start again for mode {self._record.next()}"
            )

    def _is_real(self) -> bool:
        heard = [info.node_name for info in self._node.get_publishers_info_by_topic(TOPIC)]
        if SIMULATION in heard:
            self._node.get_logger().warning(
                f"{TOPIC} are those of {SIMULATION}: this run counts for no ladder", once=True
            )
        # The middleware learns of topics before it learns whose they are.
        return bool(heard) and not {SIMULATION, UNKNOWN} & set(heard)

    def close(self) -> None:
        """Write what is new and say what this mode has seen."""
        self.save()
        if self._record is not None:
            # The log may have ended before the node.
            print(f"mode {self.mode} has seen {summary(self._seen)}", flush=True)
