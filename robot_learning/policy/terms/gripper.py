"""Terms of the gripper."""

from robot_learning.policy.terms.term import OPENING, Term, value_of

TERMS = {OPENING: Term(value_of(OPENING), 1, (OPENING,), pairs=())}
