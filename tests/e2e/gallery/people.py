"""Who is in the gallery: citizens with what they did so far, and the front page that offers people."""

from __future__ import annotations

from saman.apps.citizen import views
from saman.apps.citizen.views import Answer


class Person:
    """What one made-up citizen has; kept between requests so that a test can report and look again."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.number = 1
        self.sent: dict[str, views.Receipt] = {}
        self.comment = ""
        self.messages: dict[str, str] = {}
        self.item_answers: dict[str, views.OwnAnswer] = {}
        self.reminded = False
        self.empty = False
        self.broken = False

    @property
    def draft_id(self) -> str:
        return f"draft-{self.number}"


class FrontFixture:
    """The demo's people."""

    def sealed(self, query: str) -> str:
        return query.encode().hex()

    def opened(self, found: str) -> str:
        return bytes.fromhex(found).decode()

    async def people(self, query: str) -> views.SignIn:
        everyone = {
            "Innbyggere": [
                ("Ingrid Aasen", "78 år, Grimstad"),
                ("Olav Tveit", "85 år, Froland"),
                ("Åse Bakken", "71 år, Risør"),
            ],
            "Telemedisinsk sentral": [("Silje Haugen", "Sykepleier, Kristiansand")],
            "Hjemmesykepleie": [("Nils Moen", "Sykepleier, Grimstad")],
            "Fastlege": [("Per Nilsen", "Fastlege, Grimstad")],
        }
        groups = []
        for role, people in everyone.items():
            found = [one for one in people if query.lower() in f"{one[0]} {one[1]} {role}".lower()]
            if found:
                shown = tuple(
                    views.DemoPerson(id=name.replace(" ", "-").lower(), name=name, detail=detail)
                    for name, detail in found
                )
                groups.append(views.PersonGroup(role=role, people=shown))
        return views.SignIn(
            groups=tuple(groups), query=query, total=sum(len(one.people) for one in groups) + (0 if query else 212)
        )
