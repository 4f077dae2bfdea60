from robot_learning.nodes import diagnostics
from robot_learning.nodes.diagnostics import Complaints


def test_a_complaint_is_logged_again_after_a_while_and_another_one_sooner(monkeypatch):
    complaints, said = Complaints(), []
    for at, text in ((0.0, "a"), (0.5, "b"), (1.5, "b"), (9.0, "b"), (11.6, "b"), (12.7, "a")):
        monkeypatch.setattr(diagnostics.time, "monotonic", lambda at=at: at)
        if complaints.is_new(text):
            said.append((at, text))
    assert said == [(0.0, "a"), (1.5, "b"), (11.6, "b"), (12.7, "a")]
