"""Terms of the gripper."""

from robot_learning.policy.terms.term import Term, value_of

TERMS = {"gripper_opening": Term(value_of("gripper_opening"), 1, ("gripper_opening",))}
