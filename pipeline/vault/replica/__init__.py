"""Replicas: second copies of a vault, kept up by following its custody log; what they repair and restore."""
