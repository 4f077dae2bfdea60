"""What several tests need: robots written for a test, and a bundle whose policy is known."""

import copy
from pathlib import Path

import numpy as np
import onnx
import yaml
from onnx import TensorProto, helper, numpy_helper

from robot_learning.base.paths import config_dir, share_dir
from robot_learning.monitoring import statistics
from robot_learning.policy import Interface, PolicyBundle, write_bundle
from robot_learning.robot import RobotSpec


def robot_yaml(folder: Path, urdf: str | None = None, **changes) -> Path:
    """Write arm6 with keys changed (``a__b`` is a.b; None removes) and return the YAML file."""
    data = yaml.safe_load((config_dir() / "robots/arm6.yaml").read_text())
    data = copy.deepcopy(data)
    text = urdf or (share_dir() / "urdf/arm6.urdf").read_text()
    (folder / "arm.urdf").write_text(text)
    data["urdf"] = "arm.urdf"
    for path, value in changes.items():
        *parents, last = path.split("__")
        section = data
        for key in parents:
            section = section.setdefault(key, {})
        if value is None:
            del section[last]
        else:
            section[last] = value
    file = folder / "arm.yaml"
    file.write_text(yaml.safe_dump(data))
    return file


def scripted_onnx(interface: Interface, gain: float = 1.0) -> bytes:
    """Return a network that answers ``gain`` times the goal_step it is shown."""
    part = interface.term_slices()["goal_step"]
    constants = [
        numpy_helper.from_array(np.array([part.start], dtype=np.int64), "start"),
        numpy_helper.from_array(np.array([part.stop], dtype=np.int64), "stop"),
        numpy_helper.from_array(np.array([1], dtype=np.int64), "axis"),
        numpy_helper.from_array(np.array(gain, dtype=np.float32), "gain"),
        numpy_helper.from_array(np.array(-1, dtype=np.float32), "low"),
        numpy_helper.from_array(np.array(1, dtype=np.float32), "high"),
    ]
    nodes = [
        helper.make_node("Slice", ["observation", "start", "stop", "axis"], ["step"]),
        helper.make_node("Mul", ["step", "gain"], ["scaled"]),
        helper.make_node("Clip", ["scaled", "low", "high"], ["action"]),
    ]
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "scripted",
        [value("observation", TensorProto.FLOAT, ["batch", interface.n_obs])],
        [value("action", TensorProto.FLOAT, ["batch", interface.n_action])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def scripted_bundle(
    path: Path,
    robot: str | Path,
    gain: float = 1.0,
    provenance: dict | None = None,
    **interface_changes,
) -> PolicyBundle:
    """Write the bundle of a policy that follows its goal_step."""
    spec = RobotSpec.load(robot)
    interface = Interface(joints=spec.joints, **interface_changes)
    seen = np.random.default_rng(0).uniform(-1, 1, (100, interface.n_obs))
    return write_bundle(
        path,
        name="scripted",
        task="reach",
        interface=interface,
        spec=spec,
        onnx=scripted_onnx(interface, gain),
        statistics=statistics.reference(seen, interface.term_slices()),
        evaluation={"episodes": 0},
        provenance={"algorithm": "scripted", **(provenance or {})},
    )
