import base64
import re

import imageio.v2 as imageio
import numpy as np
import pytest

from robot_learning.base.trajectory import Trajectory
from robot_learning.base.types import ArmState
from robot_learning.monitoring.plots import write_plots
from robot_learning.monitoring.report import write_report
from robot_learning.monitoring.session import Session

CURVE = [
    {"steps": 1000.0, "seconds": 5.0, "success_rate": 0.1, "mean_distance": 0.1},
    {"steps": 2000.0, "seconds": 9.0, "success_rate": 0.9, "mean_distance": 0.01},
]


@pytest.fixture
def session(arm6, bundle):
    session = Session.of(arm6, bundle)
    for i in range(50):
        session.add_state(ArmState(arm6.home + 0.01 * i, np.zeros(6), 0.0), 0.01 * i)
        session.latencies.append(1e-3 + 1e-5 * i)
    session.add_trajectory(Trajectory.rest(arm6.home), 0.0)
    for reached in (True, False):
        session.goals.append(
            {
                "goal": [0.4, 0.1, 0.3],
                "tip": [0.41, 0.1, 0.3],
                "reached": reached,
                "distance": 0.01,
                "seconds": 1.0,
                "sent": 0.0,
            }
        )
    return session


def test_every_plot_is_a_picture_with_something_on_it(session, tmp_path):
    plots = write_plots(tmp_path, CURVE, session)
    assert set(plots) == {"Learning curve", "Goals", "Joint traces", "Tick latency"}
    for file in plots.values():
        picture = imageio.imread(file)
        assert min(picture.shape[:2]) > 200 and picture.std() > 5


def test_a_training_without_a_session_has_its_curve(tmp_path):
    assert set(write_plots(tmp_path, CURVE)) == {"Learning curve"}
    assert write_plots(tmp_path, []) == {}


def test_the_report_holds_everything_itself(session, tmp_path):
    plots = write_plots(tmp_path, CURVE, session)
    video = tmp_path / "x.mp4"
    video.write_bytes(b"film")
    file = tmp_path / "report.html"
    write_report(
        file, title="<arm>", subtitle="s", rows=[("success", "99 %")], plots=plots, video=video
    )
    text = file.read_text()
    assert "&lt;arm&gt;" in text and "99 %" in text
    sources = re.findall(r"src='([^']*)'", text)
    assert len(sources) == 5 and all(source.startswith("data:") for source in sources)
    assert base64.b64decode(sources[0].partition(",")[2]) == b"film"
