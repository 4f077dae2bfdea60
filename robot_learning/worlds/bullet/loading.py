"""A robot's URDF as Bullet is to read it, and the body that Bullet makes of it.

Bullet's own merging of fixed links loses the centre of mass of the link that they are fixed to,
and it gives a link without ``<inertial>`` a mass of 1 kg. So what is fixed is merged here, and
each moving link is given the inertia that Pinocchio finds.
"""

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from robot_learning.base.errors import ConfigError
from robot_learning.kinematics import ArmModel
from robot_learning.kinematics.inertia import LinkInertia, link_inertias
from robot_learning.kinematics.model import bounded_urdf
from robot_learning.robot import RobotSpec
from robot_learning.robot.urdf_file import collada_header, end, in_metres
from robot_learning.worlds.bullet.server import bullet, quiet

Array = NDArray[np.float64]
ENDLESS = ("0", "-1")  # limits of a joint that has none
# A uniform box has moments of m (a² + b²) / 12; no mass distribution within it has over twelve
# times those about any point of it.
BOX_BOUND = 12.0
# By the robot's hash: whether the moments of its URDF fit its shapes.
_fit: dict[str, bool] = {}


def load_body(
    spec: RobotSpec,
    fixed: Mapping[str, float],
    client: int,
    *,
    self_collision: bool = False,
    merge: bool = True,
) -> int:
    """Return Bullet's number of a robot whose root stands so that its world is the base frame.

    Args:
        spec: the robot.
        fixed: joints outside the chain that do not move, and where they are, rad or m.
        client: Bullet's number of the physics server.
        self_collision: let the robot's links touch each other.
        merge: make one body of what is fixed to each other; where not, each link of the URDF
            keeps its name, and the body is no longer one to simulate.

    Raises:
        ConfigError: where Bullet can't read the file.
    """
    flags = bullet.URDF_USE_SELF_COLLISION if self_collision else 0
    flags |= bullet.URDF_USE_INERTIA_FROM_FILE if moments_fit(spec) else 0
    return _load(spec, fixed, client, flags, merge)


def moments_fit(spec: RobotSpec) -> bool:
    """Say whether the moments of inertia in the URDF can be those of the shapes in it.

    Many URDFs hold moments that nobody measured, such as 0.1 kg m² for each link of the Panda
    that comes with PyBullet, its fingers included: motors of the real strength can't turn them.
    Where one link's moments can't be, none are taken, and Bullet finds all from the shapes.
    """
    if spec.hash not in _fit:
        inertias = link_inertias(spec)
        _fit[spec.hash] = all(item.exists() for item in inertias.values())
        _fit[spec.hash] &= not _too_large(spec, inertias)
    return _fit[spec.hash]


def _too_large(spec: RobotSpec, inertias: Mapping[str, LinkInertia]) -> bool:
    client = bullet.connect(bullet.DIRECT)
    body = _load(spec, spec.hold, client, bullet.URDF_IGNORE_VISUAL_SHAPES)
    try:
        for link in range(bullet.getNumJoints(body, physicsClientId=client)):
            joint = bullet.getJointInfo(body, link, physicsClientId=client)[1].decode()
            box = bullet.getDynamicsInfo(body, link, physicsClientId=client)[2]
            shapes = bullet.getCollisionShapeData(body, link, physicsClientId=client)
            if shapes and inertias[joint].principal[-1] > BOX_BOUND * max(box):
                return True
    finally:
        bullet.disconnect(physicsClientId=client)
    return False


def _load(
    spec: RobotSpec, fixed: Mapping[str, float], client: int, flags: int, merge: bool = True
) -> int:
    T = ArmModel(spec).T_base_root
    position, turn = T[:3, 3].tolist(), Rotation.from_matrix(T[:3, :3]).as_quat().tolist()
    flags |= bullet.URDF_ENABLE_CACHED_GRAPHICS_SHAPES
    with TemporaryDirectory() as folder:
        file = Path(folder) / spec.urdf.name
        root = _prepared(spec, fixed, merge)
        _neutralise(root, Path(folder))
        ET.indent(root)  # Bullet breaks lines of over 1023 characters, names among them
        ET.ElementTree(root).write(file)
        try:
            with quiet():
                body = bullet.loadURDF(
                    str(file),
                    position,
                    turn,
                    useFixedBase=True,
                    flags=flags,
                    physicsClientId=client,
                )
        except bullet.error as error:
            raise ConfigError(f"{spec.urdf}: Bullet can't read it: {error}") from error
    return int(body)


