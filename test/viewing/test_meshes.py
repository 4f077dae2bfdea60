"""What a URDF shows, as the page is given it."""

import numpy as np
import trimesh

from robot_learning.robot import RobotSpec
from robot_learning.viewing.meshes import link_meshes

URDF = """<robot name="arm"><material name="paint"><color rgba="0 0 1 1"/></material>
<link name="base">
  <visual><origin xyz="0 0 0.5"/><geometry><mesh filename="block.stl" scale="0.001 0.001 0.002"/>
    </geometry><material name="paint"/></visual>
  <visual><geometry><mesh filename="torn.stl"/></geometry></visual>
</link></robot>"""


def test_meshes_have_their_scale_place_and_colour_and_one_that_is_torn_is_named(tmp_path):
    trimesh.creation.box((100, 200, 300)).export(tmp_path / "block.stl")
    (tmp_path / "torn.stl").write_text("solid of nothing")
    (tmp_path / "arm.urdf").write_text(URDF)
    meshes, failed = link_meshes(tmp_path / "arm.urdf")
    assert np.allclose(meshes["base"].bounds, [[-0.05, -0.1, 0.2], [0.05, 0.1, 0.8]])
    (mesh,) = meshes["base"].geometry.values()
    assert mesh.visual.material.main_color.tolist() == [0, 0, 255, 255]
    (line,) = failed
    assert line.startswith("link 'base'") and "torn.stl" in line


def test_collada_can_be_read():
    meshes, failed = link_meshes(RobotSpec.load("ur5").urdf)
    assert "forearm_link" in meshes and not failed
