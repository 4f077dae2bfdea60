"""What stands beside the picture: switches, tables and legends."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
import viser

from robot_learning.safety import Cause
from robot_learning.viewing.colours import (
    AMBER,
    GREEN,
    NEAR,
    RED,
    Colour,
    by_room,
    css,
    on_scale,
)
from robot_learning.viewing.margins import Margin

# What a joint or a singular value may have left before it counts as far: rad or m, and m.
NEAR_POSITION, NEAR_SINGULAR = 0.1, 0.02
TEXT = "font-size:12px;line-height:1.45;padding:2px 12px"


def switches(
    gui: viser.GuiApi, layers: Mapping[str, list[viser.SceneNodeHandle]], on: Sequence[str]
) -> None:
    """Add a box to tick for each layer; those in ``on`` are shown at first."""
    for name, handles in layers.items():
        _show(handles, name in on)
        _switch(gui.add_checkbox(name, name in on), handles)


def move(control: Any, value: float) -> None:
    """Bring a slider to a value, for every browser."""
    control.value = value


def _switch(box: viser.GuiCheckboxHandle, handles: Sequence[viser.SceneNodeHandle]) -> None:
    box.on_update(lambda _: _show(handles, box.value))


def _show(handles: Sequence[viser.SceneNodeHandle], visible: bool) -> None:
    for handle in handles:
        handle.visible = visible


def headline(words: str, colour: Colour, more: str = "") -> str:
    """Return a line that stands out, and a smaller one below."""
    below = f"<div style='opacity:.75'>{escape(more)}</div>" if more else ""
    return (
        f"<div style='{TEXT}'><div style='border-left:6px solid {css(colour)};padding-left:8px'>"
        f"<b style='font-size:14px'>{escape(words)}</b>{below}</div></div>"
    )


def margin_table(margins: Sequence[Margin]) -> str:
    """Return what is nearest to its limit, a row for each cause."""
    rows = "".join(
        f"<tr><td>{_dot(by_room(margin.room, _near(margin.cause)))}</td>"
        f"<td>{escape(margin.cause.value.replace('_', ' '))}<br>"
        f"<span style='opacity:.65'>{escape(margin.what)}</span></td>"
        f"<td style='text-align:right;white-space:nowrap'>{escape(margin.told)}</td></tr>"
        for margin in margins
    )
    return f"<div style='{TEXT}'><table style='width:100%'>{rows}</table></div>"


def scale(best: float, stop: float) -> str:
    """Return the legend of the tips: shares of the reach from 0 to ``best``, red where refused."""
    steps = ",".join(css(colour) for colour in on_scale(np.linspace(0, 1, 9)))
    return (
        f"<div style='{TEXT}'>smallest singular value, share of reach"
        f"<div style='height:10px;border-radius:3px;background:linear-gradient(90deg,{steps})'>"
        f"</div><div style='display:flex;justify-content:space-between'><span>0</span>"
        f"<span>{best:.0%}</span></div>{_dot(RED)} the filter lets no arm rest here "
        f"(near contact, or below {stop:.1%})</div>"
    )


def legend() -> str:
    """Return what the colours of lines and margins mean."""
    told = (
        (GREEN, f"more than {NEAR * 1e3:.0f} mm beyond the margin"),
        (AMBER, "nearer"),
        (RED, "inside: the filter stops the arm"),
    )
    return (
        f"<div style='{TEXT}'>"
        + "<br>".join(f"{_dot(colour)} {words}" for colour, words in told)
        + "</div>"
    )


def _dot(colour: Colour) -> str:
    style = f"width:10px;height:10px;border-radius:5px;background:{css(colour)}"
    return f"<span style='display:inline-block;{style}'></span>"


def _near(cause: Cause) -> float:
    return {Cause.POSITION: NEAR_POSITION, Cause.SINGULARITY: NEAR_SINGULAR}.get(cause, NEAR)
