"""A simulated arm on ros2_control's topics.

ros2 launch robot_learning sim.launch.py robot:=panda gui:=true
"""

from launch.actions import DeclareLaunchArgument
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

from launch import LaunchDescription
from robot_learning.nodes.launching import refuse_death


def generate_launch_description() -> LaunchDescription:
    robot = LaunchConfiguration("robot")
    controller = LaunchConfiguration("controller")
    gui = LaunchConfiguration("gui")
    return LaunchDescription(
        [
            DeclareLaunchArgument("robot", default_value="arm6", description="Name or YAML file"),
            DeclareLaunchArgument(
                "controller",
                default_value="joint_trajectory_controller",
                choices=["joint_trajectory_controller", "forward_position_controller"],
                description="The ros2_control controller that the simulation stands in for",
            ),
            DeclareLaunchArgument(
                "gui", default_value="false", description="Open PyBullet's window"
            ),
            DeclareLaunchArgument(
                "namespace", default_value="", description="Of the node and its topics"
            ),
            Node(
                package="robot_learning",
                executable="sim_node",
                namespace=LaunchConfiguration("namespace"),
                on_exit=refuse_death,
                output="screen",
                parameters=[
                    {
                        "robot": robot,
                        "controller_type": controller,
                        "gui": ParameterValue(gui, value_type=bool),
                    }
                ],
            ),
        ]
    )
