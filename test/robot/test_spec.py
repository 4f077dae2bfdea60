import re

import numpy as np
import pytest
from helpers.robots import robot_yaml

from robot_learning.base.errors import ConfigError
from robot_learning.base.paths import share_dir
from robot_learning.robot import RobotSpec, available_robots

URDF = (share_dir() / "urdf/arm6.urdf").read_text()


def test_shipped_robots_are_consistent(spec):
    assert spec.n in (5, 6, 7)
    assert (spec.lower < spec.soft_lower).all() and (spec.soft_upper < spec.upper).all()
    assert (spec.home >= spec.soft_lower).all() and (spec.home <= spec.soft_upper).all()
    assert (spec.velocity > 0).all() and (spec.acceleration > 0).all()


def test_the_robots_of_the_issue_are_shipped():
    assert {"arm6", "panda", "iiwa", "xarm6"} <= set(available_robots())


def test_arrays_are_read_only(arm6):
    with pytest.raises(ValueError):
        arm6.lower[0] = 0.0


def test_hash_follows_what_a_policy_depends_on(tmp_path, arm6):
    (tmp_path / "a").mkdir(), (tmp_path / "b").mkdir()
    one = RobotSpec.load(robot_yaml(tmp_path / "a"))
    slower = RobotSpec.load(
        robot_yaml(tmp_path / "b", limits__shoulder_pan_joint={"velocity": 0.5})
    )
    other_topic = robot_yaml(tmp_path / "b", controller__topic="/elsewhere")
    assert one.hash != slower.hash
    assert one.hash == RobotSpec.load(other_topic).hash


def test_a_controller_listens_to_its_usual_topic(tmp_path):
    velocities = {"type": "forward_velocity_controller"}
    spec = RobotSpec.load(robot_yaml(tmp_path, controller=velocities))
    assert spec.controller_topic == "forward_velocity_controller/commands"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"colour": "red"}, "colour: unknown key"),
        ({"base_link": None}, "base_link"),
        ({"tip_link": "nose"}, "tip_link.*nose"),
        ({"urdf__": None, "urdf": "x"}, "."),
        ({"home__joint9": 0.0}, "home.joint9"),
        ({"home__shoulder_pan_joint": None}, "home.*shoulder_pan_joint"),
        ({"home__shoulder_pan_joint": 9.0}, "home.shoulder_pan_joint"),
        ({"limits__joint9": {"velocity": 1.0}}, "limits.joint9"),
        (
            {"limits__shoulder_pan_joint": {"velocity": 99.0}},
            "limits.shoulder_pan_joint.velocity.*tighten",
        ),
        (
            {"limits__shoulder_pan_joint": {"upper": 99.0}},
            "limits.shoulder_pan_joint.upper.*tighten",
        ),
        (
            {"limits__shoulder_pan_joint": {"lower": 1.0, "upper": 0.5}},
            "limits.shoulder_pan_joint",
        ),
        ({"limits__shoulder_pan_joint": {"velocity": -1.0}}, "velocity"),
        ({"limits__shoulder_pan_joint": {"velocity": float("nan")}}, "velocity"),
        ({"limits__shoulder_pan_joint": {"margin": 4.0}}, "margin"),
        ({"limits__default": {}}, "acceleration: missing"),
        ({"workspace": {"lower": [1, 1, 1], "upper": [0, 0, 0]}}, "workspace"),
        ({"control_period": 0}, "control_period"),
        ({"controller": {"type": "effort_controller"}}, "controller.type"),
        ({"hold": {"ghost": 0.0}}, "hold.ghost"),
    ],
)
def test_a_bad_yaml_file_is_refused_by_name_and_field(tmp_path, changes, named):
    changes = {key: value for key, value in changes.items() if key != "urdf__"}
    file = robot_yaml(tmp_path)
    if "urdf" in changes:
        file.write_text(file.read_text().replace("arm.urdf", "nowhere.urdf"))
        named = "nowhere.urdf"
    else:
        file = robot_yaml(tmp_path, **changes)
    with pytest.raises(ConfigError, match=re.compile(named, re.DOTALL)) as error:
        RobotSpec.load(file)
    assert "arm.yaml" in str(error.value) or "arm.urdf" in str(error.value)


@pytest.mark.parametrize(
    ("pattern", "replacement", "named"),
    [
        (
            r'<joint name="shoulder_lift_joint" type="revolute">',
            '<joint name="shoulder_lift_joint" type="floating">',
            "shoulder_lift_joint.*floating",
        ),
        (
            r'(<joint name="shoulder_lift_joint".*?)(<limit)',
            r'\1<mimic joint="shoulder_pan_joint"/>\2',
            "shoulder_lift_joint.*mimic",
        ),
        (
            r'(<joint name="shoulder_lift_joint".*?)<limit[^>]*/>',
            r"\1",
            "shoulder_lift_joint.*limit",
        ),
        (r'velocity="[^"]*"', 'velocity="fast"', "velocity='fast'"),
        (
            r"(<collision>.*?)<geometry>.*?</geometry>",
            r'\1<geometry><mesh filename="gone.stl"/></geometry>',
            "gone.stl",
        ),
        (r"</robot>", "", "not valid XML"),
    ],
)
def test_a_bad_urdf_is_refused_by_name(tmp_path, pattern, replacement, named):
    urdf = re.sub(pattern, replacement, URDF, count=1, flags=re.DOTALL)
    assert urdf != URDF
    with pytest.raises(ConfigError, match=named):
        RobotSpec.load(robot_yaml(tmp_path, urdf=urdf))


def test_an_unknown_robot_lists_the_known(tmp_path):
    with pytest.raises(ConfigError, match="wallace.*arm6.*panda"):
        RobotSpec.load("wallace")


def test_a_yaml_file_may_tighten(tmp_path):
    spec = RobotSpec.load(
        robot_yaml(tmp_path, limits__shoulder_pan_joint={"upper": 0.5, "velocity": 0.4})
    )
    assert spec.upper[0] == 0.5 and spec.velocity[0] == 0.4
    assert np.isclose(spec.soft_upper[0], 0.49)
