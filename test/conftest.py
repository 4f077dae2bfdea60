import os
import signal

os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from helpers.robots import scripted_bundle

from robot_learning.kinematics import ArmModel
from robot_learning.robot import RobotSpec, available_robots

# What a shell runs in the background is deaf to Ctrl-C; so would be all that the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(params=available_robots(), scope="session")
def spec(request):
    return RobotSpec.load(request.param)


@pytest.fixture(scope="session")
def model(spec):
    return ArmModel(spec)


@pytest.fixture(scope="session")
def arm6():
    return RobotSpec.load("arm6")


@pytest.fixture(scope="session")
def bundle(tmp_path_factory):
    """A bundle whose policy follows its goal_step: it reaches every goal."""
    return scripted_bundle(tmp_path_factory.mktemp("scripted") / "bundle", "arm6")


@pytest.fixture(scope="session")
def arm6_model(arm6):
    return ArmModel(arm6)
