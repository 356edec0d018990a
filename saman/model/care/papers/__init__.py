"""Drafts of the papers that a region owes, made from its files: each sentence with the row that it comes from.

What the files do not say stays blank. A draft claims nothing of law; who answers for it reads, completes and decides.
"""
