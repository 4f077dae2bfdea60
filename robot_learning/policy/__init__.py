"""The contract between training and deployment: interface, bundle, runner."""

from robot_learning.policy.bundle import PolicyBundle, write_bundle
from robot_learning.policy.history import History
from robot_learning.policy.interface import KEYS, Interface
from robot_learning.policy.runner import PolicyRunner, StepResult

__all__ = [
    "KEYS",
    "History",
    "Interface",
    "PolicyBundle",
    "PolicyRunner",
    "StepResult",
    "write_bundle",
]
