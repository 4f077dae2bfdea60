import os
import signal

import numpy as np
import pytest

from robot_learning.assurance import campaign, starts
from robot_learning.base.errors import ConfigError, RobotLearningError


class Nothing:
    """Contacts of an arm that has nothing to touch."""

    def at(self, q):
        return False


class NeverFree:
    def is_free(self, q):
        return False


def test_looking_for_a_configuration_has_an_end(arm6, monkeypatch):
    monkeypatch.setattr(starts, "DRAWS", 100)
    found = starts.colliding(arm6, Nothing(), 0)
    assert found.shape == (1, arm6.n)
    with pytest.raises(ConfigError, match=r"arm6.yaml: none of 100 configurations"):
        starts.free_start(arm6, np.random.default_rng(0), NeverFree(), Nothing())


def killed(spec, solids):
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_killed_process_ends_a_campaign_with_one_line():
    with pytest.raises(RobotLearningError, match="one of its processes was ended"):
        campaign.run("arm6", 200, 0, make=killed, only=["uniform"], processes=2)
