"""The formulas of a sheet: written like Python, computed here, and spelled as a spreadsheet spells them.

A formula knows numbers, names, `+ - * / **`, comparisons, `a if test else b`, and the functions below, in capitals.
A name means three things: `x` the cell of this row (or a named cell), `above.x` the cell of the row before, and
`column.x` the whole column, for functions such as SUM.
"""

import ast
import operator

import numpy as np

OPERATORS = {ast.Add: (operator.add, "+"), ast.Sub: (operator.sub, "-"), ast.Mult: (operator.mul, "*"),
             ast.Div: (operator.truediv, "/"), ast.Pow: (operator.pow, "^")}
COMPARISONS = {ast.Eq: (operator.eq, "="), ast.NotEq: (operator.ne, "<>"), ast.Lt: (operator.lt, "<"),
               ast.LtE: (operator.le, "<="), ast.Gt: (operator.gt, ">"), ast.GtE: (operator.ge, ">=")}

def _of_all(function):
    "The same of everything that is given: columns, cells and numbers, as many as you like."
    return lambda *values: function(np.concatenate([np.atleast_1d(value) for value in values]))


FUNCTIONS = {"EXP": np.exp, "LN": np.log, "LOG10": np.log10, "SQRT": np.sqrt, "ABS": np.abs, "SUM": _of_all(np.sum),
             "AVERAGE": _of_all(np.mean), "MAX": _of_all(np.max), "MIN": _of_all(np.min), "COUNT": _of_all(np.size),
             "SUMPRODUCT": lambda *columns: np.sum(np.prod(np.broadcast_arrays(*columns), axis=0))}


class FormulaError(ValueError):
    """A formula that cannot be understood or computed; the message says what to write instead."""


def parse(text):
    """The syntax tree of the formula `text`; raises FormulaError for what no spreadsheet would understand."""
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise FormulaError(f"Expected a formula such as slope*x + 30, found `{text}` ({error.msg}).") from None
    list(references(tree))
    return tree


def references(node):
    """Every (place, name) that a formula asks for; place is "here", "above" or "column"."""
    match node:
        case ast.Constant(value=int() | float() | str()):
            pass
        case ast.Name(id=name):
            yield "here", name
        case ast.Attribute(value=ast.Name(id="above" | "column" as place), attr=name):
            yield place, name
        case ast.BinOp(op=op) if type(op) in OPERATORS:
            yield from _references(node.left, node.right)
        case ast.UnaryOp(op=ast.USub()):
            yield from _references(node.operand)
        case ast.Compare(ops=[op]) if type(op) in COMPARISONS:
            yield from _references(node.left, *node.comparators)
        case ast.IfExp():
            yield from _references(node.test, node.body, node.orelse)
        case ast.Call(func=ast.Name(id=name), keywords=[]) if name in FUNCTIONS:
            yield from _references(*node.args)
        case _:
            raise FormulaError(f"Expected numbers, names, above.name, column.name, + - * / **, `a if test else b` or a "
                               f"function among {', '.join(FUNCTIONS)}; found `{ast.unparse(node)}`.")


def _references(*nodes):
    for node in nodes:
        yield from references(node)


def compute(node, look_up):
    """The value of a parsed formula; `look_up(place, name)` gives the cells it asks for.

    Numbers are float64 and never stop the sheet: 1/0 is inf and 0/0 is nan, which show that a run has diverged.
    """
    match node:
        case ast.Constant(value=value):
            return value if isinstance(value, str) else np.float64(value)
        case ast.Name(id=name):
            return look_up("here", name)
        case ast.Attribute(value=ast.Name(id=place), attr=name):
            return look_up(place, name)
        case ast.BinOp(left=left, op=op, right=right):
            return OPERATORS[type(op)][0](compute(left, look_up), compute(right, look_up))
        case ast.UnaryOp(operand=operand):
            return -compute(operand, look_up)
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return np.float64(COMPARISONS[type(op)][0](compute(left, look_up), compute(right, look_up)))
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return compute(body if compute(test, look_up) else orelse, look_up)
        case ast.Call(func=ast.Name(id=name), args=args):
            return FUNCTIONS[name](*(compute(arg, look_up) for arg in args))


def spell(node, address):
    """A parsed formula as a spreadsheet writes it; `address(place, name)` gives "E4", "$A$2" or "E$4:E$32"."""
    match node:
        case ast.Constant(value=value):
            return f'"{value}"' if isinstance(value, str) else str(value)
        case ast.Name(id=name):
            return address("here", name)
        case ast.Attribute(value=ast.Name(id=place), attr=name):
            return address(place, name)
        case ast.BinOp(left=left, op=op, right=right):
            return f"{_inner(left, address)}{OPERATORS[type(op)][1]}{_inner(right, address)}"
        case ast.UnaryOp(operand=operand):
            return f"-{_inner(operand, address)}"
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return f"{spell(left, address)}{COMPARISONS[type(op)][1]}{spell(right, address)}"
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return f"IF({','.join(spell(part, address) for part in (test, body, orelse))})"
        case ast.Call(func=ast.Name(id=name), args=args):
            return f"{name}({','.join(spell(arg, address) for arg in args)})"


def _inner(node, address):
    "A part of a larger formula, in brackets unless it is one cell, number or function: precedence differs by program."
    text = spell(node, address)
    return f"({text})" if isinstance(node, ast.BinOp | ast.UnaryOp | ast.Compare) else text
