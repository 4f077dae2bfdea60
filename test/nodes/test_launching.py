from types import SimpleNamespace

import pytest

from robot_learning.nodes.launching import refuse_death


@pytest.mark.parametrize("code", [1, -9])
def test_a_process_that_died_ends_the_launch(code):
    with pytest.raises(RuntimeError, match=f"sim_node-1 died with exit code {code}"):
        refuse_death(SimpleNamespace(process_name="sim_node-1", returncode=code), None)


def test_a_process_that_ended_well_does_not():
    refuse_death(SimpleNamespace(process_name="sim_node-1", returncode=0), None)
