import importlib
from pkgutil import iter_modules

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from robot_learning.base.errors import BundleError, ConfigError, StateError
from robot_learning.base.types import ArmState, Input, JointCommand
from robot_learning.kinematics import ArmModel
from robot_learning.policy import History, Interface, terms
from robot_learning.policy.terms import TERMS


@pytest.fixture
def model(arm6):
    return ArmModel(arm6)


@pytest.fixture
def interface(arm6):
    goals = ("tip_position", "goal_position")
    observed = tuple(name for name in TERMS if name not in goals)
    return Interface(joints=arm6.joints, observed=observed)


@pytest.fixture
def state(arm6):
    return ArmState(arm6.home, np.full(arm6.n, 0.25), 0.0)


@pytest.fixture
def goal():
    """Every input there is."""
    given = {
        "goal": np.array([0.4, 0.1, 0.3]),
        "goal_rotation": Rotation.from_euler("z", 0.3).as_matrix(),
        "stack_goal": np.array([0.4, 0.1, 0.35]),
        "object": np.array([0.3, 0.0, 0.02]),
        "second": np.array([0.3, 0.2, 0.02]),
        "gripper_opening": np.array([0.25]),
    }
    return {name: Input(value, 0.0) for name, value in given.items()}


def test_terms_look_ahead_by_what_a_command_is_late(interface, model, state, goal):
    history = History.start(interface)
    before = {**goal, "object": Input(goal["object"].value - [0.004, 0.0, 0.0], 0.0)}
    resting = JointCommand(np.zeros(len(interface.joints)))
    history.push(np.zeros(interface.n_action), before, resting)
    late = interface.observe(model, state, goal, history, 0.1)
    ahead = ArmState(state.q + 0.1 * state.qd, state.qd, 0.1)
    moved = {**goal, "object": Input(goal["object"].value + [0.01, 0.0, 0.0], 0.1)}
    history.previous_inputs["object"] = moved["object"].value - [0.004, 0.0, 0.0]
    np.testing.assert_allclose(
        late, interface.observe(model, ahead, moved, history), rtol=1e-5, atol=1e-6
    )
    now = interface.observe(model, state, goal, history)
    parts = interface.term_slices()
    for name in ("tip_position", "joint_position", "object_offset"):
        assert np.abs(late - now)[parts[name]].max() > 0.005


def test_terms_are_what_they_say(interface, model, state, goal, arm6):
    history = History.start(interface)
    before = {**goal, "object": Input(goal["object"].value - [0.004, 0.0, 0.0], 0.0)}
    history.push(np.linspace(-1, 1, arm6.n), before, JointCommand(np.zeros(arm6.n)))
    flat = interface.observe(model, state, goal, history)
    assert flat.shape == (interface.n_obs,) and flat.dtype == np.float32
    parts = {name: flat[part] for name, part in interface.term_slices().items()}
    np.testing.assert_allclose(parts["tip_position"], model.forward(arm6.home)[:3, 3], atol=1e-6)
    np.testing.assert_allclose(parts["goal_position"], [0.4, 0.1, 0.3], atol=1e-6)
    tip = model.forward(arm6.home)
    np.testing.assert_allclose(parts["tip_rotation"], tip[:3, :2].T.ravel(), atol=1e-6)
    np.testing.assert_allclose(
        parts["tip_velocity"], model.jacobian(arm6.home)[:3] @ state.qd, atol=1e-6
    )
    c, s = np.cos(0.3), np.sin(0.3)
    np.testing.assert_allclose(parts["goal_rotation"], [c, s, 0, -s, c, 0], atol=1e-6)
    np.testing.assert_allclose(parts["object_position"], [0.3, 0.0, 0.02], atol=1e-6)
    np.testing.assert_allclose(parts["object_offset"], [0.3, 0.0, 0.02] - tip[:3, 3], atol=1e-6)
    np.testing.assert_allclose(parts["object_way"], [0.1, 0.1, 0.28], atol=1e-6)
    np.testing.assert_allclose(parts["object_velocity"], [0.1, 0.0, 0.0], atol=1e-6)
    np.testing.assert_allclose(parts["second_way"], [0.1, -0.1, 0.33], atol=1e-6)
    x, y = tip[:2, 3] - [0.3, 0.0]
    line = [np.sqrt(0.5), np.sqrt(0.5), (x + y) * np.sqrt(0.5), (x - y) / 2, (y - x) / 2]
    np.testing.assert_allclose(parts["object_line"], line, atol=1e-6)
    assert parts["object_arrived"] == 0.0
    np.testing.assert_array_equal(parts["next_offset"], parts["object_offset"])
    np.testing.assert_array_equal(parts["next_way"], parts["object_way"])
    near = {**goal, "object": Input(goal["goal"].value + [0.0, 0.006, 0.0], 0.0)}
    flat = interface.observe(model, state, near, history)
    np.testing.assert_allclose(
        flat[interface.term_slices()["object_arrived"]], [np.exp(-0.36)], atol=1e-6
    )
    np.testing.assert_array_equal(flat[interface.term_slices()["next_way"]], parts["second_way"])
    np.testing.assert_allclose(parts["goal_velocity"], 0.0)
    np.testing.assert_allclose(parts["gripper_opening"], [0.25])
    np.testing.assert_allclose(parts["joint_velocity"], 0.25 / arm6.velocity, atol=1e-6)
    np.testing.assert_allclose(parts["previous_action"], np.linspace(-1, 1, arm6.n), atol=1e-6)
    np.testing.assert_allclose(parts["joint_direction"][: arm6.n], np.cos(arm6.home), atol=1e-6)
    middle = (arm6.lower + arm6.upper) / 2
    centred = interface.observe(model, ArmState(middle, middle * 0, 0.0), goal, history)
    slices = interface.term_slices()
    np.testing.assert_allclose(centred[slices["joint_position"]], 0.0, atol=1e-6)


