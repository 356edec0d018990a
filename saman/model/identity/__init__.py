"""How people prove who they are, by country: providers, levels of assurance, national identifiers."""

from saman.model.identity.profile import Identity, Level, Method, People, Place, Provider
from saman.model.identity.read import read_identity

__all__ = ["Identity", "Level", "Method", "People", "Place", "Provider", "read_identity"]
