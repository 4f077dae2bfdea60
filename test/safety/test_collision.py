"""Clearance from the own body and the scene, measured by coal."""

import functools

import numpy as np
import pytest
from helpers import attacks
from helpers.robots import robot_yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from robot_learning.base.errors import ConfigError, SafetyError
from robot_learning.base.types import ArmState, JointCommand
from robot_learning.geometry.shapes import shape_of
from robot_learning.kinematics import ArmModel
from robot_learning.robot import RobotSpec
from robot_learning.robot.schema import Solid
from robot_learning.safety import Cause, SafetyFilter, Status
from robot_learning.safety.advance import SHARE

DT = 0.04


def drive(filter, commands, start):
    """Yield the configurations of an arm that follows the filter exactly."""
    filter.reset(start, 0.0)
    now = 0.0
    for qd in commands:
        q, v = filter.reference(now)
        result = filter.apply(JointCommand(qd), ArmState(q, v, now), DT, now)
        for t in np.linspace(0, DT, 3):
            yield result, result.stop.sample(t)[0]
        now += DT


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_whatever_comes_no_pair_is_nearer_than_its_share_of_the_margin(arm6, data):
    filter = _among_things(arm6.name)
    clearance = filter.guards.clearance
    for _, q, _ in attacks.follow(filter, data.draw(attacks.attacks(arm6.n)), arm6.home):
        for pair, distance in clearance.near(q):
            assert distance >= SHARE * pair.margin - 1e-6


@functools.cache
def _among_things(name):
    filter = SafetyFilter(RobotSpec.load(name))
    post = Solid(name="post", capsule=(0.05, 0.6), xyz=(0.35, 0.35, 0.4))
    table = Solid(name="table", box=(0.5, 0.5, 0.1), xyz=(0.5, -0.45, 0.25), rpy=(0, 0, 0.4))
    filter.set_scene([post, table], 0.0)
    return filter


def test_an_arm_pushed_into_the_floor_slides_along_it(arm6):
    filter = SafetyFilter(arm6)
    down = np.array([1.0, 1.0, 0, 0, 0, 0])
    *_, (result, _) = drive(filter, [down] * 60, arm6.home)
    assert Cause.SCENE_COLLISION in result.active and result.status is Status.LIMITED
    assert result.segment.qd[-1][0] == pytest.approx(1.0, abs=0.1)
    assert abs(result.segment.qd[-1][1]) < 0.1


def test_a_fast_arm_does_not_jump_through_a_thin_wall(tmp_path):
    wall = {"name": "wall", "box": [2.0, 0.001, 2.0], "xyz": [0.0, 0.2, 0.0]}
    spec = RobotSpec.load(robot_yaml(tmp_path, safety__scene=[wall]))
    model, filter = ArmModel(spec), SafetyFilter(spec)
    turn = np.array([2.5, 0, 0, 0, 0, 0])
    results = list(drive(filter, [turn] * 60, spec.home))
    assert any(Cause.SCENE_COLLISION in result.active for result, _ in results)
    assert max(model.forward(q)[1, 3] for _, q in results) < 0.2


def test_what_appears_near_the_arm_stops_it_until_it_is_gone(arm6):
    filter = SafetyFilter(arm6)
    for _ in drive(filter, [np.full(6, 0.2)] * 5, arm6.home):
        pass
    now = 5 * DT
    ball = Solid(name="ball", sphere=0.2, xyz=(0.3, 0.0, 0.46))
    filter.set_scene([ball], now)
    assert filter.latched is Cause.INTRUSION
    for _ in range(20):
        state = ArmState(*filter.reference(now), now)
        filter.apply(None, state, DT, now)
        now += DT
    state = ArmState(*filter.reference(now), now)
    with pytest.raises(SafetyError, match="ball"):
        filter.resume(state, now)
    filter.set_scene([], now)
    filter.resume(state, now)
    assert filter.latched is None


@pytest.mark.parametrize(
    ("safety", "named"),
    [
        ({"scene": [{"name": "box", "box": [1, 1, 1]}]}, "'box'"),
        ({"scene": [{"name": "odd"}]}, "odd"),
        ({"scene": [{"name": "two", "box": [1, 1, 1], "sphere": 1}]}, "two"),
        ({"keep_out": [{"name": "zone", "sphere": 0.1, "links": ["nose"]}]}, "nose"),
        ({"workspace": {"lower": [1, 1, 1], "upper": [0, 0, 0]}}, "safety.workspace"),
        ({"tip_sped": 1.0}, "safety.tip_sped"),
        ({"collision_margin": 0.0}, "safety.collision_margin"),
    ],
)
def test_a_wrong_file_names_the_field(tmp_path, safety, named):
    with pytest.raises(ConfigError, match=named):
        SafetyFilter(RobotSpec.load(robot_yaml(tmp_path, safety=safety)))


def test_the_tip_stays_in_its_workspace_and_out_of_zones(tmp_path):
    box = {"lower": [-1.0, -0.1, 0.0], "upper": [1.0, 1.0, 1.0]}
    zone = {"name": "zone", "sphere": 0.15, "xyz": [0.0, 0.3, 0.45], "links": []}
    spec = RobotSpec.load(robot_yaml(tmp_path, safety={"workspace": box, "keep_out": [zone]}))
    model, filter = ArmModel(spec), SafetyFilter(spec)
    for sign, cause in ((-1.0, Cause.WORKSPACE), (1.0, Cause.KEEP_OUT)):
        turn = np.array([sign, 0, 0, 0, 0, 0])
        results = list(drive(filter, [turn] * 60, spec.home))
        assert any(cause in result.active for result, _ in results)
        for _, q in results:
            tip = model.forward(q)[:3, 3]
            assert tip[1] >= -0.1 and np.linalg.norm(tip - zone["xyz"]) >= 0.15


def test_capsules_enclose_what_they_stand_for(spec):
    arm = SafetyFilter(spec)._guards.arm
    for body, capsule in zip(arm.bodies, arm.capsules, strict=True):
        along = capsule.end - capsule.start
        t = (body.points - capsule.start) @ along / max(along @ along, 1e-12)
        nearest = capsule.start + np.clip(t, 0, 1)[:, None] * along
        far = np.linalg.norm(body.points - nearest, axis=1) + body.radius
        assert (far <= capsule.radius + 1e-9).all()


def test_no_joint_moves_a_body_farther_than_its_lever(spec):
    arm = SafetyFilter(spec)._guards.arm
    rng = np.random.default_rng(0)
    for body in range(len(arm.bodies)):
        lever = arm.lever(body)
        for _ in range(20):
            q = rng.uniform(spec.soft_lower, spec.soft_upper)
            step = rng.uniform(-0.01, 0.01, spec.n)
            sphere = Solid(name="s", sphere=0.01, xyz=tuple(rng.uniform(-1, 1, 3)))
            shape = shape_of(sphere)
            change = arm.distance(body, shape, q + step) - arm.distance(body, shape, q)
            assert abs(change) <= lever @ np.abs(step) + 1e-6
