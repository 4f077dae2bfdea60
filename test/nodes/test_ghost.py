import numpy as np
import pinocchio as pin
import pytest
from scipy.spatial.transform import Rotation

from robot_learning.kinematics import ArmModel
from robot_learning.nodes.ghost import Ghost
from robot_learning.robot import RobotSpec
from robot_learning.robot.description import description


def pose_of(marker):
    p, r = marker.pose.position, marker.pose.orientation
    T = np.eye(4)
    T[:3, :3] = Rotation.from_quat([r.x, r.y, r.z, r.w]).as_matrix()
    T[:3, 3] = p.x, p.y, p.z
    return T


@pytest.mark.parametrize("robot", ["arm6", "ur5"])
def test_every_part_is_where_pinocchio_has_it(robot):
    spec = RobotSpec.load(robot)
    model = pin.buildModelFromXML(description(spec.urdf))
    shapes = pin.buildGeomFromUrdfString(model, description(spec.urdf), pin.VISUAL)
    q = spec.home + np.linspace(-0.5, 0.5, spec.n)
    q_all = pin.neutral(model)
    q_all[[model.joints[model.getJointId(name)].idx_q for name in spec.joints]] = q
    data, placed = model.createData(), shapes.createData()
    pin.updateGeometryPlacements(model, data, shapes, placed, q_all)
    pin.updateFramePlacements(model, data)
    T_base_root = data.oMf[model.getFrameId(spec.base_link)].inverse()
    there = [(T_base_root * placement).homogeneous for placement in placed.oMg]
    here = [pose_of(marker) for marker in Ghost(ArmModel(spec)).at(q, (0.0, 1.0, 0.0, 0.5))]
    assert len(here) == len(there) > 0
    for T in there:
        assert min(np.abs(T - other).max() for other in here) < 1e-6
