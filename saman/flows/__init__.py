"""Coordination between people and organisations, one folder a flow."""
