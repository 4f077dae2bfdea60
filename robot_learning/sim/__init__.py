"""The PyBullet simulation; nothing outside this folder imports pybullet."""

from robot_learning.sim.arm import BulletArm
from robot_learning.sim.camera import Camera, look
from robot_learning.sim.contacts import Contact, Contacts
from robot_learning.sim.things import Things
from robot_learning.sim.world import World

__all__ = ["BulletArm", "Camera", "Contact", "Contacts", "Things", "World", "look"]
