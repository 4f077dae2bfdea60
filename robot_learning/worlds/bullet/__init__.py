"""The PyBullet simulation; nothing outside this folder imports pybullet."""

from robot_learning.worlds.bullet.arm import BulletArm
from robot_learning.worlds.bullet.camera import look
from robot_learning.worlds.bullet.contacts import Contact, Contacts
from robot_learning.worlds.bullet.objects import Objects
from robot_learning.worlds.bullet.server import PHYSICS_DT, Server
from robot_learning.worlds.bullet.world import BulletWorld

__all__ = [
    "PHYSICS_DT",
    "BulletArm",
    "BulletWorld",
    "Contact",
    "Contacts",
    "Objects",
    "Server",
    "look",
]
