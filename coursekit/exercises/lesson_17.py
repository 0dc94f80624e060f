"""Exercises of lesson 17: right answers and the usual wrong ones. Spoilers below."""

import sys
from contextlib import suppress
from ipaddress import ip_address
from itertools import count
from threading import BoundedSemaphore, Event, Thread

import torch

from coursekit.lesson import Exercise

WEIGHTS = 21_797_672

file_size = Exercise(
    hint="How many bytes has one float32?",
    solution=WEIGHTS * 4 / 1e6,
    mistakes={
        "A float32 has 32 bits, and a byte has 8 of them: four bytes for each parameter, not one.": WEIGHTS / 1e6,
        "A megabyte is a million bytes here, not 1024 times 1024.": WEIGHTS * 4 / 2**20,
        "Those are megabits; a byte has eight bits.": WEIGHTS * 32 / 1e6,
        "Eight bytes each would be float64; PyTorch's parameters are float32.": WEIGHTS * 8 / 1e6,
        "The number is right, but it is in bytes: divide by a million.": WEIGHTS * 4,
    },
)


def _ranked(classes, scores):
    probabilities = scores.softmax(dim=0)
    order = probabilities.argsort(descending=True).tolist()
    return [[classes[i], probabilities[i].item()] for i in order]


def _smallest_first(classes, scores):
    return _ranked(classes, scores)[::-1]


def _scores(classes, scores):
    return [[classes[i], scores[i].item()] for i in scores.argsort(descending=True).tolist()]


def _names_left_behind(classes, scores):
    return [list(pair) for pair in zip(classes, scores.softmax(0).sort(descending=True).values.tolist(), strict=True)]


def _each_alone(classes, scores):
    return [[classes[i], scores[i].sigmoid().item()] for i in scores.argsort(descending=True).tolist()]


def _unsorted(classes, scores):
    return [[name, value] for name, value in zip(classes, scores.softmax(0).tolist(), strict=True)]


ranked = Exercise(
    hint="Sort the numbers of the classes, not the probabilities alone.",
    run=lambda answer: [answer(["pug", "beagle", "Bombay", "boxer"][:n], torch.tensor([0.5, 2.0, -1.0, 0.7])[:n])
                        for n in (4, 3, 1)],
    solution=_ranked,
    mistakes={
        "The largest comes last: a reader looks at the first line.": _smallest_first,
        "Those are scores; softmax makes them probabilities.": _scores,
        "You sorted the probabilities and left the names where they were: a wrong answer that looks right.":
            _names_left_behind,
        "A sigmoid looks at each class alone, so the numbers do not sum to one: softmax.": _each_alone,
        "The probabilities are right, in the order of training: sort them.": _unsorted,
    },
)


def _is_open(address):
    address = ip_address(address)
    return address.is_global and not address.is_multicast


def _not_this_machine(address):
    return not ip_address(address).is_loopback


def _not_private(address):
    return not ip_address(address).is_private


def _by_its_letters(address):
    return not address.startswith(("127.", "10.", "192.168."))


def _is_global(address):
    return ip_address(address).is_global


ADDRESSES = ["8.8.8.8", "127.0.0.1", "10.0.0.8", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "::1",
             "2606:4700::1111"]

is_open = Exercise(
    hint="Ask for each property which of 8.8.8.8, 10.0.0.8 and 224.0.0.1 it is true of.",
    run=lambda answer: [bool(answer(address)) for address in ADDRESSES],
    solution=_is_open,
    mistakes={
        "That refuses this machine alone; its neighbours, such as 10.0.0.8, are open to everybody.": _not_this_machine,
        "What is not private is not yet public: 100.64.0.1 belongs to a provider's inner network.": _not_private,
        "There are more inner networks than you can name by their first letters.": _by_its_letters,
        "Nearly: 224.0.0.1 is global, and a message to many machines at once.": _is_global,
    },
)


class _Slots:
    def __init__(self, n):
        self.free = BoundedSemaphore(n)

    def work(self, job):
        if not self.free.acquire(blocking=False):
            return "full"
        try:
            return job()
        finally:
            self.free.release()


class _KeptAfterFailure(_Slots):
    def work(self, job):
        if not self.free.acquire(blocking=False):
            return "full"
        result = job()
        self.free.release()
        return result


class _NeverGivenBack(_Slots):
    def work(self, job):
        return job() if self.free.acquire(blocking=False) else "full"


class _OneTooMany(_Slots):
    def __init__(self, n):
        self.free = BoundedSemaphore(n + 1)


class _Endless(_Slots):
    def work(self, job):
        return job()


class _Swallowed(_Slots):
    def work(self, job):
        try:
            return super().work(job)
        except ValueError:
            return "failed"


class _TwoSteps(_Slots):
    def __init__(self, n):
        self.free = n

    def work(self, job):
        if self.free == 0:
            return "full"
        self.free -= 1
        try:
            return job()
        finally:
            self.free += 1


def _held_up(answer, line):
    "One thread is stopped before its `line` in `work`, and a second comes: (was it stopped?, were both inside?)."
    slots, stopped, both, lines = answer(1), [], [], count()
    arrived, go, tried, entered, leave = (Event() for _ in range(5))

    def hold(frame, event, _value):
        if event == "line" and next(lines) == line:
            stopped.append(arrived.set())
            go.wait(5)
        return hold

    def first():
        sys.settrace(lambda frame, *_event: hold if frame.f_code is answer.work.__code__ else None)
        with suppress(Exception):
            slots.work(lambda: both.append(entered.is_set() and not leave.is_set()))
        arrived.set()

    def second():
        with suppress(Exception):
            slots.work(lambda: (entered.set(), tried.set(), leave.wait(5)))
        tried.set()
    threads = [Thread(target=caller, daemon=True) for caller in (first, second)]
    threads[0].start()
    arrived.wait(5)
    threads[1].start()
    tried.wait(0.5)  # it waits for a lock that the first one has, if there is one
    go.set()
    threads[0].join(2)
    leave.set()
    return bool(stopped), any(both)


def _is_safe(answer):
    "Whether only one is inside, wherever the first of two threads is held up."
    for line in count():
        stopped, both = _held_up(answer, line)
        if both or not stopped:
            return not both


def _run_slots(answer):
    """Jobs inside jobs, then two that fail, then one more; if all that is right, two threads."""
    slots, outcomes = answer(2), []

    def nested(depth):
        return "done" if depth == 0 else slots.work(lambda: nested(depth - 1))

    def fail():
        raise ValueError("a broken image")

    outcomes += [nested(2), nested(3), nested(4)]
    for _ in range(2):
        try:
            outcomes.append(slots.work(fail))
        except ValueError:
            outcomes.append("it reached the caller")
    outcomes.append(slots.work(lambda: "after"))
    right = ["done", "full", "full", "it reached the caller", "it reached the caller", "after"]
    return [*outcomes, outcomes != right or _is_safe(answer)]


slots = Exercise(
    hint="Which object of `threading` counts how many may come in, and can be asked without waiting?",
    run=_run_slots,
    solution=_Slots,
    mistakes={
        "A job that fails keeps its slot for ever: give it back in `finally`.": _KeptAfterFailure,
        "No slot is given back: after n jobs the app is full for ever.": _NeverGivenBack,
        "One job too many is inside: compare before you take a slot.": _OneTooMany,
        "Nobody is ever refused: that is an endless queue.": _Endless,
        "The job's exception shall reach the caller: do not catch it.": _Swallowed,
        "Two threads that come at once both find the last slot free: look and take in one step, with a lock or a "
        "semaphore.": _TwoSteps,
    },
)
