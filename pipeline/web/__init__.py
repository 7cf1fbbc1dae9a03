"""Web: the service over HTTP, for programs and for readers; thin, and it decides nothing.

``create_app`` makes the whole: ``/api/v1`` answers in JSON, everything else is the reading room.
"""

from pipeline.web.app import create_app

__all__ = ["create_app"]
