"""Benchmarks: `make bench`, or `python -m tests.bench NAME`. pytest collects nothing here."""
