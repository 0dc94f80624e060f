"""`python -m bench`: every measurement, one after the other."""

from bench import learner

if __name__ == "__main__":
    learner.main()
