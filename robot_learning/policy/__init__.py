"""The contract between training and deployment: interface, bundle, runner."""

from robot_learning.policy.bundle import PolicyBundle, write_bundle
from robot_learning.policy.interface import History, Interface
from robot_learning.policy.runner import PolicyRunner, StepResult

__all__ = [
    "History",
    "Interface",
    "PolicyBundle",
    "PolicyRunner",
    "StepResult",
    "write_bundle",
]
