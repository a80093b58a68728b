"""A small builder for ONNX graphs: nodes, constants in double precision, fresh names."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import GraphProto, ModelProto, TensorProto, helper, numpy_helper

OPSET, ML_OPSET, IR_VERSION = 21, 5, 10
ML_DOMAIN = "ai.onnx.ml"


class Graph:
    """Collects the nodes of a graph; names of tensors are handed from node to node."""

    def __init__(self) -> None:
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._inputs: list[Any] = []
        self._outputs: list[Any] = []

    def column(self, name: str, *, is_number: bool) -> str:
        """Add an input of shape [rows, 1]: doubles or texts."""
        kind = TensorProto.DOUBLE if is_number else TensorProto.STRING
        self._inputs.append(helper.make_tensor_value_info(name, kind, ["rows", 1]))
        return name

    def constant(self, values: NDArray[Any]) -> str:
        """Add a constant."""
        name = f"c{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(values, name))
        return name

    def doubles(self, *values: float) -> str:
        """Add a constant vector of doubles; one value is a scalar."""
        found = np.array(values, dtype=np.float64)
        return self.constant(found[0] if len(values) == 1 else found)

    def node(self, kind: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """Add a node with one output; return the output's name."""
        output = f"t{len(self._nodes)}"
        self._nodes.append(
            helper.make_node(kind, list(inputs), [output], domain=domain, **attributes)
        )
        return output

    def sum(self, parts: Sequence[str]) -> str:
        """Add parts from left to right, as the scorer does."""
        total, *rest = parts
        for part in rest:
            total = self.node("Add", total, part)
        return total

    def output(self, name: str, tensor: str, *, is_number: bool) -> None:
        """Name a tensor of shape [rows, 1] as an output: doubles or booleans."""
        kind = TensorProto.DOUBLE if is_number else TensorProto.BOOL
        self._nodes.append(helper.make_node("Identity", [tensor], [name]))
        self._outputs.append(helper.make_tensor_value_info(name, kind, ["rows", 1]))

    def model(self, facts: dict[str, str]) -> ModelProto:
        """Return the model with facts in its metadata."""
        graph: GraphProto = helper.make_graph(
            self._nodes, "churn", self._inputs, self._outputs, self._constants
        )
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(ML_DOMAIN, ML_OPSET)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
        model.producer_name = "churn-service"
        helper.set_model_props(model, dict(sorted(facts.items())))
        return model
