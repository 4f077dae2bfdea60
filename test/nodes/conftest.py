import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from helpers.graph import Graph


@pytest.fixture
def graph():
    graph = Graph()
    yield graph
    graph.close()


@pytest.fixture
def arm(graph):
    """A simulated arm behind the safety node."""
    graph.start("sim_node", robot="arm6")
    graph.start("safety_node", robot="arm6")
    graph.status = graph.listen(DiagnosticStatus, "/safety_node/status", 1000)
    graph.until(lambda: graph.states and graph.status)
    return graph
