import os
import sys
import termios

import numpy as np

from robot_learning.cli import keyboard
from robot_learning.cli.keyboard import Keyboard


def test_keys_move_the_tip_for_a_moment_and_the_terminal_is_as_before(monkeypatch):
    terminal, there = os.openpty()
    with os.fdopen(there, "r", encoding="utf-8") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        before = termios.tcgetattr(there)
        with Keyboard(0.2) as keys:
            assert not keys.linear().any()
            os.write(terminal, b"wf")
            np.testing.assert_allclose(keys.linear(), [0.2, 0.0, -0.2])
            os.write(terminal, b"s \n")
            np.testing.assert_allclose(keys.linear(), [-0.2, 0.0, -0.2])
            assert keys.toggled and keys.end
            monkeypatch.setattr(keyboard.time, "monotonic", lambda: np.inf)
            assert not keys.linear().any()
        assert termios.tcgetattr(there) == before
    os.close(terminal)
