"""The PyBullet simulation; nothing outside this folder imports pybullet."""

from robot_learning.worlds.bullet.arm import BulletArm
from robot_learning.worlds.bullet.camera import Camera, look
from robot_learning.worlds.bullet.contacts import Contact, Contacts
from robot_learning.worlds.bullet.objects import Objects
from robot_learning.worlds.bullet.world import World

__all__ = ["BulletArm", "Camera", "Contact", "Contacts", "Objects", "World", "look"]
