"""The environment over topics: a simulated arm that is put back, and one that is driven back."""

import contextlib
import os
import time
from dataclasses import replace

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from helpers.graph import Probe
from trajectory_msgs.msg import JointTrajectory

from robot_learning.base.errors import ConfigError, SafetyError, StateError
from robot_learning.base.trajectory import Trajectory
from robot_learning.base.types import Start
from robot_learning.envs import ArmEnv
from robot_learning.experts.expert import expert_action
from robot_learning.kinematics import ArmModel
from robot_learning.safety import SafetyFilter
from robot_learning.tasks import load_task, make_task
from robot_learning.worlds.ros import RosWorld

pytestmark = pytest.mark.wall_clock
SEED = 7
BEYOND = np.array([0.0, 0.0, 0.9, 0.0, 0.0, 0.0])  # of home: where the elbow can't go


@pytest.fixture(scope="module")
def graph():
    """A probe beside a simulated arm, and one that plays a real one."""
    graph = Probe("arm6")
    graph.start("sim_node", "scene", "scene", robot="arm6", task="push")
    # Neither its name nor its services are a simulation's; a tracker tells of its object.
    graph.start(
        "sim_node",
        "real",
        "real",
        {"__node": "driver", "~/objects/object": "policy_node/objects/object"},
        robot="arm6",
        task="push",
    )
    before = os.environ.get("ROS_DOMAIN_ID")
    os.environ["ROS_DOMAIN_ID"] = graph.env["ROS_DOMAIN_ID"]
    try:
        graph.wait(lambda: graph.words().count("states at") == 2)
        yield graph
    finally:
        if before is None:
            del os.environ["ROS_DOMAIN_ID"]
        else:
            os.environ["ROS_DOMAIN_ID"] = before
        graph.close()


@pytest.fixture(scope="module")
def filter(arm6):
    return SafetyFilter(arm6)


def solves(env):
    """Let the expert try; a busy machine simulates too little, or stops the arm."""
    env.reset(seed=SEED)
    for _ in range(4 * env.task.steps):
        if env.step(expert_action(env))[4]["is_success"]:
            return True
        if env.filter.latched is not None:
            break
    return False


def reset(world, start):
    """Reset a world that is not simulated; a busy machine may stop the arm on its way."""
    for _ in range(10):
        try:
            return world.reset(start)
        except SafetyError as error:
            if "stale_state" not in str(error):
                raise
    raise AssertionError("the arm is never told of in time")


def test_it_is_an_environment(graph, arm6, filter):
    with contextlib.closing(RosWorld(arm6, namespace="scene")) as world:
        env = ArmEnv("arm6", "reach", world=world, filter=filter)
        # On the wall clock no two steps are equal.
        env.spec = replace(gymnasium.spec("RobotLearning/Reach-v0"), nondeterministic=True)
        check_env(env, skip_render_check=True, skip_close_check=True)


def test_a_simulated_episode_is_that_of_the_seed_and_ends_as_well(graph, arm6, filter):
    plain = ArmEnv("arm6", "push", filter=filter)
    with contextlib.closing(RosWorld(arm6, plain.task.objects, namespace="scene")) as world:
        assert world.simulated
        env = ArmEnv("arm6", "push", world=world, filter=filter)
        expected, seen = plain.reset(seed=SEED)[0], env.reset(seed=SEED)[0]
        for name in expected:
            np.testing.assert_allclose(seen[name], expected[name], atol=3e-3)
        assert any(solves(env) for _ in range(10))


def test_a_real_arm_drives_to_the_start_and_the_objects_are_asked_for(graph, arm6, filter):
    task = make_task(load_task("push"), ArmModel(arm6), free=filter.is_free)
    start = task.free_start(np.random.default_rng(SEED))
    said = []
    options = {"namespace": "real", "filter": filter, "tell": said.append, "reset_timeout": 1.0}
    with contextlib.closing(RosWorld(arm6, task.objects, **options)) as world:
        assert not world.simulated
        with pytest.raises(StateError, match="'object' is .* m from where"):
            reset(world, start)
        assert "put 'object' at" in said.pop()
        with pytest.raises(SafetyError, match="the goal is out of reach: elbow_joint is at 2.800"):
            world.reset(Start(arm6.home + BEYOND, places=start.places))
    options["reset_service"] = "driver/reset"
    assert graph.set_parameter("/real/driver", "seed", SEED).successful
    with contextlib.closing(RosWorld(arm6, task.objects, **options)) as world:
        state = reset(world, start).state
    np.testing.assert_allclose(state.q, start.q, atol=1e-2)
    assert not said


def test_a_second_sender_is_refused(graph, arm6):
    topic = f"/scene/{arm6.controller_topic}"
    graph.publisher(JointTrajectory, topic)
    try:
        with pytest.raises(StateError, match=f"probe may send to {topic} as well"):
            # On a busy machine it is found later than a second after the start.
            with contextlib.closing(RosWorld(arm6, namespace="scene", patience=5.0)) as world:
                end = time.monotonic() + 60.0
                while time.monotonic() < end:
                    world.reset(Start(arm6.home))
    finally:
        graph.drop(JointTrajectory, topic)


@pytest.mark.parametrize("asked", [{"namespace": "no name"}, {"ros_args": ["controller_topic"]}])
def test_what_ros_does_not_take_is_one_line(graph, arm6, asked):
    with pytest.raises(ConfigError, match=next(iter(asked.values()))[0]):
        RosWorld(arm6, **asked)


def test_an_arm_that_falls_silent_ends_the_episode(graph, arm6):
    with contextlib.closing(RosWorld(arm6, namespace="scene")) as world:
        world.reset(Start(arm6.home))
        graph.kill("scene")
        with pytest.raises(StateError, match="no newer joint state on /scene/joint_states"):
            while True:
                world.step(Trajectory.rest(arm6.home), arm6.control_period)


def test_without_an_arm_it_says_so(graph, arm6):
    with pytest.raises(StateError, match="nobody publishes /nowhere/joint_states"):
        RosWorld(arm6, namespace="nowhere", patience=0.2)
