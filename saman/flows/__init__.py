"""Coordination between people and organisations, one folder a flow.

A flow takes a Record and a CareModel, checks what the care model says, and writes everything that belongs together in
one transaction. It knows no page and no SQL.
"""
