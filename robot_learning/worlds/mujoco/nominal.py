"""A model as it was built, and how an episode's physics differ from it."""

from collections.abc import Sequence

import mujoco
import numpy as np
from numpy.typing import NDArray

from robot_learning.worlds.variation import Variation

Array = NDArray[np.float64]


class Nominal:
    """Remembers what a model was built as.

    Args:
        model: the model, as built.
        data: of it; what it holds is lost when the model is changed.
        links: joints of the arm and its gripper; each names the link that it moves.
        last: of them, which carries a payload.
        objects: names of what it moves.
    """

    def __init__(
        self,
        model: mujoco.MjModel,
        data: mujoco.MjData,
        links: Sequence[str],
        last: str,
        objects: Sequence[str],
    ) -> None:
        self._model, self._data = model, data
        self._links = [model.body(name).id for name in links]
        self._last = model.body(last).id
        self._objects = [model.body(name).id for name in objects]
        geoms = set(np.flatnonzero(np.isin(model.geom_bodyid, self._objects)))
        ends = zip(model.pair_geom1, model.pair_geom2, strict=True)
        self._pairs = [k for k, pair in enumerate(ends) if geoms & set(pair)]
        self._dofs = [model.joint(name).dofadr[0] for name in links]
        self._mass, self._inertia = model.body_mass.copy(), model.body_inertia.copy()
        self._friction = model.pair_friction.copy()

    def vary(self, variation: Variation) -> None:
        """Make masses, damping and friction differ; equal variations make equal models."""
        model = self._model
        scale = np.ones(model.nbody)
        scale[self._links] = variation.link_mass
        scale[self._objects] = variation.object_mass
        model.body_mass[:] = scale * self._mass
        model.body_inertia[:] = scale[:, None] * self._inertia
        model.body_mass[self._last] += variation.payload
        # The arm's controller compensates for the arm that it knows.
        known = self._mass[self._links]
        model.body_gravcomp[self._links] = known / model.body_mass[self._links]
        model.dof_damping[self._dofs] = variation.damping
        model.pair_friction[:] = self._friction
        model.pair_friction[self._pairs, :2] *= variation.friction
        mujoco.mj_setConst(model, self._data)
