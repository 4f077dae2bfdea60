"""A network interface of one's own, and a graph whose network goes and comes back.

``unshare --net --map-root-user`` gives a process a loopback interface that nobody else has.
``FASTDDS_BUILTIN_TRANSPORTS=UDPv4`` makes Fast DDS need it: shared memory does not.
"""

import fcntl
import socket
import struct

import numpy as np
from std_srvs.srv import Trigger

from helpers.graph import Graph, push

GET_FLAGS, SET_FLAGS, UP = 0x8913, 0x8914, 1  # linux/sockios.h, linux/if.h
REQUEST = "16sH14s"


def loopback(up: bool) -> None:
    """Switch the loopback interface on or off."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        asked = struct.pack(REQUEST, b"lo", 0, b"")
        flags = struct.unpack(REQUEST, fcntl.ioctl(any_socket, GET_FLAGS, asked))[1]
        flags = flags | UP if up else flags & ~UP
        fcntl.ioctl(any_socket, SET_FLAGS, struct.pack(REQUEST, b"lo", flags, b""))


def lose_it_and_get_it_back() -> None:
    """Let an arm move, take its network away, and give it back."""
    loopback(True)
    arm = Graph()
    try:
        arm.start_safety()
        arm.drive(push(arm.spec, speed=1.0), 0.6)
        assert arm.speed() > 0.5
        loopback(False)
        arm._slot, heard = None, len(arm.status)  # Time goes on without the node.
        arm.wait_at_rest(2.0)
        arm.assert_limits_kept()
        rested = arm.q()
        assert len(arm.status) - heard < 10
        loopback(True)
        arm.until(lambda: arm._slot is not None)
        arm.run(0.5)
        np.testing.assert_allclose(arm.q(), rested, atol=1e-4)
        if arm.latched():
            assert arm.call(Trigger, "/safety_node/resume").success
        arm.until(lambda: not arm.latched())
        arm.drive(push(arm.spec, speed=-0.5), 0.5)
        assert arm.q()[0] < rested[0] - 0.1
        print("it goes on")
    finally:
        arm.close()
