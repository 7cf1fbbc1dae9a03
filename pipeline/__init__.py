"""Evidence Media Pipeline: preserved media in, cited findings out."""

__version__ = "0.1.0"
