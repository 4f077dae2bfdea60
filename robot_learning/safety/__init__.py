"""What stands between any command source and the arm."""

from robot_learning.safety.check import Check
from robot_learning.safety.filter import SafetyFilter
from robot_learning.safety.qp import Cut
from robot_learning.safety.status import Cause, SafetyResult, Status

__all__ = ["Cause", "Check", "Cut", "SafetyFilter", "SafetyResult", "Status"]
