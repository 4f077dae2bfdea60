"""What stands between any command source and the arm."""

from robot_learning.safety.filter import SafetyFilter
from robot_learning.safety.status import Cause, SafetyResult, Status

__all__ = ["Cause", "SafetyFilter", "SafetyResult", "Status"]
