import numpy as np
import pinocchio as pin
import pybullet

from robot_learning.kinematics import ArmModel
from robot_learning.kinematics.differential import damped_step
from robot_learning.kinematics.model import reduced
from robot_learning.worlds.bullet import BulletArm, Server


def random_q(spec, count=20):
    return np.random.default_rng(1).uniform(spec.lower, spec.upper, (count, spec.n))


def test_forward_kinematics_agree_with_pybullet(spec, model):
    # A body of its own, with no link merged away, so that Bullet still knows the tip link.
    client = pybullet.connect(pybullet.DIRECT)
    body = pybullet.loadURDF(str(spec.urdf), useFixedBase=True, physicsClientId=client)
    count = pybullet.getNumJoints(body, physicsClientId=client)
    info = [pybullet.getJointInfo(body, i, physicsClientId=client) for i in range(count)]
    joints = {item[1].decode(): item[0] for item in info}
    links = {item[12].decode(): item[0] for item in info}
    T_world_base = np.eye(4)
    if spec.base_link in links:
        state = pybullet.getLinkState(body, links[spec.base_link], physicsClientId=client)
        T_world_base[:3, 3] = state[4]
        T_world_base[:3, :3] = np.reshape(pybullet.getMatrixFromQuaternion(state[5]), (3, 3))
    for q in random_q(spec):
        for name, value in [*zip(spec.joints, q, strict=True), *spec.hold.items()]:
            pybullet.resetJointState(body, joints[name], value, physicsClientId=client)
        state = pybullet.getLinkState(
            body, links[spec.tip_link], computeForwardKinematics=True, physicsClientId=client
        )
        T = np.linalg.inv(T_world_base)
        tip = (T @ [*state[4], 1])[:3]
        R = T[:3, :3] @ np.reshape(pybullet.getMatrixFromQuaternion(state[5]), (3, 3))
        found = model.forward(q)
        np.testing.assert_allclose(found[:3, 3], tip, atol=1e-5)
        np.testing.assert_allclose(found[:3, :3], R, atol=1e-5)
    pybullet.disconnect(client)


def test_kinematics_agree_with_pinocchio(spec, model):
    full = pin.buildReducedModel(*reduced(spec))
    data, tip = full.createData(), full.getFrameId(spec.tip_link)
    order = [full.joints[full.getJointId(name)].idx_q for name in spec.joints]
    R = np.kron(np.eye(2), model.T_base_root[:3, :3])
    for q in random_q(spec):
        values = np.empty(spec.n)
        values[order] = q
        pin.framesForwardKinematics(full, data, values)
        T = model.T_base_root @ data.oMf[tip].homogeneous
        np.testing.assert_allclose(model.forward(q), T, atol=1e-12)
        world = pin.ReferenceFrame.LOCAL_WORLD_ALIGNED
        J = pin.computeFrameJacobian(full, data, values, tip, world)[:, order]
        np.testing.assert_allclose(model.jacobian(q), R @ J, atol=1e-12)


def test_a_damped_step_is_that_of_the_formula(model):
    rng = np.random.default_rng(0)
    for rows in (3, 6):
        J, offset = model.jacobian(random_q(model.spec, 1)[0])[:rows], rng.normal(size=rows)
        wanted = J.T @ np.linalg.solve(J @ J.T + 0.01 * np.eye(rows), offset)
        np.testing.assert_allclose(damped_step(J, offset, 0.01), wanted, atol=1e-12)


def test_jacobian_agrees_with_finite_differences(spec, model):
    h = 1e-6
    for q in random_q(spec, 5):
        J = model.jacobian(q)
        assert J.shape == (6, spec.n)
        R = model.forward(q)[:3, :3]
        for i in range(spec.n):
            step = np.eye(spec.n)[i] * h
            after, before = model.forward(q + step), model.forward(q - step)
            np.testing.assert_allclose(J[:3, i], (after - before)[:3, 3] / (2 * h), atol=1e-7)
            W = (after - before)[:3, :3] / (2 * h) @ R.T
            np.testing.assert_allclose(J[3:, i], [W[2, 1], W[0, 2], W[1, 0]], atol=1e-7)


def test_a_stretched_arm_is_singular(arm6):
    model = ArmModel(arm6)
    bent, straight = arm6.home, np.zeros(arm6.n)
    assert model.singular_values(straight)[-1] < 1e-6 < model.singular_values(bent)[-1]


def test_home_is_clear_of_the_floor(spec):
    world = Server()
    arm = BulletArm(world, spec)
    arm.reset(spec.home)
    assert not arm.touches_floor()
    world.close()
