"""What a running robot tells of itself, over real DDS."""

import threading

import pytest
import rclpy
from helpers.graph import LATCHED
from helpers.processes import claim_domain
from rclpy.context import Context
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from std_msgs.msg import Float64MultiArray, String
from trajectory_msgs.msg import JointTrajectory

from robot_learning.base.errors import StateError
from robot_learning.nodes.description import hear
from robot_learning.robot.controllers import Heard, controller_of


@pytest.fixture
def context(monkeypatch):
    domain, claim = claim_domain()
    monkeypatch.setenv("ROS_DOMAIN_ID", str(domain))
    context = Context()
    rclpy.init(args=[], context=context)
    yield context
    context.try_shutdown()
    claim.close()


def spin(context, *nodes):
    executor = SingleThreadedExecutor(context=context)
    for node in nodes:
        executor.add_node(node)

    def run():
        try:
            executor.spin()
        except ExternalShutdownException:
            return

    threading.Thread(target=run, daemon=True).start()


def test_a_running_robot_tells_its_urdf_and_its_controllers(context):
    robot = Node("robot_state_publisher", context=context)
    robot.create_publisher(String, "robot_description", LATCHED).publish(String(data="<robot/>"))
    arm = Node("arm_controller", context=context)
    arm.declare_parameter("joints", Parameter.Type.STRING_ARRAY)
    arm.set_parameters([Parameter("joints", value=["j1", "j2"])])
    arm.create_subscription(JointTrajectory, "~/joint_trajectory", lambda _: None, 1)
    grip = Node("gripper_controller", context=context)
    grip.create_subscription(Float64MultiArray, "~/commands", lambda _: None, 1)
    grip.create_publisher(JointTrajectory, "nobody/joint_trajectory", 1)
    spin(context, robot, arm, grip)
    text, heard = hear(patience=60)
    moves = Heard("joint_trajectory_controller", "/arm_controller/joint_trajectory", ("j1", "j2"))
    fingers = Heard("forward_position_controller", "/gripper_controller/commands", ())
    assert text == "<robot/>" and sorted(heard) == sorted([moves, fingers])
    assert controller_of(["j2"], heard) == moves and controller_of(["j3"], heard) is None


def test_a_description_that_never_comes_is_one_line(context):
    with pytest.raises(StateError, match=r"^/left/robot_description: no URDF in 0.5 s, nobody"):
        hear("/left/robot_description", 0.5)