def _neutralise(root: ET.Element, folder: Path) -> None:
    """Point to copies of Collada files that say metres and z up.

    Their unit is in the scale already, for all engines; which axis they say is up, Bullet alone
    would turn them by.
    """
    for number, mesh in enumerate(root.iter("mesh")):
        file = Path(mesh.get("filename", ""))
        if file.suffix.lower() != ".dae" or collada_header(file) == (1.0, "Z_UP"):
            continue
        copy = folder / f"{number}.dae"
        copy.write_bytes(in_metres(file.read_bytes()))
        mesh.set("filename", str(copy))


def _prepared(spec: RobotSpec, fixed: Mapping[str, float], merge: bool) -> ET.Element:
    root = bounded_urdf(spec, ENDLESS)
    for joint in root.findall("joint"):
        if joint.get("name") in fixed:
            _fix(joint, fixed[joint.get("name", "")])
    if not merge:
        return root
    _merge(root)
    moving = {joint.get("name", ""): joint for joint in root.findall("joint")}
    links = {link.get("name", ""): link for link in root.findall("link")}
    inertias = link_inertias(spec, set(moving) - set(spec.joints))
    for name, joint in moving.items():
        _give(links[end(joint, "child")], inertias[name])
    return root


def _fix(joint: ET.Element, value: float) -> None:
    """Make a URDF's joint a fixed one at a position, rad or m."""
    axis = joint.find("axis")
    along = value * _numbers("1 0 0" if axis is None else axis.get("xyz", "1 0 0"))
    moved = np.eye(4)
    if joint.get("type") == "prismatic":
        moved[:3, 3] = along
    else:
        moved[:3, :3] = Rotation.from_rotvec(along).as_matrix()
    _set_pose(joint, _pose(joint) @ moved)
    joint.set("type", "fixed")


def _merge(root: ET.Element) -> None:
    """Move what fixed links look like to the moving links, or the root, that carry them."""
    links = {link.get("name", ""): link for link in root.findall("link")}
    above = {end(joint, "child"): joint for joint in root.findall("joint")}
    for name, link in links.items():
        T, carrier = np.eye(4), name
        while carrier in above and above[carrier].get("type") == "fixed":
            T = _pose(above[carrier]) @ T
            carrier = end(above[carrier], "parent")
        if carrier == name:
            continue
        for part in [*link.findall("visual"), *link.findall("collision")]:
            _set_pose(part, T @ _pose(part))
            links[carrier].append(part)
        for joint in root.findall("joint"):
            if joint.get("type") != "fixed" and end(joint, "parent") == name:
                _set_pose(joint, T @ _pose(joint))
                _parent(joint).set("link", carrier)
    for joint in root.findall("joint"):
        if joint.get("type") == "fixed":
            root.remove(links[end(joint, "child")])
            root.remove(joint)


def _give(link: ET.Element, inertia: LinkInertia) -> None:
    """Set the inertia of a link."""
    for old in link.findall("inertial"):
        link.remove(old)
    new = ET.SubElement(link, "inertial")
    ET.SubElement(new, "origin", xyz=_text(inertia.centre), rpy="0 0 0")
    ET.SubElement(new, "mass", value=repr(float(inertia.mass)))
    moments = {
        f"i{'xyz'[i]}{'xyz'[j]}": repr(float(inertia.moments[i, j]))
        for i in range(3)
        for j in range(i, 3)
    }
    ET.SubElement(new, "inertia", moments)


def _parent(joint: ET.Element) -> ET.Element:
    found = joint.find("parent")
    assert found is not None
    return found


def _pose(element: ET.Element) -> Array:
    """Return the ``<origin>`` (4, 4) of an element."""
    origin, T = element.find("origin"), np.eye(4)
    if origin is not None:
        T[:3, :3] = Rotation.from_euler("xyz", _numbers(origin.get("rpy", "0 0 0"))).as_matrix()
        T[:3, 3] = _numbers(origin.get("xyz", "0 0 0"))
    return T


def _set_pose(element: ET.Element, T: Array) -> None:
    origin = element.find("origin")
    origin = ET.SubElement(element, "origin") if origin is None else origin
    R = T[:3, :3]
    pitch = np.arctan2(-R[2, 0], np.hypot(R[0, 0], R[1, 0]))
    if np.hypot(R[0, 0], R[1, 0]) > 1e-9:
        roll, yaw = np.arctan2(R[2, 1], R[2, 2]), np.arctan2(R[1, 0], R[0, 0])
    else:  # straight up or down, where roll and yaw turn about one axis
        roll, yaw = 0.0, np.arctan2(-R[0, 1], R[1, 1])
    origin.set("rpy", _text(np.array([roll, pitch, yaw])))
    origin.set("xyz", _text(T[:3, 3]))


def _text(numbers: Array) -> str:
    return " ".join(repr(float(number)) for number in numbers)


def _numbers(text: str) -> Array:
    return np.array(text.split(), dtype=np.float64)
