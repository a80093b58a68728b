"""Simulate customers whose reaction to every offer is known: demo data and tests."""

from marketing_service.simulator.files import ParquetMissingError
from marketing_service.simulator.laws import bend_laws, load_laws
from marketing_service.simulator.panel import Drift
from marketing_service.simulator.panel_files import Panel, PanelFiles, write_panel
from marketing_service.simulator.sample import (
    SampleFiles,
    demo_campaign_toml,
    outcomes_for,
    write_sample_data,
)

__all__ = [
    "Drift",
    "Panel",
    "PanelFiles",
    "ParquetMissingError",
    "SampleFiles",
    "bend_laws",
    "demo_campaign_toml",
    "load_laws",
    "outcomes_for",
    "write_panel",
    "write_sample_data",
]
