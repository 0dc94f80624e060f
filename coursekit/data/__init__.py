"""One call per data set, such as `data.mnist()`; each gives a small dataclass with its arrays and its origin."""

from coursekit.data.mnist import mnist

__all__ = ["mnist"]
