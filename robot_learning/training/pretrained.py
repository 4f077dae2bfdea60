"""The network of a bundle, ready to be trained further."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.errors import BundleError
from robot_learning.policy import PolicyBundle

# What computes in a bundle's graph; the rest moves numbers, or clips them.
COMPUTING = ("Sub", "Mul", "Gemm", "MatMul", "Add", "Pow", "Exp", "Relu", "Tanh")


@dataclass(frozen=True)
class Pretrained:
    """What a bundle's policy computes: ``tanh(layers(clip((observation - mean) * scale)))``.

    Attributes:
        mean: (n_obs,).
        scale: (n_obs,), the inverse of the deviation.
        layers: weights (n_out, n_in) and offsets (n_out,) of each, ReLU between them.
    """

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    layers: tuple[tuple[NDArray[np.float32], NDArray[np.float32]], ...]

    @property
    def widths(self) -> list[int]:
        """Width of each hidden layer."""
        return [len(offsets) for _, offsets in self.layers[:-1]]

    @classmethod
    def read(cls, bundle: PolicyBundle) -> "Pretrained":
        """Return the network of a bundle.

        Raises:
            BundleError: where it is of another kind than ours that imitate.
        """
        import onnx

        file = bundle.path / "policy.onnx"
        graph = onnx.load(str(file)).graph
        known = {item.name: onnx.numpy_helper.to_array(item) for item in graph.initializer}
        for node in graph.node:
            if node.op_type == "Constant":
                known[node.output[0]] = onnx.numpy_helper.to_array(node.attribute[0].t)

        def of(kind: str) -> list[list[Any]]:
            found = [node for node in graph.node if node.op_type == kind]
            return [[known[name] for name in node.input[1:]] for node in found]

        kinds = [node.op_type for node in graph.node if node.op_type in COMPUTING]
        hidden = ["Relu", "Gemm"] * (kinds.count("Gemm") - 1)
        if kinds != ["Sub", "Mul", "Gemm", *hidden, "Tanh"]:
            raise BundleError(
                f"{file}: made by {bundle.provenance.get('algorithm')}, whose network can't be "
                "trained further; take one of dagger, bc or finetune"
            )
        (mean,), (scale,) = of("Sub")[0], of("Mul")[0]
        return cls(mean, scale, tuple((weights, offsets) for weights, offsets in of("Gemm")))
