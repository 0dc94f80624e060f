"""Wrong answers made from a right one, one slip each, and right answers written another way."""

import ast
import copy
import inspect
import numbers
import zlib

import numpy as np
import pandas as pd
import torch

TWINS = dict(mean="sum", sum="mean", max="min", min="max", amax="amin", amin="amax", argmax="argmin", argmin="argmax",
             std="var", var="std", exp="log", log="exp", relu="abs", softmax="sigmoid", idxmax="idxmin", floor="ceil",
             ceil="floor", cumsum="cumprod", any="all", all="any", maximum="minimum", minimum="maximum")
OPERATORS = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Div,
             ast.Pow: ast.Mult, ast.Mod: ast.FloorDiv, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd}
COMPARISONS = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
               ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In}
TURNED = {ast.Lt: ast.Gt, ast.LtE: ast.GtE, ast.Gt: ast.Lt, ast.GtE: ast.LtE}
COPIES = {"clone", "copy", "list", "sorted", "detach"}


def mutants(source, given, most=40):
    """(what was done, source) of at most `most` mutants of `source`, the same ones each time.

    `given` are the arguments of one call by name: a mutant takes such a number instead of the parameter.
    """
    tree = ast.parse(source)
    found = {}
    for place, node in enumerate(ast.walk(tree)):
        for what, new in variations(node, given, parameters(tree)):
            text = ast.unparse(ast.fix_missing_locations(replaced(tree, place, new)))
            found.setdefault(text, f"line {getattr(node, 'lineno', 0)}: {what}")
    found.pop(ast.unparse(tree), None)
    chosen = sorted(found, key=lambda text: zlib.crc32(text.encode()))[:most]
    return [(found[text], text) for text in chosen]


