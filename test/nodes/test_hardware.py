"""Stand-ins for the drivers of ``config/hardware``, moved through the ladder; no real arm."""

import re
import signal

import numpy as np
import pytest
import yaml
from helpers.graph import Graph, value_of
from helpers.processes import ROOT
from helpers.robots import robot_yaml, scripted_bundle
from trajectory_msgs.msg import JointTrajectory

from robot_learning.base.errors import ConfigError
from robot_learning.base.paths import config_dir, resolve_uri
from robot_learning.base.settings import read, shipped
from robot_learning.kinematics import ArmModel
from robot_learning.monitoring.ladder import MODES, THRESHOLDS, Record, Seen
from robot_learning.nodes.arm import Arm, behind, mode_of
from robot_learning.nodes.system import deployment
from robot_learning.policy import PolicyBundle
from robot_learning.robot import RobotSpec
from robot_learning.robot.hardware import HardwareFile

FILES = shipped("hardware")
IN_CI = "xarm"  # whose topics have the most names of their own
SIX = ["shoulder_pan", "shoulder_lift", "elbow", "wrist_1", "wrist_2", "wrist_3"]
NEAR = 0.15  # rad that the first two joints go
MOMENT = 0.5  # s in which a node learns whose joint states it hears
EVERYWHERE = {"lower": [-2.0, -2.0, 0.0], "upper": [2.0, 2.0, 2.0]}


def driver_of(name):
    return read(HardwareFile, config_dir() / "hardware" / f"{name}.yaml")


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_hardware_has_a_page_with_its_launch_lines(name):
    driver = driver_of(name)
    page = (ROOT / f"docs/hardware/{name}.md").read_text(encoding="utf-8")
    assert driver.driver in page and f"hardware:={name}" in page
    assert f"({name}.md)" in (ROOT / "docs/hardware/README.md").read_text(encoding="utf-8")
    if driver.robot:
        assert list(RobotSpec.load(driver.robot).joints) == driver.joints


def test_what_was_said_of_an_arm_goes_before_its_drivers_file():
    arm = behind(Arm(), "xarm")
    assert (arm.robot, arm.simulated) == ("xarm6", False)
    assert arm.controller_topic == "xarm6_traj_controller/joint_trajectory"
    own = behind(Arm(controller_topic="mine", remaps={"joint_states": "j"}), "xarm")
    assert (own.controller_topic, own.remaps) == ("mine", {"joint_states": "j"})


@pytest.mark.parametrize(
    ("robot", "hardware", "words"),
    [
        ("panda", "franka", "franka.yaml: joints: the driver names fr3_joint1"),
        ("panda", "frank", "hardware 'frank': no such file.*did you mean 'franka'"),
    ],
)
def test_a_driver_of_another_arm_is_refused(robot, hardware, words):
    with pytest.raises(ConfigError, match=words):
        behind(Arm(robot=robot), hardware)


def arm_with(joints, folder):
    """Return the YAML file of an arm whose joints have these names, whatever its geometry."""
    if len(joints) <= len(SIX):
        urdf = (ROOT / "urdf/arm6.urdf").read_text()
        data = yaml.safe_load((config_dir() / "robots/arm6.yaml").read_text())
        names = dict(zip([f"{name}_joint" for name in SIX], joints, strict=False))
        tip = "tool0" if len(joints) == len(SIX) else f"{SIX[len(joints) - 1]}_link"
    else:
        data = yaml.safe_load((config_dir() / "robots/iiwa.yaml").read_text())
        path = resolve_uri(data["urdf"], folder)
        found = r'filename="(?!package)'
        urdf = re.sub(found, f'filename="{path.parent}/', path.read_text())
        names = dict(zip(data["home"], joints, strict=True))
        tip = data["tip_link"]
    for old, new in names.items():
        urdf = urdf.replace(f'"{old}"', f'"{new}"')
    home = {new: data["home"][old] for old, new in names.items()}
    limits = {names.get(key, key): value for key, value in data["limits"].items()}
    own = {"base_link": data["base_link"], "tip_link": tip, "workspace": EVERYWHERE}
    return robot_yaml(folder, urdf, home=home, limits=limits, **own)


class StandIn(Graph):
    """A driver that is called as a file of hardware says, and the nodes beside it."""

    def __init__(self, name, folder):
        driver = driver_of(name)
        robot = arm_with(driver.joints, folder)
        super().__init__(
            robot,
            topic=f"/{driver.controller.topic}",
            heard_on=f"/{driver.joint_states}",
            rate=driver.rate,
        )
        self.env["XDG_DATA_HOME"] = str(folder)
        self.model = ArmModel(self.spec)
        self.bundle = PolicyBundle.load(scripted_bundle(folder / "bundle", robot).path)
        said = Arm(robot=str(robot), bundle=str(self.bundle.path))
        self.arm = behind(said, name)
        self.sent = self.listen(JointTrajectory, f"/{driver.controller.topic}")
        spec, bundle = self.spec, self.bundle
        self.record = Record((spec.name, spec.hash), (bundle.name, bundle.hash))

    def climb(self, mode):
        """Start the lowest rung that is not passed, and wait until it is served as ``mode``."""
        for start in deployment(self.arm):
            if start.name != "monitor_node":
                given = {**start.defaults, **start.given}
                self.start(start.name, remaps=start.remaps, **given)
        del self.status[:], self.sent[:]
        # Some of what the rung before said may be heard only now.
        served = lambda: [value_of(self.status[-1], key) for key in ("mode", "start")]  # noqa: E731
        self.until(lambda: self.status and served()[0] == mode and served()[1])

    def end(self):
        self.spin(MOMENT)
        self.run(0.1)
        for name in ("policy_node", "safety_node"):
            process = self.processes.pop(name)
            process.send_signal(signal.SIGINT)
            assert self.ends(process, self.driver.advance) == 0
        self.follow_policy = False

    def goal_near(self, sign=1.0):
        way = np.zeros(self.spec.n)
        way[:2] = sign * NEAR
        return self.model.forward(self.spec.home + way)[:3, 3]

    def off(self, goal):
        return float(np.linalg.norm(self.model.forward(self.q())[:3, 3] - goal))

    def reach(self, goal):
        self.pursue(goal)
        self.until(lambda: "goal reached" in self.policy_status(), 12.0)


OTHERS = [pytest.param(name, marks=pytest.mark.slow) for name in FILES if name != IN_CI]


@pytest.mark.parametrize("name", [IN_CI, *OTHERS])
def test_a_stand_in_climbs_the_ladder(name, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    arm = StandIn(name, tmp_path)
    try:
        for mode in MODES:
            assert mode_of(arm.arm) == mode
            arm.climb(mode)
            goal = arm.goal_near(1.0 if mode != "full" else -1.0)
            if mode == "shadow":
                arm.pursue(goal)  # And nobody moves the arm.
                arm.run(0.3)
                assert float(value_of(arm.status[-1], "disagreement.tip")) > 0.01
            else:
                arm.reach(goal)
            sends = mode in ("reduced", "full")
            assert bool(arm.sent) == sends and (arm.off(goal) < 0.02) == sends
            arm.end()
            threshold = THRESHOLDS[mode]
            arm.record.add(mode, Seen(steady=threshold.steady, goals=threshold.goals))
        assert all(arm.record.seen[mode].decisions for mode in MODES)
    finally:
        arm.close()
