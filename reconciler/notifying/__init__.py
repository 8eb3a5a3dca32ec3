"""Telling of rollouts to whom the administrator names. The leader tells, by a thread of its own."""
