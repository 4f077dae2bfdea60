from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from helpers.graph import value_of
from helpers.robots import scripted_bundle

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


def test_more_delay_than_the_bundle_was_trained_with_is_told(system, tmp_path):
    told = {"tolerated_delay": 0.07}
    trained = scripted_bundle(tmp_path / "bundle", "arm6", provenance=told)
    system.start("monitor_node", bundle=str(trained.path))
    said = listen(system)
    system.work(GOALS, lambda: "delay" in said)
    assert float(value_of(said["delay"], "tolerated_ms")) == 70

    def late(message):
        stamp = message.header.stamp
        stamp.sec, stamp.nanosec = divmod(stamp.sec * 10**9 + stamp.nanosec - 10**8, 10**9)
        return message

    system.driver.spoil = late
    system.work(GOALS, lambda: said["delay"].level == DiagnosticStatus.WARN)
    assert said["delay"].message == "later than in training"
    assert float(value_of(said["delay"], "state_age_ms")) > 70
    system.kill("monitor_node")


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
