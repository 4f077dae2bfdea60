"""Observation terms: what a policy may see, computed alike in training and on the arm.

Each module here names its terms in a ``TERMS`` of its own; a new module is found by itself.
"""

from importlib import import_module
from pkgutil import iter_modules

from robot_learning.policy.terms.term import GOALS, OPENING, Compute, Sight, Term

TERMS: dict[str, Term] = {}
for _module in iter_modules(__path__):
    TERMS |= getattr(import_module(f"{__name__}.{_module.name}"), "TERMS", {})

__all__ = ["GOALS", "OPENING", "TERMS", "Compute", "Sight", "Term"]
