"""The environment over topics: a simulated arm that is put back, and one that is driven back."""

import contextlib
import os
from dataclasses import replace

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from helpers.graph import Probe
from trajectory_msgs.msg import JointTrajectory

from robot_learning.base.errors import RobotLearningError, SafetyError, StateError
from robot_learning.base.types import Start
from robot_learning.envs import ArmEnv
from robot_learning.evaluation.rollout import rollout
from robot_learning.experts.expert import expert_action
from robot_learning.worlds.ros import RosWorld

pytestmark = pytest.mark.wall_clock
SEED = 7
BEHIND = np.array([-0.9, 0.4, 0.9, 0.3, -0.9, -1.1])  # of home: the wrist would hit the shoulder


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


@contextlib.contextmanager
def over_ros(task, namespace, **options):
    """Give the environment of a task in a namespace, and end it."""
    plain = ArmEnv("arm6", task)
    objects, gripper = plain.task.objects, plain.task.gripper
    world = RosWorld(plain.robot, objects, gripper=gripper, namespace=namespace, **options)
    with contextlib.closing(ArmEnv("arm6", task, world=world)) as env:
        yield env, plain
    plain.close()


def test_it_is_an_environment(graph):
    with over_ros("reach", "scene") as (env, _):
        # On the wall clock no two steps are equal.
        env.spec = replace(gymnasium.spec("RobotLearning/Reach-v0"), nondeterministic=True)
        check_env(env, skip_render_check=True, skip_close_check=True)


def test_a_simulated_episode_is_that_of_the_seed_and_ends_as_well(graph):
    with over_ros("push", "scene") as (env, plain):
        assert env.world.simulated
        for seed in (SEED, None):
            seen, expected = env.reset(seed=seed)[0], plain.reset(seed=seed)[0]
            for name in expected:
                np.testing.assert_allclose(seen[name], expected[name], atol=3e-3)
        assert rollout(env, expert_action, 1, SEED).success_rate == 1.0


def test_a_real_arm_drives_to_the_start_and_the_objects_are_asked_for(graph, arm6):
    task = ArmEnv("arm6", "push").task
    start = task.free_start(np.random.default_rng(SEED))
    said = []
    options = {"namespace": "real", "tell": said.append, "reset_timeout": 0.5}
    with contextlib.closing(RosWorld(arm6, task.objects, **options)) as world:
        assert not world.simulated
        with pytest.raises(StateError, match="'object' is .* m from where"):
            world.reset(start)
        assert "put 'object' at" in said.pop()
        with pytest.raises(SafetyError, match="not free: shoulder_link is .* from wrist_3_link"):
            world.reset(Start(arm6.home + BEHIND, places=start.places))
    options["reset_service"] = "driver/reset"
    assert graph.set_parameter("/real/driver", "seed", SEED).successful
    with contextlib.closing(RosWorld(arm6, task.objects, **options)) as world:
        state = world.reset(start).state
    np.testing.assert_allclose(state.q, start.q, atol=1e-2)
    assert not said


def test_a_second_sender_is_refused(graph, arm6):
    topic = f"/scene/{arm6.controller_topic}"
    graph.publisher(JointTrajectory, topic)
    with pytest.raises(StateError, match=f"probe may send to {topic} as well"):
        RosWorld(arm6, namespace="scene", patience=0.5)


def test_without_an_arm_it_says_so(graph, arm6):
    with pytest.raises(RobotLearningError, match="nobody publishes /nowhere/joint_states"):
        RosWorld(arm6, namespace="nowhere", patience=0.2)
