from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from helpers.graph import value_of
from helpers.robots import scripted_bundle
from std_msgs.msg import Float64MultiArray

from robot_learning.nodes.messages import labelled
from robot_learning.nodes.monitor_node import ACTION

GOALS = [0.4, 0.1, 0.3], [0.4, -0.1, 0.3]


def listen(graph):
    """Return the monitor's last statuses by name."""
    named = {}

    def heard(message):
        for status in message.status:
            if status.name.startswith("/monitor_node: "):
                named[status.name.removeprefix("/monitor_node: ")] = status

    graph.listen(DiagnosticArray, "/diagnostics", heard=heard)
    return named


def test_every_term_is_compared_with_the_bundle(system, bundle):
    system.start("monitor_node", bundle=str(bundle.path))
    said = listen(system)
    system.until(lambda: "ticks" in said)
    assert said["ticks"].level == DiagnosticStatus.STALE
    assert "/policy_node/action" in said["ticks"].message
    system.work(
        GOALS, lambda: said["ticks"].level == DiagnosticStatus.OK and "term tip_position" in said
    )
    assert {f"term {term}" for term in bundle.interface.terms} | {"ticks", "delay"} == set(said)
    for status in said.values():
        assert value_of(status, "bundle") == bundle.name
        assert value_of(status, "hash") == bundle.hash
    assert float(value_of(said["ticks"], "rate_hz")) > 0
    assert float(value_of(said["ticks"], "latency_p99_ms")) > 0
    assert "does not say what delay" in said["delay"].message
    assert said["delay"].level == DiagnosticStatus.OK
    # The reference of this bundle is uniform in [-1, 1]; a tip that stays at 0.4 m is inside it.
    assert said["term tip_position"].level == DiagnosticStatus.OK
    system.kill("monitor_node")


def test_more_delay_than_the_bundle_was_trained_with_is_told(graph, tmp_path):
    told = {"tolerated_delay": 0.07}
    trained = scripted_bundle(tmp_path / "bundle", "arm6", provenance=told)
    graph.start("monitor_node", bundle=str(trained.path))
    said, out = listen(graph), graph.node.create_publisher(Float64MultiArray, ACTION, 10)
    parts = {"latency": [0.001], "state_age": [0.03], "delay": [0.02]}

    def says(message):
        out.publish(labelled(graph.node.get_clock().now().to_msg(), parts))
        return "delay" in said and said["delay"].message == message

    graph.wait(lambda: says("no later than in training"))
    assert said["delay"].level == DiagnosticStatus.OK
    assert float(value_of(said["delay"], "total_ms")) == 51
    parts["delay"] = [0.06]
    graph.wait(lambda: says("later than in training"))
    assert said["delay"].level == DiagnosticStatus.WARN


def test_another_policy_than_the_bundle_is_told(system, tmp_path):
    other = scripted_bundle(tmp_path / "bundle", "arm6", observed=("goal_step",))
    system.start("monitor_node", bundle=str(other.path))
    said = listen(system)
    system.until(lambda: "ticks" in said)
    system.work(GOALS, lambda: said["ticks"].level == DiagnosticStatus.ERROR)
    assert "another policy" in said["ticks"].message
    system.kill("monitor_node")


def test_a_shipped_bundle_goes_by_its_name_and_no_other_does(graph):
    process = graph.start("monitor_node", bundle="wallace")
    assert graph.ends(process) == 1
    assert "no shipped policy: panda-" in graph.words() and "Traceback" not in graph.words()
