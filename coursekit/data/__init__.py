"""One call per data set, such as `data.mnist()`; each gives a small dataclass with its arrays and its origin."""

from coursekit.data.adult import adult
from coursekit.data.chelsea import chelsea
from coursekit.data.mnist import mnist
from coursekit.data.movielens import movielens_100k, movielens_small
from coursekit.data.nietzsche import nietzsche
from coursekit.data.pets import pets
from coursekit.data.rossmann import rossmann
from coursekit.data.stamps import stamps

__all__ = ["adult", "chelsea", "mnist", "movielens_100k", "movielens_small", "nietzsche", "pets", "rossmann", "stamps"]
