import json
import shutil
import signal

import numpy as np
import pytest
from helpers.graph import value_of
from helpers.robots import robot_yaml, scripted_bundle
from lifecycle_msgs.msg import State, Transition
from lifecycle_msgs.srv import ChangeState, GetState
from sensor_msgs.msg import JointState
from std_msgs.msg import String

from robot_learning.kinematics import ArmModel, sampling


def change(graph, transition):
    request = ChangeState.Request(transition=Transition(id=transition))
    return graph.call(ChangeState, "/policy_node/change_state", request).success


def state_of(graph):
    return graph.call(GetState, "/policy_node/get_state").current_state.id


@pytest.fixture
def system(graph, bundle):
    """The whole deployed system with a policy that reaches every goal."""
    graph.start("sim_node", robot="arm6")
    graph.start("safety_node", robot="arm6")
    graph.start("policy_node", bundle=str(bundle.path), autostart=True)
    graph.until(lambda: graph.states and "active" in graph.policy_status())
    graph.model = ArmModel(graph.spec)
    return graph


def far_goal(graph, seed=0):
    rng = np.random.default_rng(seed)
    tip = graph.model.forward(graph.q())[:3, 3]
    while True:
        _, goal = sampling.in_workspace(graph.model, rng)
        if np.linalg.norm(goal - tip) > 0.25:
            return goal


def distance(graph, goal):
    return np.linalg.norm(graph.model.forward(graph.q())[:3, 3] - goal)


def test_the_arm_reaches_its_goals_inside_its_limits(system):
    for seed in range(3):
        goal = far_goal(system, seed)
        system.goal(goal)
        system.until(lambda goal=goal: distance(system, goal) < 0.005, 8.0)
    system.assert_limits_kept()


def test_when_the_policy_dies_mid_motion_the_arm_comes_to_rest(system):
    goal = far_goal(system)
    system.goal(goal)
    system.until(lambda: system.speed() > 0.3)
    system.processes["policy_node"].send_signal(signal.SIGKILL)
    system.wait_at_rest(2.0)
    assert distance(system, goal) > 0.02
    system.assert_limits_kept()


def test_a_deactivated_policy_lets_the_arm_come_to_rest_and_can_go_on(system):
    goal = far_goal(system)
    system.goal(goal)
    system.until(lambda: system.speed() > 0.3)
    assert change(system, Transition.TRANSITION_DEACTIVATE)
    system.wait_at_rest(2.0)
    assert distance(system, goal) > 0.02
    assert change(system, Transition.TRANSITION_ACTIVATE)
    system._publishers.clear()
    system.goal(goal)
    system.until(lambda: distance(system, goal) < 0.005, 8.0)


def test_a_policy_that_is_shut_down_while_active_commands_nothing_more(system):
    commands = system.listen(JointState, "/policy_node/command")
    goal = far_goal(system)
    system.goal(goal)
    system.until(lambda: commands and system.speed() > 0.3)
    assert change(system, Transition.TRANSITION_ACTIVE_SHUTDOWN)
    system.until(lambda: "finalized" in system.policy_status())
    system.wait_at_rest(2.0)
    assert distance(system, goal) > 0.02
    commands.clear()
    system.spin(0.5)
    assert not commands


@pytest.mark.parametrize(
    ("position", "frame"),
    [
        ([5.0, 0.0, 0.3], None),
        ([0.4, 0.0, float("nan")], None),
        ([0.4, 0.0, 0.3], "the_moon"),
        ([0.4, 0.0, 0.3], ""),
    ],
)
def test_a_goal_that_cannot_be_is_refused_and_the_arm_stays(system, position, frame):
    before = system.q()
    system.goal(position, frame)
    system.until(lambda: "goal refused" in system.policy_status())
    reason = next(v.value for v in system._policy_status[-1].values if v.key == "reason")
    assert reason
    system.spin(0.5)
    np.testing.assert_allclose(system.q(), before, atol=2e-3)


def test_telemetry_says_what_was_seen_and_done(system, bundle):
    heard = system.listen(String, "/policy_node/telemetry")
    goal = far_goal(system)
    system.goal(goal)
    system.until(lambda: len(heard) > 10)
    data = json.loads(heard[-1].data)
    assert data["hash"] == bundle.hash and not data["refused"]
    assert len(data["observation"]) == bundle.interface.n_obs
    assert len(data["action"]) == bundle.interface.n_action
    np.testing.assert_allclose(data["goal"], goal)


def test_a_damaged_bundle_leaves_the_node_unconfigured(graph, bundle, tmp_path):
    damaged = shutil.copytree(bundle.path, tmp_path / "bundle")
    (damaged / "policy.onnx").write_bytes(b"x")
    graph.start("policy_node", bundle=str(damaged))
    assert not change(graph, Transition.TRANSITION_CONFIGURE)
    assert state_of(graph) == State.PRIMARY_STATE_UNCONFIGURED
    assert "bundle refused" in graph.policy_status() or graph.until(
        lambda: "bundle refused" in graph.policy_status()
    )


def test_a_bundle_that_must_see_more_than_it_is_told_is_refused(graph, tmp_path):
    bundle = scripted_bundle(
        tmp_path / "bundle", "arm6", observed=("goal_step", "object_offset", "second_way")
    )
    graph.start("policy_node", bundle=str(bundle.path))
    assert not change(graph, Transition.TRANSITION_CONFIGURE)
    status = graph.until(
        lambda: (
            [item for item in graph._policy_status if item.message == "bundle refused"]
            if graph.policy_status()
            else None
        )
    )[-1]
    assert "object, second" in value_of(status, "reason")


def test_a_bundle_for_another_robot_ends_an_autostarted_node(graph, tmp_path):
    other = scripted_bundle(tmp_path / "bundle", "xarm6")
    process = graph.start("policy_node", bundle=str(other.path), robot="arm6", autostart=True)
    assert process.wait(15.0) == 1
    assert "Traceback" not in graph.words()


def test_the_lifecycle_is_the_usual_one(graph, bundle):
    graph.start("policy_node", bundle=str(bundle.path))
    assert state_of(graph) == State.PRIMARY_STATE_UNCONFIGURED
    assert change(graph, Transition.TRANSITION_CONFIGURE)
    assert change(graph, Transition.TRANSITION_ACTIVATE)
    assert state_of(graph) == State.PRIMARY_STATE_ACTIVE
    assert change(graph, Transition.TRANSITION_DEACTIVATE)
    assert change(graph, Transition.TRANSITION_CLEANUP)
    assert state_of(graph) == State.PRIMARY_STATE_UNCONFIGURED


def test_goals_in_a_frame_of_the_robot_file(graph, tmp_path):
    table = {"table": {"xyz": [0.4, 0.0, 0.0], "rpy": [0.0, 0.0, 1.5708]}}
    robot = robot_yaml(tmp_path, frames=table)
    bundle = scripted_bundle(tmp_path / "bundle", robot)
    graph.start("sim_node", robot=str(robot))
    graph.start("safety_node", robot=str(robot))
    graph.start("policy_node", robot=str(robot), bundle=str(bundle.path), autostart=True)
    graph.until(lambda: graph.states and "active" in graph.policy_status())
    graph.model = ArmModel(graph.spec)
    # A quarter turn about z: x of the table is y of the base.
    graph.goal([0.15, 0.05, 0.25], "table")
    graph.until(lambda: distance(graph, [0.35, 0.15, 0.25]) < 0.005, 8.0)
