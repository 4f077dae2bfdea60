"""An episode at a glance: the distance from the goal, and what the filter did, over time."""

from collections.abc import Sequence

from robot_learning.viewing.colours import BLUE, GREEN, Colour, by_status, css
from robot_learning.viewing.episode import Frame

WIDTH, PLOT, ROW = 340, 80, 15  # pixels
LABELS = 92  # pixels left of the plot


class Timeline:
    """A drawing of an episode, with a cursor.

    Args:
        frames: of the episode.
        tolerance: distance that counts as reached, m.
    """

    def __init__(self, frames: Sequence[Frame], tolerance: float) -> None:
        self._step = (WIDTH - LABELS) / max(len(frames), 1)
        seen = dict.fromkeys(cause for frame in frames for cause in frame.causes)
        colours: list[Colour | None] = [by_status(frame.status) for frame in frames]
        rows = [("filter", colours)]
        for cause in seen:
            name = cause.value.replace("_", " ")
            limited = [cause in frame.causes for frame in frames]
            cells = zip(colours, limited, strict=True)
            rows.append((name, [colour if limits else None for colour, limits in cells]))
        self._height = PLOT + ROW * len(rows) + 4
        parts = [self._curve(frames, tolerance)]
        parts += [self._row(k, name, cells) for k, (name, cells) in enumerate(rows)]
        self._drawn = "".join(parts)

    def at(self, number: int) -> str:
        """Return the drawing with the cursor at a frame."""
        x = LABELS + (number + 0.5) * self._step
        cursor = (
            f"<line x1='{x:.1f}' x2='{x:.1f}' y1='0' y2='{self._height}' "
            "stroke='currentColor' stroke-width='1.5'/>"
        )
        return (
            f"<div style='padding:2px 12px'><svg viewBox='0 0 {WIDTH} {self._height}' "
            f"width='100%' font-size='10' fill='currentColor'>{self._drawn}{cursor}</svg></div>"
        )

    def _curve(self, frames: Sequence[Frame], tolerance: float) -> str:
        most = max(max(frame.distance for frame in frames), 2 * tolerance)

        def y(distance: float) -> float:
            return PLOT - 6 - (PLOT - 14) * distance / most

        points = " ".join(
            f"{LABELS + (k + 0.5) * self._step:.1f},{y(frame.distance):.1f}"
            for k, frame in enumerate(frames)
        )
        return (
            f"<rect x='{LABELS}' y='{y(tolerance):.1f}' width='{WIDTH - LABELS}' "
            f"height='{y(0) - y(tolerance):.1f}' fill='{css(GREEN)}' opacity='.25'/>"
            f"<polyline points='{points}' fill='none' stroke='{css(BLUE)}' stroke-width='1.6'/>"
            f"<text x='0' y='12'>from the goal</text>"
            f"<text x='0' y='25' opacity='.65'>{most * 1e3:.0f} mm</text>"
            f"<text x='0' y='{y(0):.0f}' opacity='.65'>reached {tolerance * 1e3:.0f} mm</text>"
        )

    def _row(self, number: int, name: str, cells: Sequence[Colour | None]) -> str:
        top, width = PLOT + ROW * number, self._step + 0.3
        boxes = "".join(
            f"<rect x='{LABELS + k * self._step:.1f}' y='{top + 2}' width='{width:.2f}' "
            f"height='{ROW - 4}' fill='{css(cell)}'/>"
            for k, cell in enumerate(cells)
            if cell is not None
        )
        return f"<text x='0' y='{top + 11}'>{name}</text>{boxes}"