def parameters(tree):
    """The names of all parameters in `tree`, and the default of each, if it has one."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.Lambda)):
            arguments = node.args.args
            names |= dict.fromkeys((argument.arg for argument in arguments), None)
            names |= {argument.arg: default for argument, default
                      in zip(arguments[::-1], node.args.defaults[::-1], strict=False)}
    return names


def replaced(tree, place, new):
    """A copy of `tree` with `new` at the place of the node that ast.walk gives as number `place`."""
    tree = copy.deepcopy(tree)
    target = list(ast.walk(tree))[place]

    class Put(ast.NodeTransformer):
        def visit(self, node):
            return copy.deepcopy(new) if node is target else self.generic_visit(node)

    return Put().visit(tree)


def variations(node, given, names):
    """(what was done, the node that takes the place of `node`): each a slip that learners make."""
    if isinstance(node, ast.BinOp):
        yield from of_operation(node)
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        for table in (COMPARISONS, TURNED):
            if type(node.ops[0]) in table:
                yield f"another comparison in {ast.unparse(node)}", ast.Compare(
                    node.left, [table[type(node.ops[0])]()], node.comparators)
    elif isinstance(node, ast.Constant):
        yield from of_constant(node)
    elif isinstance(node, ast.Call):
        yield from of_call(node)
    elif isinstance(node, ast.UnaryOp):
        yield f"dropped the sign or not of {ast.unparse(node)}", node.operand
    elif isinstance(node, ast.BoolOp):
        yield f"and for or in {ast.unparse(node)}", ast.BoolOp(
            ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    elif isinstance(node, (ast.AugAssign, ast.Expr)) and not isinstance(node.value, ast.Constant):
        yield f"left out {ast.unparse(node)}", ast.Pass()
    elif isinstance(node, ast.Attribute) and node.attr in ("T", "mT"):
        yield f"forgot to transpose {ast.unparse(node)}", node.value
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names:
        yield from of_parameter(node, given, names)
    elif isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple) and len(node.value.elts) == 2:
        yield "two results exchanged", ast.Return(ast.Tuple(node.value.elts[::-1], ast.Load()))


def of_operation(node):
    """Another operator, a term left out, the two sides exchanged."""
    text = ast.unparse(node)
    if type(node.op) in OPERATORS:
        yield f"another operator in {text}", ast.BinOp(node.left, OPERATORS[type(node.op)](), node.right)
    yield f"only the left side of {text}", node.left
    yield f"only the right side of {text}", node.right
    if isinstance(node.op, (ast.Sub, ast.Div, ast.MatMult, ast.FloorDiv, ast.Pow)):
        yield f"exchanged {text}", ast.BinOp(node.right, node.op, node.left)


def of_constant(node):
    """Off by one, another axis, another number, the other truth."""
    value = node.value
    if isinstance(value, bool):
        yield f"{not value} for {value}", ast.Constant(not value)
    elif isinstance(value, int):
        yield from ((f"{other} for {value}", ast.Constant(other)) for other in (value + 1, value - 1) if other >= 0)
    elif isinstance(value, float):
        yield f"{value * 1.5} for {value}", ast.Constant(value * 1.5)


def of_call(node):
    """Arguments exchanged, a mean for a sum and the like, a step or a copy left out, a named argument forgotten."""
    text, function = ast.unparse(node), node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if len(node.args) > 1 and not any(isinstance(argument, ast.Starred) for argument in node.args):
        yield f"arguments exchanged in {text}", ast.Call(function, [node.args[1], node.args[0], *node.args[2:]],
                                                         node.keywords)
    if name in TWINS:
        method = isinstance(function, ast.Attribute)
        twin = ast.Attribute(function.value, TWINS[name]) if method else ast.Name(TWINS[name])
        yield f"{TWINS[name]} for {name} in {text}", ast.Call(twin, node.args, node.keywords)
    if isinstance(function, ast.Attribute) and name not in ("detach", "item", "tolist", "cpu", "numpy", "__init__"):
        yield f"left out .{name}() of {text}", function.value
    elif name in COPIES and len(node.args) == 1:
        yield f"left out {name}() of {text}", node.args[0]
    for keyword in node.keywords:
        if keyword.arg and keyword.arg not in ("strict",):
            others = [other for other in node.keywords if other is not keyword]
            yield f"without {keyword.arg} in {text}", ast.Call(function, node.args, others)


def of_parameter(node, given, names):
    """A parameter that is ignored: its default, or the number that it has in the first call."""
    if names[node.id] is not None:
        yield f"always the default for {node.id}", names[node.id]
    value = given.get(node.id)
    if isinstance(value, (numbers.Number, str)) and not isinstance(value, bool):
        yield f"always {value} for {node.id}", ast.Constant(value)


def wrong_values(value):
    """Answers near a typed one: other numbers, exchanged entries."""
    yield from (wrong for wrong in near(value) if str(wrong) != str(value))


def near(value):
    """The same, some of them perhaps equal to `value`."""
    if isinstance(value, numbers.Number) and not isinstance(value, bool):
        yield from (value + 1, value - 1, 10 * value + 1, 2 * value + 3)
    elif isinstance(value, (tuple, list)):
        for i, entry in enumerate(value):
            yield from (type(value)([*value[:i], wrong, *value[i + 1:]]) for wrong in wrong_values(entry))
        yield from (type(value)([*value[:i], value[i + 1], value[i], *value[i + 2:]])
                    for i in range(len(value) - 1) if value[i] != value[i + 1])
        yield value[:-1]
    elif isinstance(value, dict):
        words = list(dict.fromkeys(value.values()))
        yield from (value | {key: words[(words.index(word) + 1) % len(words)]} for key, word in value.items())
    elif isinstance(value, torch.Tensor):
        yield from (value.T, -value, value + 1)


def first_call(exercise, answer):
    """The arguments, by name, with which `exercise` calls the function `answer` first."""
    calls = []

    def spy(*args, **kwargs):
        calls.append(inspect.signature(answer).bind(*args, **kwargs).arguments)
        return answer(*args, **kwargs)

    if inspect.isfunction(answer):
        exercise.run(spy)
    return dict(calls[0]) if calls else {}


def rewrites(answer):
    """(name, answer): the same function, its results in other types; or the same value in them."""
    changes = {"arrays": to_arrays, "lists": to_lists, "doubles": to_doubles, "columns": to_columns}
    for name, change in changes.items():
        if inspect.isfunction(answer):
            yield name, lambda *args, change=change, **kwargs: change(answer(*args, **kwargs))
        elif not isinstance(answer, type):
            yield name, change(answer)
    if isinstance(answer, str) and "." not in answer:
        yield "capitals", answer.upper()


def each(change, value):
    """`change` of every part of a tuple or a list, or of the value itself."""
    return type(value)(change(part) for part in value) if type(value) in (tuple, list) else change(value)


def has_values(value):
    """Whether it is a tensor with values in it, not one of the device meta."""
    return isinstance(value, torch.Tensor) and not value.is_meta


def to_arrays(value):
    """Tensors as arrays, and lists of numbers, too."""
    if isinstance(value, list) and all(isinstance(part, numbers.Number) for part in value):
        return np.array(value)
    return each(lambda part: part.detach().numpy() if has_values(part) else part, value)


def to_lists(value):
    """Tensors and arrays as lists, tuples as lists."""
    if type(value) is tuple:
        value = list(value)
    return each(lambda part: part.tolist() if has_values(part) or isinstance(part, np.ndarray) else part, value)


def to_doubles(value):
    """Floats with 64 bits, whole numbers as floats."""
    if type(value) in (tuple, list):
        return each(to_doubles, value)
    if isinstance(value, torch.Tensor) and value.is_floating_point():
        return value.double()
    return float(value) if type(value) is int else value


def to_columns(value):
    """Arrays of one axis as a column of pandas."""
    if isinstance(value, (torch.Tensor, np.ndarray)) and value.ndim == 1:
        return pd.Series(value.detach().numpy() if isinstance(value, torch.Tensor) else value)
    return value
