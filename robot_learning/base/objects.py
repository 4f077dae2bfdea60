"""What an arm moves about, as data."""

from dataclasses import dataclass, replace

PLACED = 0.009  # m from its goal; an object so near is in its place


@dataclass(frozen=True)
class ObjectSpec:
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

    def scaled(self, scale: float) -> "ObjectSpec":
        """Return an object of the same density, ``scale`` times as large."""
        return replace(
            self,
            width=scale * self.width,
            height=scale * self.height,
            mass=scale**3 * self.mass,
        )
