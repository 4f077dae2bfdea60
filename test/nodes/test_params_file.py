import pytest

from robot_learning.base.errors import ConfigError
from robot_learning.nodes.params_file import check_params_file
from robot_learning.nodes.system import NodeStart

VALUES = "{ros__parameters: {state_rate: 50.0}}"


@pytest.mark.parametrize(
    ("text", "namespace"),
    [
        (f"sim_node: {VALUES}", ""),
        (f"/sim_node: {VALUES}", ""),
        (f"/**: {VALUES}", "left"),
        (f"/**/sim_node: {VALUES}", "left"),
        (f"/**/sim_node: {VALUES}", ""),
        (f"/*/sim_node: {VALUES}", "left"),
        (f"/left/sim_node: {VALUES}", "left"),
        (f"left: {{sim_node: {VALUES}}}", "left"),
        (f"sim_node: {VALUES}\nof_another_package: {VALUES}", ""),
    ],
)
def test_entries_that_name_a_node_pass(tmp_path, text, namespace):
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    check_params_file(file, [NodeStart("sim_node", namespace=namespace)])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "expected entries"),
        ("- 1", "expected entries"),
        ("a: [", "not readable"),
        ("sim_node: {state_rate: 50.0}", "/sim_node/state_rate: expected 'ros__parameters:'"),
        ("sim_node: {ros__parameters: 3}", "/sim_node: expected 'ros__parameters:'"),
        (f"sim_nod: {VALUES}", "/sim_nod: none of them is of /left/sim_node"),
        (f"sim_node: {VALUES}", "/sim_node: none of them is of /left/sim_node"),
        (f"/right/sim_node: {VALUES}", "none of them"),
    ],
)
def test_what_ros_would_pass_over_in_silence_is_refused(tmp_path, text, said):
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=said) as caught:
        check_params_file(file, [NodeStart("sim_node", namespace="left")])
    assert str(file) in str(caught.value) and "\n" not in str(caught.value)


def test_a_missing_file_is_one_line(tmp_path):
    with pytest.raises(ConfigError, match="none.yaml: not readable"):
        check_params_file(tmp_path / "none.yaml", [])
