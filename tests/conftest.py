"""What tests of every kind start from."""

from tests.postgres import cluster

__all__ = ["cluster"]
