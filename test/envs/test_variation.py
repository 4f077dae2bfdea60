import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from robot_learning.base.errors import ConfigError
from robot_learning.base.trajectory import Trajectory
from robot_learning.envs import ArmEnv
from robot_learning.robot import RobotSpec
from robot_learning.worlds.bullet import BulletArm, Server
from robot_learning.worlds.variation import (
    NAMES,
    Distribution,
    Randomization,
    Variation,
    load_grid,
    load_shifts,
)


def env_with(task="reach", robot="arm6", **values):
    return ArmEnv(robot=robot, task=task, shift=Randomization(values))


def play(env, seed=0, steps=10, action=0.5):
    env.reset(seed=seed)
    for _ in range(steps):
        info = env.step(np.full(env.interface.n_action, action))[4]
    return env.flat_observation, info


def test_values_are_drawn_for_each_episode_as_the_file_says(tmp_path):
    file = tmp_path / "own.yaml"
    file.write_text(
        "payload: {uniform: [0.2, 0.4]}\nfriction: {log_uniform: [0.5, 2.0]}\n"
        "action_latency: {choice: [0, 2]}\njoint_noise: 0.001\nlink_mass: {normal: [1.0, 5.0]}\n"
    )
    rng = np.random.default_rng(0)
    drawn = [load_shifts(file).draw(rng) for _ in range(200)]
    payloads = [shift.payload for shift in drawn]
    assert 0.2 <= min(payloads) < 0.22 and 0.38 < max(payloads) <= 0.4
    assert 0.9 < np.exp(np.mean(np.log([shift.friction for shift in drawn]))) < 1.1
    assert {shift.action_latency for shift in drawn} == {0, 2}
    assert {shift.joint_noise for shift in drawn} == {0.001}
    assert min(shift.link_mass for shift in drawn) == 0.1  # nothing weighs less than nothing
    largest = {name: load_shifts(file).largest(name) for name in NAMES}
    assert largest["payload"] == 0.4 and largest["friction"] == 2.0 and largest["damping"] == 0.0
    assert largest["action_latency"] == 2 and largest["joint_noise"] == 0.001


def test_some_episodes_are_plain():
    shifts = Randomization({"payload": 1.0, "observation_latency": 2}, plain=0.25)
    rng = np.random.default_rng(0)
    drawn = [shifts.draw(rng) for _ in range(400)]
    plain = [variation for variation in drawn if variation == Variation()]
    assert 70 < len(plain) < 130
    assert all(variation.payload == 1.0 for variation in drawn if variation not in plain)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("payloat: 1", "payloat: unknown key"),
        ("payload: much", "payload"),
        ("plain: 1.5", "plain"),
        ("payload: {uniform: [1]}", "payload"),
        ("payload: {uniform: [2, 1]}", r"\[low, high\]"),
        ("payload: {log_uniform: [0, 1]}", "above 0"),
        ("payload: {uniform: [0, 1], choice: [1]}", "one of"),
        ("grid: {payload: [1]}", "grid"),
        ("[1", "not valid YAML"),
        ("5", "keys and values"),
    ],
)
def test_a_file_that_is_wrong_is_named_with_the_field(tmp_path, text, named):
    file = tmp_path / "wrong.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=f"wrong.yaml.*{named}"):
        load_shifts(file)


def test_shipped_files():
    with pytest.raises(ConfigError, match="grid, mild, training"):
        load_shifts("heavy")
    load_shifts("mild")
    assert load_shifts("training").plain > 0
    assert load_grid("mild") is None
    cases = load_grid("grid")
    assert {case.name for case in cases} == set(NAMES) - {"camera_offset"}
    assert cases[0].shift.draw(np.random.default_rng(0)).link_mass == cases[0].value


def test_equal_seeds_give_equal_shifted_episodes():
    env = ArmEnv(robot="arm6", task="push", shift="mild")
    first = play(env, 3)[0]
    play(env, 4)
    np.testing.assert_array_equal(play(env, 3)[0], first)
    assert (play(env, 4)[0] != first).any()
    env.close()


def test_the_checker_passes_where_sensors_are_noisy():
    env = env_with(joint_noise=0.01, observation_latency=1)
    check_env(env, skip_render_check=True)
    env.close()


def test_observations_come_late():
    env = env_with(observation_latency=2)
    env.reset(seed=0)
    start = env.state.q
    for step in range(1, 6):
        env.step(np.ones(6))
        assert env.state.stamp == pytest.approx(max(env.time - 0.08, 0.0))
        assert (env.state.q == start).all() == (step <= 2)
    env.close()


