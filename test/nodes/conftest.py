import pytest

from test.nodes.graph import Graph


@pytest.fixture
def graph():
    graph = Graph()
    yield graph
    graph.close()
