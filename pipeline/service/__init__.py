"""Service: the use cases. The command line, the DAGs and the web call these and no more.

Every use case acts as one person and asks the gate; what that person may not know of is answered
as if it did not exist. Every act is an entry of the custody log. One file for each subject.
"""

from pipeline.service.app import App, open_app
from pipeline.service.damaged import audit, hand_out_verifier, verify_log
from pipeline.service.models import evaluation, models
from pipeline.service.rebuilding import drill

__all__ = ["App", "audit", "drill", "evaluation", "hand_out_verifier", "models", "open_app", "verify_log"]