@pytest.mark.parametrize("name", sorted(TERMS))
def test_a_term_reads_the_inputs_that_it_names_and_no_other(model, state, goal, arm6, name):
    first = () if name == "tip_position" else ("tip_position",)
    interface = Interface(
        joints=arm6.joints,
        achieved=(*first, name),
        desired=(),
        observed=(),
    )
    assert set(interface.needs) == set(TERMS[name].inputs)
    history = History.start(interface)
    interface.observe(model, state, {key: goal[key] for key in interface.needs}, history)
    for needed in interface.needs:
        with pytest.raises(StateError, match=needed):
            interface.observe(model, state, {k: goal[k] for k in goal if k != needed}, history)


def test_terms_say_whether_they_depend_on_the_goal(interface, model, state, goal, arm6):
    history = History.start(interface)
    history.push(np.zeros(arm6.n), goal, JointCommand(np.zeros(arm6.n)))
    slices = interface.term_slices()
    placed = {
        **goal,
        "goal": Input(goal["object"].value + [0.0, 0.004, 0.0], 0.0),
        "goal_rotation": Input(Rotation.from_euler("x", 0.5).as_matrix(), 0.0),
        "stack_goal": Input(goal["second"].value + [0.0, 0.004, 0.0], 0.0),
    }
    here, there = (interface.observe(model, state, inputs, history) for inputs in (goal, placed))
    for name in interface.terms:
        changed = not np.array_equal(here[slices[name]], there[slices[name]])
        assert changed == TERMS[name].of_goal, name


def test_goal_step_moves_the_tip_to_the_goal(interface, model, goal, arm6):
    q = arm6.home
    tip = model.forward(q)[:3, 3]
    offset = np.array([0.0, 0.004, -0.003])
    goal = goal | {"goal": Input(tip + offset, 0.0)}
    state = ArmState(q, np.zeros(arm6.n), 0.0)
    flat = interface.observe(model, state, goal, History.start(interface))
    step = flat[interface.term_slices()["goal_step"]]
    assert np.abs(step).max() <= 1.0
    moved = model.forward(q + step * arm6.velocity * 1e-3)[:3, 3] - tip
    assert moved @ offset / np.linalg.norm(moved) / np.linalg.norm(offset) > 0.95


def test_the_parts_gymnasium_has_make_the_whole(interface, model, state, goal):
    flat = interface.observe(model, state, goal, History.start(interface))
    parts = interface.split(flat)
    np.testing.assert_array_equal(np.concatenate([*parts.values()]), flat)


def test_joint_velocity_is_a_share_of_the_limits(arm6, model, state):
    interface = Interface(joints=arm6.joints)
    qd = interface.decode(model, np.full(arm6.n, 7.0), state).qd
    np.testing.assert_allclose(qd, interface.velocity_scale * arm6.velocity)


