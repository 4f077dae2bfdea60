"""What an arm moves about, as data."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Thing:
    """A box on a square base.

    Attributes:
        name: the input that tells where it is.
        width: edge of the base, m.
        height: m.
        mass: kg.
        friction: coefficient; two surfaces have the product of theirs.
    """

    name: str
    width: float
    height: float
    mass: float
    friction: float

    def scaled(self, scale: float, name: str | None = None) -> "Thing":
        """Return a thing of the same density, ``scale`` times as large."""
        return replace(
            self,
            name=name or self.name,
            width=scale * self.width,
            height=scale * self.height,
            mass=scale**3 * self.mass,
        )
