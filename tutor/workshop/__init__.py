"""Runs a learner's Flask file in a process of its own, and fires an exercise's probes at it."""
