"""The pages as processes of their own, over HTTP and the WebSocket that a browser would open."""

import socket
import urllib.request

import numpy as np
import pytest
from helpers.browser import opened

from robot_learning.base import extras
from robot_learning.base.errors import ConfigError
from robot_learning.cli.robot_view import view
from robot_learning.envs import ArmEnv
from robot_learning.kinematics.chain import link_poses
from robot_learning.safety.guards import Guards
from robot_learning.viewing.stage import LINES, PAIRS


def lines(browser):
    """Return the ends of the lines of the nearest pairs, (k, 2, 3), m, and the words on them."""
    where = [f"/{PAIRS}/{k}" for k in range(LINES)]
    ends = [browser.nodes[name]["points"].reshape(2, 3) for name in where]
    return np.array(ends), [browser.nodes[f"{name}/mm"]["text"] for name in where]


def test_a_slider_moves_the_arm_and_the_lines_have_the_lengths_that_the_filter_measures(arm6):
    guards = Guards(arm6)
    q = arm6.home.copy()
    q[2] += 0.4
    distances = [guards.arm.distance(p.body, p.other, q) for p in guards.clearance.pairs]
    rooms = [d - pair.margin for d, pair in zip(distances, guards.clearance.pairs, strict=True)]
    expected = np.array(distances)[np.argsort(rooms)[:LINES]]
    T = link_poses(q, guards.arm.screws)[-1]
    with opened("arm6") as (port, browser):
        assert b"<html" in urllib.request.urlopen(f"http://127.0.0.1:{port}").read()
        browser.wait(lambda: set(arm6.joints) <= set(browser.controls))
        for k, joint in enumerate(arm6.joints):
            slider = browser.controls[joint]
            assert (slider["min"], slider["max"]) == (arm6.lower[k], arm6.upper[k])
            assert slider["value"] == arm6.home[k]
        browser.set(arm6.joints[2], float(q[2]))
        browser.wait(
            lambda: np.allclose(browser.nodes[f"/arm/{arm6.n}"]["position"], T[:, 3], atol=1e-6)
        )
        browser.wait(lambda: lines(browser)[1][-1] == f"{expected[-1] * 1e3:.0f} mm")
        ends, words = lines(browser)
    assert words == [f"{distance * 1e3:.0f} mm" for distance in expected]
    assert np.allclose(np.linalg.norm(ends[:, 0] - ends[:, 1], axis=-1), expected, atol=1e-6)


def test_an_episode_is_played_and_another_seed_plays_another_one(bundle):
    env = ArmEnv("arm6", interface=bundle.interface)
    env.reset(seed=3)
    goal = env.inputs["goal"].value
    env.close()
    with opened(str(bundle.path)) as (_, browser):
        browser.wait(lambda: browser.controls.get("step", {}).get("value", 0) > 2)
        browser.set("seed", 3)
        browser.wait(
            lambda: np.allclose(browser.nodes["/goals/goal"]["position"], goal, atol=1e-6)
        )


def test_a_port_in_use_is_an_error_that_names_the_way_out():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = f"--port {port}: Address already in use; give another one; port 0 takes a free one"
        with pytest.raises(ConfigError, match=said):
            view("arm6", port=port, browser=False)


def test_an_unknown_robot_is_named():
    with pytest.raises(ConfigError, match="wallace"):
        view("wallace", port=0, browser=False)


def test_without_viser_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(extras.MODULES, "view", ("no_such_module",))
    with pytest.raises(ConfigError, match=r"pip install 'robot_learning\[view\]'"):
        view("arm6")
