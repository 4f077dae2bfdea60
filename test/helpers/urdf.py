"""Small URDFs and their YAML files."""

from pathlib import Path

from robot_learning.robot import RobotSpec

INERTIAL = """<inertial><origin xyz="0 0 0.05"/><mass value="1"/>
  <inertia ixx="0.002" iyy="0.002" izz="0.001" ixy="0" ixz="0" iyz="0"/></inertial>"""
CYLINDER = '<geometry><cylinder radius="0.03" length="0.2"/></geometry>'
LIMIT = '<limit lower="-2" upper="2" effort="50" velocity="2"/>'
BODY = f'<collision><origin xyz="0 0 0.12"/>{CYLINDER}</collision>'

URDF = """<robot name="small">
  {above}
  <link name="base">{inertial}
    <collision><geometry><box size="0.1 0.1 0.04"/></geometry></collision></link>
  <joint name="{names[0]}" type="{kind}"><parent link="base"/><child link="l1"/>
    <origin xyz="0 0 0.1"/><axis xyz="0 1 0"/>{limit}</joint>
  <link name="l1">{inertial}{body}</link>
  <joint name="{names[1]}" type="{kind}"><parent link="l1"/><child link="l2"/>
    <origin xyz="0 0 0.3"/><axis xyz="0 1 0"/>{limit}</joint>
  <link name="l2">{inertial}{body}</link>
  <joint name="tip_joint" type="fixed"><parent link="l2"/><child link="tip"/>
    <origin xyz="0 0 0.25"/></joint>
  <link name="tip"/>
  {extra}
</robot>
"""
YAML = """urdf: small.urdf
base_link: {base}
tip_link: tip
home: {home}
limits:
  default: {default}
workspace: {{lower: [0.1, -0.1, 0.1], upper: [0.5, 0.1, 0.5]}}
{more}
"""
HOME = "{{{names[0]}: 0.4, {names[1]}: 0.8}}"
DEFAULT = "{acceleration: 5.0, lower: -2.0, upper: 2.0, velocity: 1.0}"


def write_arm(
    folder: Path,
    *,
    kind: str = "revolute",
    limit: str = LIMIT,
    inertial: str = INERTIAL,
    body: str = BODY,
    extra: str = "",
    above: str = "",
    base: str = "base",
    names: tuple[str, str] = ("j1", "j2"),
    more: str = "",
    **changes: object,
) -> RobotSpec:
    """Write an arm of two joints below a base and read it."""
    parts = {name: value for name, value in locals().items() if name != "changes"}
    return RobotSpec.load(write_files(**parts, **changes))


def write_files(folder: Path, **parts: object) -> Path:
    """Write the URDF and the YAML file of an arm and return the latter."""
    (folder / "small.urdf").write_text(URDF.format(**parts))
    path = folder / "small.yaml"
    given = {"home": HOME.format(**parts), "default": DEFAULT, **parts}
    path.write_text(YAML.format(**given))
    return path
