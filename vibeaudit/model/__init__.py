"""The nouns that every stage takes and gives. Frozen, slotted, without I/O. Import them from here."""

from vibeaudit.model.app import AgentSetup, AppModel, ModelCall, Package, Service, Stack, Trace
from vibeaudit.model.database import Access, Bucket, DatabaseFunction, Policy, RowWrite, Table
from vibeaudit.model.findings import (
    Confidence,
    Coverage,
    Effort,
    Finding,
    LeftOut,
    Location,
    Outcome,
    Rule,
    Severity,
    Status,
    Suppression,
    Text,
)
from vibeaudit.model.flows import Flow, Flows
from vibeaudit.model.maps import AgentRow, ApiRow, DataRow, Maps
from vibeaudit.model.patches import Edit, Patch, Proof, Safety
from vibeaudit.model.report import EgressEntry, InferenceEntry, Ledgers, Opinion, Report
from vibeaudit.model.routes import AccountStep, Guard, LogicStep, Parameter, Route, Server, SessionStart
from vibeaudit.model.snapshot import Snapshot

__all__ = [
    "Access",
    "AccountStep",
    "AgentRow",
    "AgentSetup",
    "ApiRow",
    "AppModel",
    "Bucket",
    "Confidence",
    "Coverage",
    "DataRow",
    "DatabaseFunction",
    "Edit",
    "Effort",
    "EgressEntry",
    "Finding",
    "Flow",
    "Flows",
    "Guard",
    "InferenceEntry",
    "Ledgers",
    "LeftOut",
    "Location",
    "LogicStep",
    "Maps",
    "ModelCall",
    "Opinion",
    "Outcome",
    "Package",
    "Parameter",
    "Patch",
    "Policy",
    "Proof",
    "Report",
    "Route",
    "RowWrite",
    "Rule",
    "Safety",
    "Server",
    "Service",
    "SessionStart",
    "Severity",
    "Snapshot",
    "Stack",
    "Status",
    "Suppression",
    "Table",
    "Text",
    "Trace",
]
