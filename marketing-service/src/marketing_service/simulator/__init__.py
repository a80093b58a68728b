"""Simulate customers whose reaction to every offer is known: demo data and tests."""

from marketing_service.simulator.sample import (
    SampleFiles,
    demo_campaign_toml,
    outcomes_for,
    write_sample_data,
)

__all__ = ["SampleFiles", "demo_campaign_toml", "outcomes_for", "write_sample_data"]