@pytest.mark.parametrize("mode", ["joint_velocity", "tip_displacement", "tool_down"])
def test_a_command_is_made_of_positions_and_never_of_a_measured_velocity(arm6, model, mode):
    interface = Interface(joints=arm6.joints, action_mode=mode, acceleration_scale=0.25)
    action = np.linspace(-1.0, 1.0, interface.n_action)
    resting, moving = (
        interface.decode(model, action, ArmState(arm6.home, np.full(arm6.n, qd), 0.0))
        for qd in (0.0, 0.7)
    )
    np.testing.assert_array_equal(resting.qd, moving.qd)
    np.testing.assert_allclose(resting.acceleration, 0.25 * arm6.acceleration)


def test_tip_displacement_moves_the_tip_along(arm6, model):
    interface = Interface(joints=arm6.joints, action_mode="tip_displacement")
    qd = interface.decode(model, [0.0, 1.0, 0.0], ArmState(arm6.home, np.zeros(arm6.n), 0.0)).qd
    velocity = model.jacobian(arm6.home)[:3] @ qd
    assert velocity[1] == pytest.approx(interface.tip_speed, rel=0.1)
    assert np.abs(velocity[[0, 2]]).max() < 0.1 * velocity[1]


@pytest.mark.parametrize("action", [np.zeros(5), np.full(6, np.nan), np.full(6, np.inf), 0.0])
def test_an_action_that_is_none_is_refused(arm6, model, state, action):
    with pytest.raises(StateError):
        Interface(joints=arm6.joints).decode(model, action, state)


def test_what_is_not_finite_or_missing_is_refused(interface, model, state, goal, arm6):
    history = History.start(interface)
    with pytest.raises(StateError, match="'goal_position': no input 'goal'"):
        interface.observe(model, state, {}, history)
    bad = ArmState(arm6.home * np.nan, state.qd, 0.0)
    with pytest.raises(StateError, match="finite"):
        interface.observe(model, bad, goal, history)


def test_it_survives_json(interface):
    assert Interface.from_dict(interface.to_dict()) == interface
    data = interface.to_dict()
    with pytest.raises(BundleError, match="colour"):
        Interface.from_dict({**data, "colour": 1})
    del data["joints"]
    with pytest.raises(BundleError, match="joints"):
        Interface.from_dict(data)


def test_unknown_names_are_refused():
    with pytest.raises(ConfigError, match="telepathy"):
        Interface(joints=("a",), observed=("telepathy",))
    with pytest.raises(ConfigError, match="torque"):
        Interface(joints=("a",), action_mode="torque")


def test_the_tool_is_kept_down_while_it_moves(model, arm6):
    interface = Interface(joints=arm6.joints, action_mode="tool_down")
    tilted = arm6.home + [0, 0, 0, 0.1, -0.1, 0]
    q, dt = tilted.copy(), interface.control_period
    still = np.zeros(arm6.n)
    for _ in range(60):
        q = q + dt * interface.decode(model, [0.0, 0.2, 0.0], ArmState(q, still, 0.0)).qd
    assert np.linalg.norm(model.turn_down(model.forward(tilted))) > 0.1
    assert np.linalg.norm(model.turn_down(model.forward(q))) < 0.02
    moved = (model.forward(q) - model.forward(tilted))[:3, 3]
    assert moved[1] > 0.15 and abs(moved[0]) < 0.03 and abs(moved[2]) < 0.03


def test_the_last_number_of_an_action_is_the_grippers(model, arm6, state):
    interface = Interface(joints=arm6.joints, gripper=True)
    assert interface.n_action == arm6.n + 1
    action = np.append(np.zeros(arm6.n), 0.5)
    assert interface.decode(model, action, state).opening == pytest.approx(0.75)
    alone = Interface(joints=arm6.joints).decode(model, np.zeros(arm6.n), state)
    assert alone.opening is None


def test_no_two_modules_of_terms_name_the_same_one():
    modules = [
        importlib.import_module(f"{terms.__name__}.{m.name}") for m in iter_modules(terms.__path__)
    ]
    assert sum(len(getattr(module, "TERMS", {})) for module in modules) == len(TERMS)
