"""Exports: what leaves the house, each format in one file, machine-made values marked as such."""
