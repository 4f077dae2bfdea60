"""The shipped configurations of RViz and Foxglove fit the topics as they are."""

import json

import yaml

from robot_learning.base.paths import config_dir
from robot_learning.safety.status import UNITS

# Those of rviz_common and rviz_default_plugins, and of Foxglove, that are used.
RVIZ = {
    *(f"rviz_common/{name}" for name in ("Displays", "Views", "Time")),
    *(f"rviz_default_plugins/{name}" for name in ("Grid", "RobotModel", "MarkerArray", "TF")),
    *(f"rviz_default_plugins/{name}" for name in ("MoveCamera", "Select", "FocusCamera")),
    *(f"rviz_default_plugins/{name}" for name in ("Measure", "Orbit")),
}
PANELS = {"3D", "Plot", "StateTransitions", "DiagnosticSummary"}


def inside(tree):
    """Return all mappings in a tree of mappings and lists."""
    if isinstance(tree, dict):
        yield tree
    for part in tree.values() if isinstance(tree, dict) else tree:
        if isinstance(part, dict | list):
            yield from inside(part)


def panels(layout):
    """Return the panels of a layout, a tree of halves."""
    if isinstance(layout, str):
        return [layout]
    assert layout["direction"] in ("row", "column") and 0 < layout["splitPercentage"] < 100
    return [*panels(layout["first"]), *panels(layout["second"])]


def test_rviz_finds_its_plugins_and_the_topics():
    config = yaml.safe_load(
        (config_dir() / "rviz/robot_learning.rviz").read_text(encoding="utf-8")
    )
    assert {part["Class"] for part in inside(config) if part.get("Class")} == RVIZ
    displays = {d["Class"]: d for d in config["Visualization Manager"]["Displays"]}
    described = displays["rviz_default_plugins/RobotModel"]["Description Topic"]
    assert described["Value"] == "robot_description"
    assert described["Durability Policy"] == "Transient Local"
    drawn = displays["rviz_default_plugins/MarkerArray"]["Topic"]
    assert drawn["Value"] == "view_node/markers"


def test_foxglove_places_each_panel_once_and_names_the_margins_in_their_order():
    layout = json.loads(
        (config_dir() / "foxglove/robot_learning.json").read_text(encoding="utf-8")
    )
    configured = layout["configById"]
    assert sorted(panels(layout["layout"])) == sorted(configured)
    assert {name.partition("!")[0] for name in configured} == PANELS
    paths = {path["label"]: path["value"] for path in configured["Plot!margins"]["paths"]}
    order = enumerate(cause.value for cause in UNITS)
    assert paths == {name: f"/safety_node/margins.data[{place}]" for place, name in order}