def test_a_teacher_is_told_at_once_and_without_noise_but_with_the_bias():
    values = {"observation_latency": 2, "input_noise": 0.01, "joint_noise": 0.01}
    env = env_with("push", "panda", **values, action_latency=1, input_bias=0.02, joint_bias=0.01)
    env.reset(seed=0)
    box, arm = (
        env.ideal.inputs["object"].value - env.world.objects.positions()["object"],
        env.ideal.state.q - env.world.arm.state().q,
    )
    assert 0.005 < np.linalg.norm(box) and 0.005 < np.linalg.norm(arm)
    for _ in range(3):
        env.step(np.ones(3))
        ideal = env.ideal
        assert ideal.state.stamp == env.time and ideal.delay == env.robot.control_period
        np.testing.assert_allclose(ideal.state.q - env.world.arm.state().q, arm, atol=1e-12)
        seen = ideal.inputs["object"].value - env.world.objects.positions()["object"]
        np.testing.assert_allclose(seen, box, atol=1e-12)
        assert (env.state.q != ideal.state.q).all()
    np.testing.assert_array_equal(ideal.history.previous_action, env.history.previous_action)
    env.close()


def test_commands_come_late():
    env = env_with(action_latency=2)
    env.reset(seed=0)
    start = env.state.q
    moved = []
    for _ in range(4):
        env.step(np.ones(6))
        moved.append(np.abs(env.state.q - start).max() > 1e-3)
    assert moved == [False, False, True, True]
    env.close()


def test_a_late_policy_sees_the_arm_where_a_command_takes_effect():
    env = env_with(action_latency=1, observation_latency=1)
    env.reset(seed=0)
    rng, off = np.random.default_rng(0), []
    for step in range(60):
        env.step(np.clip(np.sin(step / 5) + rng.normal(0.0, 0.2, 6), -1.0, 1.0))
        seen, _ = env.history.ahead(env.model, env.state, env.inputs, env.delay)
        wanted = env.filter.reference(env.time)[0]
        off.append([np.abs(q - wanted).max() for q in (seen.q, env.state.q)])
    ahead, late = np.median(off[20:], axis=0)
    assert env.delay == pytest.approx(0.08) and ahead < 0.1 * late
    env.close()


def test_states_that_are_dropped_never_arrive():
    env = env_with(dropped=0.5)
    env.reset(seed=0)
    stamps = []
    for _ in range(100):
        env.step(np.zeros(6))
        stamps.append(env.state.stamp)
    assert 30 < len(set(stamps)) < 70
    env.close()


def test_success_is_of_what_is_and_not_of_what_is_seen():
    env = env_with("push", "panda", input_bias=0.5)
    observation, info = env.reset(seed=0)
    task, seen = env.task, env.inputs["object"].value
    true = env.world.objects.positions()["object"]
    assert np.linalg.norm(seen - true) > 0.05
    assert info["distance"] == pytest.approx(np.linalg.norm(true - task.goal), abs=1e-6)
    np.testing.assert_allclose(observation["achieved_goal"], seen, atol=1e-6)
    env.close()


@pytest.mark.parametrize(
    ("values", "least"),
    [
        ({"motor_gain": 0.2}, 1e-2),
        ({"motor_force": 0.05, "payload": 5.0}, 1e-3),
        ({"link_mass": 5.0, "motor_force": 0.1}, 1e-3),
    ],
)
def test_a_shifted_arm_moves_otherwise(arm6, values, least):
    def ends(shift):
        world = Server()
        arm = BulletArm(world, arm6)
        arm.vary(**shift)
        arm.reset(arm6.home)
        q = np.array([arm6.home, arm6.home + 0.2])
        end = arm.step(Trajectory(np.array([0.0, 0.4]), q, np.zeros((2, 6))), 0.4).q
        arm.vary()
        arm.reset(arm6.home)
        again = arm.step(Trajectory(np.array([0.0, 0.4]), q, np.zeros((2, 6))), 0.4).q
        world.close()
        return end, again

    plain, _ = ends({})
    shifted, back = ends(values)
    assert np.abs(shifted - plain).max() > least
    np.testing.assert_allclose(back, plain, atol=1e-9)


@pytest.mark.parametrize("robot", ["ur5", "xarm6", "arm6", "panda"])
def test_light_wrists_bear_damping_with_weak_motors(robot):
    world, spec = Server(physics_dt=0.008), RobotSpec.load(robot)
    arm = BulletArm(world, spec)
    arm.vary(damping=2.0, motor_gain=0.4)
    arm.reset(spec.home)
    way = np.array([spec.home, spec.home + 0.2])
    states = [arm.step(Trajectory(np.array([0.0, 0.4]), way, np.zeros_like(way)), 0.4)]
    states += [arm.step(Trajectory.rest(way[1]), 0.04) for _ in range(50)]
    world.close()
    assert max(np.abs(state.qd).max() for state in states) < 2.0
    assert np.abs(states[-1].q - way[1]).max() < 0.02


def test_a_slippery_floor_and_a_tilted_one():
    def slides(**values):
        env = env_with("slide", "panda", **values)
        env.reset(seed=0)
        start = env.world.objects.positions()["object"]
        for _ in range(60):
            env.step(np.zeros(3))
        end = env.world.objects.positions()["object"]
        env.close()
        return np.linalg.norm(end - start)

    assert slides() < 1e-3
    assert slides(gravity_tilt=0.1) > 0.05  # tan 0.1 is above the coefficient, 0.05
    assert slides(gravity_tilt=0.1, friction=4.0) < 1e-2


def test_one_of_two_values_is_enough_of_a_distribution():
    with pytest.raises(ValueError, match="one of"):
        Distribution()
