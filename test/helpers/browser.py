"""What a browser does with a page of viser: it hears what is in it, and moves sliders."""

import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress

import msgspec
import numpy as np
import viser
import zstandard
from websockets.sync.client import connect

from helpers.processes import environment

PATIENCE = 60.0  # s
CALL = [sys.executable, "-u", "-m", "robot_learning.cli.main", "robot", "view"]


@contextmanager
def opened(*arguments, env=None):
    """Run a page, give its port and a browser that looks at it, and end it with Ctrl-C."""
    process = subprocess.Popen(
        [*CALL, *arguments, "--port", "0", "--no-open"],
        stdout=subprocess.PIPE,
        text=True,
        env=env or environment(),
    )
    try:
        found = None
        for line in process.stdout:
            found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
            if found:
                break
        assert found, "the page did not open"
        browser = Browser(found[1])
        try:
            yield found[1], browser
        finally:
            browser.close()
            process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    finally:
        process.kill()
        process.wait()


class Browser:
    """Opens a page and keeps what it shows.

    Attributes:
        nodes: properties of each node of the scene, by its name; ``position`` and ``wxyz`` too.
        controls: properties of each control, by its label or, where it has none, its number.
    """

    def __init__(self, port):
        self.nodes, self.controls, self._names = {}, {}, {}
        self._socket = connect(
            f"ws://127.0.0.1:{port}",
            subprotocols=[f"viser-v{viser.__version__}"],
            max_size=None,
            open_timeout=PATIENCE,
        )
        # A browser counts as connected once it has told where its camera is.
        view = {"wxyz": (1, 0, 0, 0), "position": (1, 0, 0), "look_at": (0, 0, 0)}
        lens = {"fov": 0.8, "near": 0.01, "far": 100.0, "image_height": 100, "image_width": 100}
        self._send("ViewerCameraMessage", up_direction=(0, 0, 1), **view, **lens)

    def close(self):
        self._socket.close()

    def wait(self, found, step=lambda: None):
        """Do ``step`` and hear messages until ``found`` returns something; return that."""
        end = time.monotonic() + PATIENCE
        while not (what := found()):
            assert time.monotonic() < end, "it does not come"
            step()
            with suppress(TimeoutError):
                self._hear(self._socket.recv(timeout=0.1))
        return what

    def set(self, label, value):
        """Move a slider or type a number."""
        self._send("GuiUpdateMessage", uuid=self._names[label], updates={"value": value})

    def _send(self, kind, **fields):
        self._socket.send(msgspec.msgpack.encode({"type": kind, **fields}))

    def _hear(self, data):
        size = int.from_bytes(data[8:16], "little")
        told = msgspec.msgpack.decode(
            zstandard.ZstdDecompressor().decompress(data[16 : 16 + size])
        )
        buffers, at = [], 16 + size
        for length in told["binaryBufferLengths"]:
            at += -at % 8
            buffers.append(data[at : at + length])
            at += length
        for message in told["messages"]:
            self._take(_with_arrays(message, buffers))

    def _take(self, message):
        kind, name = message["type"], message.get("name")
        if kind.startswith("Gui") and "props" in message:
            label = message["props"].get("label") or str(message["props"].get("order"))
            self._names[label] = message["uuid"]
            self.controls[label] = {**message["props"], "value": message.get("value")}
        elif kind == "GuiUpdateMessage":
            label = next((k for k, v in self._names.items() if v == message["uuid"]), None)
            self.controls.setdefault(label, {}).update(message["updates"])
        elif kind == "RemoveSceneNodeMessage":
            self.nodes.pop(name, None)
        elif name is not None:
            node = self.nodes.setdefault(name, {"position": (0.0, 0.0, 0.0)})
            node.update(message.get("props") or {})
            node.update(message.get("updates") or {})
            node.update({k: message[k] for k in ("position", "wxyz", "visible") if k in message})


def _with_arrays(value, buffers):
    if isinstance(value, dict) and "__binary_index" in value:
        return np.frombuffer(buffers[value["__binary_index"]], dtype=value["dtype"])
    if isinstance(value, dict):
        return {key: _with_arrays(each, buffers) for key, each in value.items()}
    return [_with_arrays(each, buffers) for each in value] if isinstance(value, list) else value
