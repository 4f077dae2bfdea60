from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from helpers.graph import value_of
from helpers.robots import scripted_bundle


def last_said(heard):
    """Return the monitor's last status by name; others speak on the topic as well."""
    statuses = {status.name: status for message in heard for status in message.status}
    return {name: item for name, item in statuses.items() if name.startswith("robot_learning:")}


def test_every_term_is_compared_with_the_bundle(graph, tmp_path):
    bundle = scripted_bundle(tmp_path / "bundle", "arm6")
    graph.start("sim_node", robot="arm6")
    graph.start("safety_node", robot="arm6")
    graph.start("policy_node", bundle=str(bundle.path), autostart=True)
    graph.start("monitor_node", bundle=str(bundle.path))
    heard = graph.listen(DiagnosticArray, "/diagnostics", 1000)
    graph.until(lambda: graph.states and last_said(heard) and "active" in graph.policy_status())
    graph.goal([0.4, 0.1, 0.3])
    graph.until(lambda: len(last_said(heard)) > 1)
    graph.spin(1.2)
    named = last_said(heard)
    assert {f"robot_learning: term {term}" for term in bundle.interface.terms} < set(named)
    for status in named.values():
        assert value_of(status, "bundle") == bundle.name
        assert value_of(status, "hash") == bundle.hash
    ticks = named["robot_learning: ticks"]
    assert 15 < float(value_of(ticks, "rate_hz")) < 30
    assert float(value_of(ticks, "latency_p99_ms")) > 0
    # The reference of this bundle is uniform in [-1, 1]; a tip that stays at 0.4 m is inside it.
    assert named["robot_learning: term tip_position"].level == DiagnosticStatus.OK
