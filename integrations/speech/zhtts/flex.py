"""Takes TensorFlow's own random numbers out of a model, so that LiteRT alone can run it."""

from typing import Any

_FLEX_RANDOM = b"FlexRandomUniform"
_PLACEHOLDER = 127
"""What the old one-byte field says when the operator's number is larger (TensorFlow Lite schema v3a)."""


def without_flex(model: bytes) -> bytes:
    """The model (a .tflite file) with LiteRT's RANDOM_UNIFORM in place of TensorFlow's; it draws the dropout
    that the voice was trained with. Returned as it is when there is nothing to change.
    """
    if _FLEX_RANDOM not in model:
        return model
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    tree: Any = schema.ModelT.InitFromPackedBuf(bytearray(model), 0)
    for code in tree.operatorCodes:
        if code.customCode == _FLEX_RANDOM:
            code.customCode = None
            code.builtinCode = schema.BuiltinOperator.RANDOM_UNIFORM
            code.deprecatedBuiltinCode = _PLACEHOLDER
            _drop_options(tree, tree.operatorCodes.index(code))
    builder = flatbuffers.Builder(len(model) + 1024)
    builder.Finish(tree.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _drop_options(tree: Any, code: int) -> None:
    for operator in (one for graph in tree.subgraphs for one in graph.operators if one.opcodeIndex == code):
        operator.customOptions = None
