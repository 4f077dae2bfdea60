"""The server of a page: where it listens, its light, its floor and its camera."""

import contextlib
import io
import os
import socket
import sys
import webbrowser
from collections.abc import Iterator

import numpy as np
import viser

from robot_learning.base.errors import ConfigError
from robot_learning.kinematics import ArmModel
from robot_learning.viewing.colours import BLUE

ANYWHERE = ("0.0.0.0", "::", "")  # hosts that stand for all of this machine's addresses
AWAY = np.array([0.85, -1.2, 0.45])  # from what the camera looks at, as a share of the reach


@contextlib.contextmanager
def page(host: str, port: int, title: str) -> Iterator[viser.ViserServer]:
    """Listen at a port while inside; 0 takes a free one.

    Raises:
        ConfigError: where it can't be listened at.
    """
    _refuse_taken(host, port)
    with _quiet():
        server = viser.ViserServer(host=host, port=port, label=title, verbose=False)
    try:
        _dress(server)
        yield server
    finally:
        with _quiet():
            server.stop()


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Leave out what viser prints of its own accord."""
    with contextlib.redirect_stdout(io.StringIO()):
        yield


def _dress(server: viser.ViserServer) -> None:
    # Without a button, a client could still ask for a way in from the internet.
    server.request_share_url = lambda verbose=True: None  # type: ignore[method-assign]
    server.gui.configure_theme(
        control_layout="collapsible",
        control_width="large",
        brand_color=BLUE,
        show_logo=False,
        show_share_button=False,
    )


def url(server: viser.ViserServer) -> str:
    """Return the page's address."""
    host = server.get_host()
    shown = "localhost" if host in ANYWHERE else f"[{host}]" if ":" in host else host
    return f"http://{shown}:{server.get_port()}"


def open_browser(address: str) -> None:
    """Open the page where there is a desktop; a browser of the terminal would be in the way."""
    if sys.platform != "linux" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        webbrowser.open_new_tab(address)


def furnish(server: viser.ViserServer, model: ArmModel, reach: float) -> None:
    """Draw the filter's floor and the base, and put the camera where it sees the whole arm.

    Args:
        server: of the page.
        model: the arm.
        reach: of it, m.
    """
    spec, scene = model.spec, server.scene
    scene.set_up_direction(tuple(-model.gravity))
    scene.add_grid(
        "/floor",
        4 * reach,
        4 * reach,
        position=(0.0, 0.0, spec.safety.floor),
        cell_size=0.1,
        cell_color=(222, 226, 232),
        section_size=0.5,
        section_color=(206, 212, 220),
        plane_color=(246, 248, 250),
        plane_opacity=0.9,
        shadow_opacity=0.2,
    )
    scene.add_frame("/base", axes_length=0.12 * reach, axes_radius=0.006 * reach)
    middle = model.forward(spec.home)[:3, 3] / 2 - 0.1 * reach * model.gravity
    camera = server.initial_camera
    camera.fov = np.deg2rad(45)
    camera.look_at = tuple(middle)
    camera.position = tuple(middle + 1.4 * reach * AWAY)


def _refuse_taken(host: str, port: int) -> None:
    """Raise where nobody can listen; viser would look for another port, for ever."""
    where = f"--host {host} --port {port}"
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM)
        family, kind, _, _, address = found[0]
        with socket.socket(family, kind) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind(address)
            tried.listen()
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or error
        raise ConfigError(f"{where}: {why}; give another one; port 0 takes a free one") from error
