"""What an arm moves about, as data."""

from dataclasses import dataclass, replace

Vector = tuple[float, float, float]
PLACED = 0.009  # m from its goal; an object so near is in its place


@dataclass(frozen=True)
class ObjectSpec:
    """A box on a square base, or a block: one with a square hole from top to bottom.

    Attributes:
        name: the input that tells where it is.
        width: edge of the base, m.
        height: m.
        mass: kg.
        friction: coefficient; two surfaces have the product of theirs.
        hole: width of the hole in its middle, m; 0 for none.
    """

    name: str
    width: float
    height: float
    mass: float
    friction: float
    hole: float = 0.0

    @property
    def boxes(self) -> list[tuple[Vector, Vector]]:
        """Middle and edges of each box that it is made of, in its own frame, m."""
        if not self.hole:
            return [((0.0, 0.0, 0.0), (self.width, self.width, self.height))]
        wall, off = (self.width - self.hole) / 2, (self.width + self.hole) / 4
        along, across = (wall, self.width, self.height), (self.hole, wall, self.height)
        return [
            ((-off, 0.0, 0.0), along),
            ((off, 0.0, 0.0), along),
            ((0.0, -off, 0.0), across),
            ((0.0, off, 0.0), across),
        ]

    def scaled(self, scale: float) -> "ObjectSpec":
        """Return an object of the same density, ``scale`` times as large."""
        return replace(
            self,
            width=scale * self.width,
            height=scale * self.height,
            mass=scale**3 * self.mass,
            hole=scale * self.hole,
        )
