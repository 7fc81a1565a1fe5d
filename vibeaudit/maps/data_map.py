"""Where data goes: each third party with its legal home, from the vendor list."""

from __future__ import annotations

from vibeaudit.maps.vendors import vendors
from vibeaudit.model import AppModel, DataRow, Flows, Service


def data_map(app: AppModel, flows: Flows) -> tuple[DataRow, ...]:
    """One row a service, those outside the European Economic Area first."""
    rows = [_row(service) for service in app.services if service.vendor in vendors()]
    return tuple(sorted(rows, key=lambda r: (_order(r.jurisdiction), r.service.category, r.service.vendor)))


def _row(service: Service) -> DataRow:
    vendor = vendors()[service.vendor]
    return DataRow(
        service=service,
        jurisdiction=vendor.jurisdiction,
        eu_option=vendor.eu_option,
        eu_how=vendor.eu_how,
        cloud_act=vendor.cloud_act,
        alternative=vendor.alternative,
        data_types=vendor.data_types,
        confidence=vendor.confidence,
    )


def _order(jurisdiction: str) -> int:
    if "CN" in jurisdiction.split("|"):
        return 0
    return 1 if "US" in jurisdiction.split("|") else 2
