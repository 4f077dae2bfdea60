"""What stands between any command source and the arm."""

from robot_learning.safety.filter import SafetyFilter, SafetyResult
from robot_learning.safety.status import Cause, Status

__all__ = ["Cause", "SafetyFilter", "SafetyResult", "Status"]
