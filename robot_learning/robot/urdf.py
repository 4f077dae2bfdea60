"""The part of a URDF the package reads itself: the chain and its limits."""

import xml.etree.ElementTree as ET
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from robot_learning.base.errors import ConfigError
from robot_learning.base.extras import way_to
from robot_learning.robot.urdf_file import MOVABLE, end, read_urdf


class Mimic(NamedTuple):
    """A joint goes where another one does: ``multiplier`` times its position plus ``offset``."""

    joint: str
    multiplier: float
    offset: float


@dataclass(frozen=True)
class UrdfJoint:
    """A joint as the URDF has it; limits that it lacks are None."""

    urdf: Path
    name: str
    type: str
    parent: str
    child: str
    mimic: Mimic | None
    lower: float | None
    upper: float | None
    velocity: float | None
    effort: float | None

    @property
    def moves(self) -> bool:
        """Whether it can: its limits, if any, are not one position."""
        return self.type in MOVABLE and (self.lower is None or self.lower != self.upper)

    def nearest_to_zero(self) -> float:
        """Return the position closest to 0 inside the limits."""
        lower = -float("inf") if self.lower is None else self.lower
        upper = float("inf") if self.upper is None else self.upper
        return min(max(0.0, lower), upper)


@dataclass(frozen=True)
class Urdf:
    """A parsed URDF file."""

    path: Path
    root: ET.Element
    joints: dict[str, UrdfJoint]

    @classmethod
    def load(cls, path: Path, named_by: Path) -> "Urdf":
        """Parse the file; ``named_by`` is the YAML file that refers to it."""
        if not path.is_file():
            raise ConfigError(f"{named_by}: urdf: no file {path}{way_to(path)}")
        root = read_urdf(path)
        joints = {j.get("name", ""): _joint(path, j) for j in root.findall("joint")}
        return cls(path, root, joints)

    def movable(self) -> list[UrdfJoint]:
        """Return the joints that move."""
        return [joint for joint in self.joints.values() if joint.type in MOVABLE]

    def chain(
        self, base_link: str, tip_link: str, named_by: Path, hold: Collection[str] = ()
    ) -> list[UrdfJoint]:
        """Return the moving joints from the base to the tip.

        Joints in ``hold``, and those whose limits are one position, do not move.

        Raises:
            ConfigError: where a link is unknown, the links are not connected, or a joint between
                them mimics another one or moves in more than one way.
        """
        links = {link.get("name", "") for link in self.root.findall("link")}
        for key, link in (("base_link", base_link), ("tip_link", tip_link)):
            if link not in links:
                raise ConfigError(f"{named_by}: {key}: {self.path} has no link '{link}'")
        above = {joint.child: joint for joint in self.joints.values()}
        joints: list[UrdfJoint] = []
        link = tip_link
        while link != base_link:
            if link not in above:
                raise ConfigError(f"{named_by}: tip_link '{tip_link}' is not below '{base_link}'")
            joint = above.pop(link)  # so that a ring of links ends
            joints.insert(0, joint)
            link = joint.parent
        held = {joint.name for joint in joints if joint.name in hold or not joint.moves}
        for joint in joints:
            if joint.name in hold:
                continue
            if joint.mimic or joint.type not in (*MOVABLE, "fixed"):
                what = "mimics another joint" if joint.mimic else f"is of type '{joint.type}'"
                raise ConfigError(
                    f"{self.path}: joint '{joint.name}' between '{base_link}' and '{tip_link}' "
                    f"{what}; only revolute, continuous and prismatic joints can be commanded"
                )
        moving = [joint for joint in joints if joint.type != "fixed" and joint.name not in held]
        if not moving:
            raise ConfigError(f"{named_by}: no joint moves between '{base_link}' and '{tip_link}'")
        return moving


def _joint(path: Path, element: ET.Element) -> UrdfJoint:
    limit = element.find("limit")
    kind = element.get("type", "")

    def number(key: str) -> float | None:
        text = None if limit is None else limit.get(key)
        return None if text is None else float(text)

    bounded = kind in ("revolute", "prismatic")
    return UrdfJoint(
        urdf=path,
        name=element.get("name", ""),
        type=kind,
        parent=end(element, "parent"),
        child=end(element, "child"),
        mimic=_mimic(element.find("mimic")),
        lower=number("lower") if bounded else None,
        upper=number("upper") if bounded else None,
        velocity=number("velocity"),
        effort=number("effort"),
    )


def _mimic(element: ET.Element | None) -> Mimic | None:
    if element is None:
        return None
    numbers = (float(element.get(key, given)) for key, given in (("multiplier", 1), ("offset", 0)))
    return Mimic(element.get("joint", ""), *numbers)
