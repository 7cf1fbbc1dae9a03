"""Parsing: libraries that read untrusted bytes. It runs in a room of its own, never in the process that asks."""
