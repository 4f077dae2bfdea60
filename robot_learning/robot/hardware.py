"""What a driver's YAML file may say: how ros2_control's topics and joints are called there."""

from pydantic import Field, PositiveFloat

from robot_learning.base.settings import Section
from robot_learning.robot.schema import Controller, GripperController


class HardwareFile(Section):
    """A file of ``config/hardware``: a driver, and what it calls things.

    Attributes:
        driver: the command that starts it.
        robot: shipped robot with the driver's joint names, taken where neither a robot nor a
            bundle is given.
        joints: of the arm, as the driver names them, from base to tip.
        joint_states: topic of the joint states.
        rate: of the joint states, Hz.
        controller: what moves the arm.
        gripper: what moves the gripper; left out where no controller that this package knows
            does.
        remap: further topics and services, and what they are called instead.
    """

    driver: str
    robot: str = ""
    joints: list[str] = Field(min_length=1)
    joint_states: str = "joint_states"
    rate: PositiveFloat
    controller: Controller
    gripper: GripperController | None = None
    remap: dict[str, str] = Field(default_factory=dict)
