"""The episodes of a recorded session: rows of what the policy was told and did."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from robot_learning.base.errors import DatasetError
from robot_learning.demonstrations.bag import GOALS, Session, state_at
from robot_learning.demonstrations.episode import (
    BODY,
    INPUT,
    STAMP,
    About,
    Beginning,
    Episode,
    Place,
)
from robot_learning.demonstrations.judge import judged
from robot_learning.kinematics import ArmModel
from robot_learning.policy import Interface
from robot_learning.policy.terms import OPENING

Array = NDArray[np.float64]
Row = dict[str, Any]
APART = 1.5  # policy periods between two decisions of one episode, at most


@dataclass(frozen=True)
class Cut:
    """How a session is cut into episodes.

    Attributes:
        interface: of the policy.
        model: the arm.
        goal_moves: whether one episode has many goals.
    """

    interface: Interface
    model: ArmModel
    goal_moves: bool


def episodes(session: Session, cut: Cut) -> Iterator[Episode]:
    """Yield one episode a goal; what has no joint state beside it ends one.

    Raises:
        DatasetError: where something was not recorded that the policy is told.
    """
    run: list[tuple[int, Row]] = []
    for time, decision in zip(session.decisions.times, session.decisions.values, strict=True):
        seen = state_at(session, cut.model.spec, time)
        if run and (seen is None or _parted(run[-1], (time, decision), cut)):
            yield _episode(session, run, cut)
            run = []
        if seen is not None:
            run.append((time, decision))
    if run:
        yield _episode(session, run, cut)


def _parted(before: tuple[int, Row], now: tuple[int, Row], cut: Cut) -> bool:
    period = cut.interface.control_period * cut.interface.policy_every
    late = (now[0] - before[0]) * 1e-9 > APART * period
    other = not np.array_equal(before[1]["goal"], now[1]["goal"])
    return late or (other and not cut.goal_moves)


def _episode(session: Session, run: list[tuple[int, Row]], cut: Cut) -> Episode:
    period = cut.interface.control_period * cut.interface.policy_every
    zero, (last, decision) = run[0][0], run[-1]
    end = session.joints.after(last + round(period * 1e9))
    silent = np.full(cut.interface.n_action, np.nan)
    rows = [_row(session, time, zero, made, cut) for time, made in run]
    final = last if end is None else end[0]
    rows.append(_row(session, final, zero, {**decision, "action": silent}, cut) | {"source": ""})
    columns = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    if not np.isfinite(columns["qd"]).all():
        columns["qd"] = np.gradient(columns["q"], columns["stamp"], axis=0)
        columns["reference_qd"] = columns["qd"]
    about = About(
        source="bag",
        world="ros",
        success=False,
        ended="goal",
        recorded=datetime.fromtimestamp(zero * 1e-9, timezone.utc).isoformat(timespec="seconds"),
        seed=None,
        start=_beginning(columns, cut.interface),
    )
    return judged(about, columns, cut.interface, cut.model)


def _row(session: Session, time: int, zero: int, decision: Row, cut: Cut) -> Row:
    """Return what was measured at a time, ns, and what was done."""
    spec = cut.model.spec
    found = state_at(session, spec, time)
    assert found is not None
    stamp, joints = (found[0] - zero) * 1e-9, found[1]
    q, qd = np.array([joints[name] for name in spec.joints]).T
    inputs: dict[str, tuple[Array, float]] = {"goal": (decision["goal"], stamp)}
    for name in GOALS:
        if name in cut.interface.needs:
            inputs[name] = _goal(session, name, decision["recorded"]), stamp
    bodies = {}
    for name, track in session.objects.items():
        pose_at, pose = track.at(time) or (track.times[0], track.values[0])
        inputs[name] = pose[:3], (pose_at - zero) * 1e-9
        bodies[BODY + name] = np.concatenate([pose, np.zeros(6)])
    opening = np.nan
    if spec.gripper is not None and set(spec.gripper.joints) <= set(joints):
        opening = spec.gripper.opening(np.array([joints[name][0] for name in spec.gripper.joints]))
        inputs[OPENING] = np.array([opening]), stamp
    delay = session.delays.at(decision["recorded"])
    return {
        "stamp": stamp,
        "lead": 0.0 if delay is None else delay[1],
        "q": q,
        "qd": qd,
        "reference_q": q,
        "reference_qd": qd,
        "opening": opening,
        "action": decision["action"],
        "source": "policy",
        "intervention": False,
        "reward": np.nan,
        "effort": np.nan,
        "command_changed": False,
        **{INPUT + name: value for name, (value, _) in inputs.items()},
        **{STAMP + name: at for name, (_, at) in inputs.items()},
        **bodies,
    }


def _goal(session: Session, name: str, recorded: int) -> Array:
    """Return what is told by a message of its own: a position (3,) or a rotation (9,)."""
    found = session.goals[name].at(recorded) if name in session.goals else None
    if found is None:
        raise DatasetError(
            f"{session.file}: no message on {GOALS[name]}, which the policy is told"
        )
    pose: Array = found[1]
    return pose[:3] if name == "stack_goal" else Rotation.from_quat(pose[3:]).as_matrix().ravel()


def _beginning(columns: dict[str, NDArray[Any]], interface: Interface) -> Beginning:
    opening = float(columns["opening"][0])
    turns = {
        name: float(Rotation.from_quat(columns[BODY + name][0][3:7]).as_euler("xyz")[2])
        for name in interface.objects
    }
    return Beginning(
        q=columns["q"][0].tolist(),
        opening=0.0 if np.isnan(opening) else opening,
        places={
            name: Place(position=tuple(columns[INPUT + name][0].tolist()), yaw=yaw)
            for name, yaw in turns.items()
        },
    )
