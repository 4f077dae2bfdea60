from pathlib import Path

import pytest
from helpers.graph import Graph

PATIENCE = 1800  # s; a test ends by itself, however long a busy machine takes for it


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.timeout(PATIENCE))


@pytest.fixture
def graph():
    """A graph of its own, no node in it yet."""
    graph = Graph()
    yield graph
    graph.close()


@pytest.fixture(scope="module")
def shared():
    """One graph with a safety node for all of a module who leave it usable."""
    graph = Graph()
    try:
        graph.start_safety()
        yield graph
    finally:
        graph.close()


@pytest.fixture
def arm(shared):
    """An arm that follows exactly, at rest at home behind the safety node."""
    shared.reset()
    return shared


@pytest.fixture
def system(arm, bundle, arm6_model):
    """The arm with an active policy that reaches every goal."""
    arm.activate(bundle.path)
    arm.model = arm6_model
    yield arm
    arm.unconfigure()
