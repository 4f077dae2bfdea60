"""Where an arm is at home: free, able to move every way, and far from its limits."""

from collections import Counter
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from robot_learning.base.errors import ConfigError
from robot_learning.kinematics import ArmModel
from robot_learning.kinematics.loads import gravity_load
from robot_learning.onboarding.contacts import Surroundings
from robot_learning.robot import RobotSpec

Array = NDArray[np.float64]
DRAWS = 6000
REACHES = 1000  # of them that show the reach
TRIES = 400  # configurations that are looked at for contacts
SINGULAR = 0.05  # least singular value, as a share of the reach
LOAD = 0.7  # share of a joint's effort that gravity may take
EDGE = 0.1  # share of a joint's range that is kept from its limits
AHEAD, ABOVE = 0.55, 0.3  # where the tip is best, in shares of the reach: from joint 1, the floor
POLISHED = 30  # configurations that are improved from where they were drawn
LOOK = {"maxiter": 40}
DECIMALS = 2


class Home:
    """Looks for a home.

    Args:
        spec: the robot, with some home.
        surroundings: what it must keep away from.

    Attributes:
        around: what it must keep away from.
        reach: of the tip from the first joint with joints that slide in their middle, m.
    """

    def __init__(self, spec: RobotSpec, surroundings: Surroundings) -> None:
        self.spec, self.model, self.around = spec, ArmModel(spec), surroundings
        rng = np.random.default_rng(0)
        self._drawn = rng.uniform(spec.soft_lower, spec.soft_upper, (DRAWS, spec.n))
        poses, jacobians = zip(*map(self.model.pose_and_jacobian, self._drawn), strict=True)
        self._T, J = np.array(poses), np.array(jacobians)[:, :3]
        self._shoulder = self.model.screws[0, 3:6]
        self.reach = _reach(self.model, self._drawn[:REACHES])
        self._height = self._best_height()
        self._sigma = np.linalg.svd(J, compute_uv=False)[:, -1] / self.reach

    def _best_height(self) -> float:
        """Return where along up the tip is best, m: over the floor, or below a high shoulder."""
        spec, up = self.spec, -self.model.gravity
        T = self.model.forward(np.zeros(spec.n))
        tool = [body.points for body in self.around.arm.bodies if body.link == spec.n]
        beyond = (np.concatenate(tool) - T[:3, 3]) @ T[:3, :3] @ spec.tool_direction
        low = spec.safety.floor * up[2] + float(beyond.max())
        return ABOVE * self.reach + max(low, float(self._shoulder @ up) - 2 * ABOVE * self.reach)

    def why_not(self, q: Array) -> str:
        """Say what speaks against a configuration (n,); nothing where it may be home."""
        spec = self.spec
        if not ((q >= spec.soft_lower) & (q <= spec.soft_upper)).all():
            return "outside the limits"
        J = self.model.jacobian(q)[:3]
        sigma = float(np.linalg.svd(J, compute_uv=False)[-1])
        if not sigma >= SINGULAR * self.reach:
            return "near a singular configuration"
        touching = self.around.touching(q)
        return "" if touching is None else "{} touches {}".format(*self.around.names(touching))

    def find(self) -> Array:
        """Return the best configuration (n,) that is free.

        Raises:
            ConfigError: naming what touches in all that were looked at.
        """
        fit = np.flatnonzero(self._sigma >= SINGULAR)
        if not len(fit):
            raise ConfigError(
                f"{self.spec.urdf}: from {self.spec.base_link} to {self.spec.tip_link} the tip "
                "can't move in all three directions: a planar chain; give --base and --tip"
            )
        order = fit[np.argsort(self._cost(self._drawn, self._T, self._sigma)[fit])]
        found = self._first_free(self._polished(self._drawn[order[:POLISHED]]))
        # The best ones may all touch the same; then some of all, still the best first.
        for some in (order[:TRIES], order[:: max(1, len(order) // TRIES)]):
            if found is None:
                found = self._first_free(self._drawn[some])
        if found is None:
            raise ConfigError(self._refusal(self._drawn[order[:TRIES]]))
        return found

    def _first_free(self, candidates: Array) -> Array | None:
        rounded = np.round(candidates, DECIMALS)
        free = [q for q in rounded if not self.why_not(q)]
        if not free:
            return None
        light = gravity_load(self.model, np.array(free)).max(axis=1) <= LOAD
        return free[int(np.argmax(light))]

    def load(self, q: Array) -> float:
        """Return the largest share of a joint's effort that gravity takes at ``q`` (n,)."""
        return float(gravity_load(self.model, q[None]).max())

    def _polished(self, starts: Array) -> Array:
        """Return configurations (m, n) improved as far as their surroundings go, best first."""
        spec = self.spec
        bounds = list(zip(spec.soft_lower, spec.soft_upper, strict=True))
        found = [minimize(self._cost_at, q, bounds=bounds, options=LOOK) for q in starts]
        return np.array([each.x for each in sorted(found, key=lambda each: float(each.fun))])

    def _cost_at(self, q: Array) -> float:
        T, J = self.model.pose_and_jacobian(q)
        sigma = np.linalg.svd(J[:3], compute_uv=False)[-1] / self.reach
        return float(self._cost(q[None], T[None], np.array([sigma]))[0])

    def _cost(self, q: Array, T: Array, sigma: Array) -> Array:
        """Return what speaks against configurations (m, n), (m,)."""
        spec, up = self.spec, -self.model.gravity
        off = T[:, :3, 3] - self._shoulder
        height = T[:, :3, 3] @ up - self._height
        flat = off - np.outer(off @ up, up)
        tool = np.arccos(np.clip(-(T[:, :3, :3] @ spec.tool_direction) @ up, -1, 1))
        centred = 2 * (q - spec.soft_lower) / (spec.soft_upper - spec.soft_lower) - 1
        near_limit = np.maximum(np.abs(centred) - (1 - 2 * EDGE), 0) / (2 * EDGE)
        cost = 6.0 * (tool / np.pi) ** 2 + 1.0 * (centred**2).mean(axis=1)
        cost += 2.0 * (near_limit**2).sum(axis=1)
        cost += 6.0 * (np.linalg.norm(flat, axis=1) / self.reach - AHEAD) ** 2
        cost += 4.0 * (height / self.reach) ** 2
        cost += 0.3 * (1 - flat[:, 0] / np.maximum(np.linalg.norm(flat, axis=1), 1e-9))
        cost += 0.5 * np.maximum(0.3 - sigma, 0) / 0.3
        return np.asarray(cost)

    def _refusal(self, looked_at: Array) -> str:
        reasons = Counter(map(self.why_not, looked_at))
        worst, count = reasons.most_common(1)[0]
        share = count / sum(reasons.values())
        return (
            f"{self.spec.urdf}: no configuration was found in which the arm is free; in "
            f"{share:.0%} of them {worst}; give another --base or --tip, or --floor"
        )


def _reach(model: ArmModel, drawn: Array) -> float:
    spec = model.spec
    middle = (spec.soft_lower + spec.soft_upper) / 2
    slides = model.screws[:, 6] > 0
    at = np.where(slides, middle, drawn)
    tips = np.array([model.forward(q)[:3, 3] for q in at])
    # Where the first joints slide, the arm begins at the middle of its tips.
    start = tips.mean(axis=0) if slides[0] else model.screws[0, 3:6]
    return float(np.linalg.norm(tips - start, axis=1).max())


def named_home(home: Home, states: Mapping[str, Mapping[str, float]]) -> tuple[str, Array] | None:
    """Return the first named state that may be home, and its configuration (n,)."""
    for name, state in states.items():
        if set(home.spec.joints) <= set(state):
            q = np.array([state[joint] for joint in home.spec.joints])
            if not home.why_not(q):
                return name, q
    return None
