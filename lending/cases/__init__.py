"""One register for complaints, suggestions and requests (standard 8.1.3, 5.3)."""

from lending.cases.model import Case, CaseEvent, CaseKind, CaseState
from lending.cases.service import Cases

__all__ = ["Case", "CaseEvent", "CaseKind", "CaseState", "Cases"]
