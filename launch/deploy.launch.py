"""A bundle beside an arm, behind the safety node.

ros2 launch robot_learning deploy.launch.py robot:=panda bundle:=runs/demo/bundle hardware:=sim

With hardware:=real nothing is assumed of the arm but ros2_control's topics: /joint_states and
the controller's; start its driver yourself, and pass controller_topic:= where it has another name.
"""

from pathlib import Path

from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from launch import LaunchContext, LaunchDescription
from robot_learning.nodes.launching import refuse_death


def nodes(context: LaunchContext) -> list[Node]:
    given = {
        name: LaunchConfiguration(name).perform(context)
        for name in ("robot", "bundle", "hardware", "controller", "controller_topic", "gui")
    }
    arm = {"robot": given["robot"], "controller_type": given["controller"]}
    if given["controller_topic"]:
        arm["controller_topic"] = given["controller_topic"]
    deployed = {"bundle": str(Path(given["bundle"]).resolve())}
    policy = {**deployed, "robot": given["robot"], "autostart": True}
    wanted = [
        ("safety_node", arm),
        ("policy_node", policy),
        ("monitor_node", deployed),
    ]
    if given["hardware"] == "sim":
        wanted.insert(0, ("sim_node", {**arm, "gui": given["gui"] == "true"}))
    return [
        Node(
            package="robot_learning",
            executable=name,
            namespace=LaunchConfiguration("namespace"),
            output="screen",
            parameters=[parameters],
            on_exit=refuse_death,
        )
        for name, parameters in wanted
    ]


def generate_launch_description() -> LaunchDescription:
    return LaunchDescription(
        [
            DeclareLaunchArgument("robot", default_value="arm6", description="Name or YAML file"),
            DeclareLaunchArgument("bundle", description="Folder of the policy bundle"),
            DeclareLaunchArgument(
                "hardware",
                default_value="sim",
                choices=["sim", "real"],
                description="sim starts a simulated arm; real expects one on the topics",
            ),
            DeclareLaunchArgument(
                "controller",
                default_value="joint_trajectory_controller",
                choices=["joint_trajectory_controller", "forward_position_controller"],
                description="Type of the controller that moves the arm",
            ),
            DeclareLaunchArgument(
                "controller_topic",
                default_value="",
                description="Its topic, where it is not the usual one",
            ),
            DeclareLaunchArgument(
                "gui",
                default_value="false",
                choices=["true", "false"],
                description="Open PyBullet's window (hardware:=sim)",
            ),
            DeclareLaunchArgument(
                "namespace",
                default_value="",
                description="Of all nodes and topics; a second arm needs one of its own",
            ),
            OpaqueFunction(function=nodes),
        ]
    )
