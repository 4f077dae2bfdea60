"""Joint states as drivers send them."""

from sensor_msgs.msg import JointState


def part(state, joints):
    """Return a message with some of the joints of another."""
    message = JointState(name=[state.name[i] for i in joints])
    message.position = [state.position[i] for i in joints]
    message.velocity = [state.velocity[i] for i in joints]
    message.header.stamp = state.header.stamp
    return message


def in_two(state):
    """Return the two messages that bring half the joints each."""
    n = len(state.name)
    return [part(state, range(n // 2)), part(state, range(n // 2, n))]
