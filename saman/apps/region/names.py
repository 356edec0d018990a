"""Words for the closed lists of the care model and of access, as source strings that the catalogues translate."""

from __future__ import annotations

from typing import Final

from saman.apps.region.taking import Taken
from saman.apps.ui.locales import mark, mark_plural
from saman.model.access.relation import RelationKind
from saman.model.access.row import Status
from saman.model.care.agreement import AgreementKind, Payment
from saman.model.care.governance import BodyKind, Direction, Voting
from saman.model.care.handover import Act
from saman.model.care.monitoring import RuleKind
from saman.model.care.party import PartyKind
from saman.model.care.pathway import Asks, PathwayKind
from saman.model.care.portfolio import Heading, ProjectStatus
from saman.model.care.region import Sector
from saman.model.care.service_model import Category, Limit, ModeKind, Occasion

PARTIES: Final = {
    PartyKind.MUNICIPALITY: mark("Municipalities"),
    PartyKind.COUNTY: mark("County"),
    PartyKind.REGION: mark("Regions"),
    PartyKind.HOSPITAL_TRUST: mark("Hospital trust"),
    PartyKind.HOSPITAL: mark("Hospitals"),
    PartyKind.GP_PRACTICE: mark("General practices"),
    PartyKind.HOME_CARE: mark("Home care"),
    PartyKind.NURSING_HOME: mark("Nursing homes"),
    PartyKind.CASE_OFFICE: mark("Case offices"),
    PartyKind.TELEMEDICINE_CENTRE: mark("Telemedicine centre"),
    PartyKind.RESPONSE_CENTRE: mark("Response centre"),
    PartyKind.OUT_OF_HOURS_CLINIC: mark("Out-of-hours clinics"),
    PartyKind.ASSOCIATION: mark("Associations"),
    PartyKind.REGIONAL_COUNCIL: mark("Regional councils and secretariats"),
    PartyKind.MUNICIPAL_UNION: mark("Municipal unions"),
    PartyKind.STATE_AGENCY: mark("State agencies"),
    PartyKind.UNIVERSITY: mark("Universities"),
    PartyKind.WELLBEING_COUNTY: mark("Wellbeing services county"),
    PartyKind.CARE_COMPANY: mark("Care companies"),
    PartyKind.HEALTH_INSTITUTION: mark("Health institutions"),
    PartyKind.HEALTH_CENTRE: mark("Health centres"),
    PartyKind.CLINIC: mark("Clinics"),
    PartyKind.VIRTUAL_CENTRE: mark("Remote-care units"),
    PartyKind.MOBILE_UNIT: mark("Mobile units"),
    PartyKind.ASSESSMENT_TEAM: mark("Joint assessment teams"),
    PartyKind.REHABILITATION_TEAM: mark("Rehabilitation teams"),
    PartyKind.HEALTH_CLUSTER: mark("Health clusters"),
    PartyKind.PHARMACY: mark("Pharmacies"),
    PartyKind.FOUNDATION: mark("Foundations"),
    PartyKind.MINISTRY: mark("Ministries"),
    PartyKind.BUSINESS_CLUSTER: mark("Business clusters"),
    PartyKind.SUPPLIER: mark("Suppliers"),
}
BODIES: Final = {
    BodyKind.STEERING: mark("Steering group"),
    BodyKind.COORDINATION: mark("Coordination group"),
    BodyKind.REFERENCE: mark("Reference group"),
    BodyKind.POLITICAL: mark("Political body"),
    BodyKind.PROFESSIONAL: mark("Professional body"),
    BodyKind.OWNER: mark("Body of the owners"),
}
VOTING: Final = {
    Voting.ONE_PARTY_ONE_VOTE: mark("one vote each"),
    Voting.MAJORITY: mark("majority"),
    Voting.CONSENSUS: mark("agreement of all"),
}
AGREEMENTS: Final = {
    AgreementKind.COOPERATION: mark("Cooperation agreement"),
    AgreementKind.SERVICE: mark("Service agreement"),
    AgreementKind.PROCUREMENT: mark("Joint procurement"),
    AgreementKind.DATA: mark("Agreement on data"),
    AgreementKind.HEALTH_AGREEMENT: mark("Health agreement"),
    AgreementKind.JOINT_STATEMENT: mark("Joint statement of cooperation"),
    AgreementKind.OWNERSHIP: mark("Agreement of owners"),
}
MODES: Final = {
    ModeKind.CLINIC: ("clinic", mark("Clinic")),
    ModeKind.HOME: ("home", mark("Home visit")),
    ModeKind.VIDEO: ("video", mark("Video")),
    ModeKind.PHONE: ("phone", mark("Phone")),
    ModeKind.CHAT: ("chat", mark("Chat")),
    ModeKind.MEASURED_AT_HOME: ("measure", mark("Measured at home")),
    ModeKind.DEVICE: ("device", mark("Device")),
    ModeKind.HEALTH_ROOM: ("room", mark("Health room")),
    ModeKind.MOBILE_UNIT: ("van", mark("Mobile unit")),
}
"""Icon and words of each mode, in the order of the matrix."""

LIMITS: Final = {
    Limit.NEED: mark("need"),
    Limit.DIGITAL_ABILITY: mark("digital ability"),
    Limit.LINE: mark("the line"),
    Limit.DISTANCE: mark("distance"),
}
CATEGORIES: Final = {
    Category.REMOTE_TREATMENT: mark("Remote treatment"),
    Category.REMOTE_MONITORING: mark("Remote monitoring"),
    Category.REMOTE_MEETING: mark("Remote meeting"),
    Category.OTHER: mark("Other distance-spanning solution"),
}
SECTORS: Final = {Sector.HEALTH: mark("health care"), Sector.SOCIAL: mark("social care"), Sector.BOTH: mark("both")}
OCCASIONS: Final = {
    Occasion.REPORTED: mark("When a report comes"),
    Occasion.MISSED: mark("When nothing comes"),
    Occasion.WRONG: mark("When a number is unusual"),
    Occasion.ALARMED: mark("When an alarm comes"),
    Occasion.ASKED: mark("When somebody asks"),
    Occasion.AGREED: mark("At the time agreed"),
}
CARRIED: Final = {
    "signal": mark("a signal"),
    "sound": mark("sound"),
    "image": mark("a picture"),
    "video": mark("video"),
    "position": mark("where it is"),
}
"""What comes with an alarm."""

TAKEN: Final = {
    Taken.ACTIVE: mark("has it"),
    Taken.EXERCISED: mark("has it by an option"),
    Taken.OPTIONAL: mark("may take it up"),
    Taken.ENDED: mark("agreement or option not in force"),
    Taken.NONE: mark("not part"),
}
"""How a municipality stands to a service."""

PARTS: Final = {
    "Party": mark("Parties"),
    "Agreement": mark("Agreements"),
    "Body": mark("Bodies"),
    "Shared goal": mark("Shared goals"),
    "Service": mark("Services"),
    "Pathway": mark("Pathways"),
    "Questionnaire": mark("Questionnaires"),
    "Indicator": mark("Indicators"),
    "Project": mark("Projects"),
    "Lesson": mark("Lessons"),
}
"""The parts of two care models that are held against each other, by their names in `saman.model.care.compare`."""

PAYMENTS: Final = {
    Payment.VOLUME: mark("by volume"),
    Payment.ASSIGNMENT: mark("by assignment"),
    Payment.VOLUME_OR_ASSIGNMENT: mark("by volume or by assignment"),
}
PROJECTS: Final = {
    ProjectStatus.IDEA: ("todo", mark("an idea")),
    ProjectStatus.UNDER_WAY: ("waiting", mark("under way")),
    ProjectStatus.IN_OPERATION: ("done", mark("in operation")),
    ProjectStatus.ENDED: ("unread", mark("ended")),
    ProjectStatus.NOT_KNOWN: ("todo", mark("status not known")),
}
"""Shape and words of how far a project has come."""

HEADINGS: Final = {
    Heading.OUTCOME: mark("Outcome"),
    Heading.IMPACT: mark("Impact"),
    Heading.LEARNING: mark("Learning"),
    Heading.REFLECTION: mark("Reflection"),
}
"""What a lesson says, in the order of a report."""

PATHWAYS: Final = {
    PathwayKind.INTAKE: mark("Into a service"),
    PathwayKind.PLAN: mark("A plan made together"),
    PathwayKind.HOSPITAL: mark("Between home and hospital"),
    PathwayKind.NURSING_HOME: mark("Between nursing home and hospital"),
    PathwayKind.END_OF_SERVICE: mark("Out of a service"),
}
ASKS: Final = {Asks.REQUEST: mark("a request"), Asks.DUTY: mark("a duty")}
ANSWERS: Final = {
    Act.RECEIVE: mark("received"),
    Act.ACCEPT: mark("accepted, with a time"),
    Act.DECLINE: mark("declined, with a reason"),
    Act.DELAY: mark("cannot begin before a time, with a reason"),
    Act.DISPUTE: mark("disputed, with a reason"),
    Act.START: mark("begun"),
    Act.REPORT_BACK: mark("done, with a report"),
}
"""How those who are asked may answer."""

UNITS: Final = {
    "hours": mark_plural("within %(count)s hour", "within %(count)s hours"),
    "days": mark_plural("within %(count)s day", "within %(count)s days"),
    "working-days": mark_plural("within %(count)s working day", "within %(count)s working days"),
    "weeks": mark_plural("within %(count)s week", "within %(count)s weeks"),
    "months": mark_plural("within %(count)s month", "within %(count)s months"),
}
"""Units of deadlines, with the forms for one and for many."""

TICKS: Final = {
    "minutes": mark_plural("%(count)s min", "%(count)s min"),
    "hours": mark_plural("%(count)s h", "%(count)s h"),
    "days": mark_plural("%(count)s day", "%(count)s days"),
}
"""Units as short as a scale needs them."""

DIRECTIONS: Final = {
    Direction.UP: ("↑", mark("should rise")),
    Direction.DOWN: ("↓", mark("should fall")),
    Direction.NONE: ("–", mark("no direction stated")),
}
DATA: Final = {
    "directory": mark("the directory"),
    "person": mark("who the person is"),
    "plan": mark("the plan"),
    "readings": mark("readings from home"),
    "health": mark("the health record"),
    "social": mark("social care notes"),
    "finance": mark("who pays"),
    "consent": mark("consents and the log"),
}
TIES: Final = {
    RelationKind.SELF: mark("it is about themselves"),
    RelationKind.RELATIVE: mark("the citizen has shared it"),
    RelationKind.CARE_TEAM: mark("they are in the care team"),
    RelationKind.TASK: mark("they were asked to do something"),
    RelationKind.REQUEST: mark("they take part in a request"),
    RelationKind.APPOINTMENT: mark("there is an appointment"),
    RelationKind.EPISODE: mark("the citizen is in a service they run"),
    RelationKind.GENERAL_PRACTITIONER: mark("they are the citizen's own practice"),
    RelationKind.MANAGING: mark("they keep the record"),
    RelationKind.PROTECTED: mark("the address is protected"),
    RelationKind.CONSENT: mark("the citizen has allowed it"),
    RelationKind.GUARDIAN: mark("they have custody of the child"),
    RelationKind.MANDATE: mark("the citizen has given them a mandate"),
    RelationKind.OPENING: mark("they have opened what is restricted"),
    RelationKind.EXTENDED: mark("it has been decided that they see more"),
    RelationKind.OWN_PROTECTED: mark("their own address is protected"),
    RelationKind.AT_HOME: mark("they are registered at the child's address"),
    RelationKind.BORN: mark("it goes by the citizen's age"),
}
TOPICS: Final = {
    "home-visit": mark("a home visit"),
    "plan": mark("the plan"),
    "record": mark("the record"),
    "readings": DATA["readings"],
    "social-care": DATA["social"],
    "cognitive-impairment": mark("a cognitive impairment"),
    "emergency": mark("an emergency"),
}
STATUSES: Final = {
    Status.SEEN: ("done", mark("text seen at the source")),
    Status.SECONDARY: ("waiting", mark("secondary source, a local setting")),
    Status.UNCHECKED: ("todo", mark("unchecked, a local setting")),
}
"""Shape and words of how far a row was checked."""

QUESTIONS: Final = {
    "R01": mark("Reading within one's own organisation"),
    "R02": mark("Reading across organisations"),
    "R03": mark("Between health care and social care"),
    "R04": mark("Third sector and private providers"),
    "R05": mark("What the person can close"),
    "R06": mark("Whether it shows that something is closed"),
    "R07": mark("Closing on behalf of a child"),
    "R08": mark("When a closed part may be opened"),
    "R09": mark("How a closed part is opened"),
    "R10": mark("For how long it stays open"),
    "R11": mark("What happens after it was opened"),
    "R12": mark("The form of consent"),
    "R13": mark("Taking consent back"),
    "R14": mark("When the person cannot decide"),
    "R15": mark("What parents see"),
    "R16": mark("On what condition parents see it"),
    "R17": mark("An adult who acts for another"),
    "R18": mark("Protected address"),
    "R19": mark("What the log says"),
    "R20": mark("How long the log is kept"),
    "R21": mark("Showing the log to the person"),
    "R22": mark("Going through the log"),
    "R23": mark("One joint plan"),
    "R24": mark("The person's own access"),
    "R25": mark("Correcting and deleting"),
    "R26": mark("How staff sign in"),
    "EU01": mark("European rule on showing each access"),
    "EU02": mark("European rule on closing"),
    "P01": mark("The directory"),
    "P02": mark("The platform's own client"),
    "P03": mark("Those who watch over the platform"),
    "P04": mark("What is shared with those close"),
    "P05": mark("Emergencies without a tie"),
}
"""What each row of an access file is about, by its id."""

RULES: Final = {
    RuleKind.OWN_LIMIT: mark(
        "Marks a reading under the lowest or over the highest value of the person's own limit; the limit itself is"
        " within. Another unit than the limit's is never compared."
    ),
    RuleKind.RISE: mark(
        "Marks a reading that is more than %(amount)s above the lowest of the person's own readings in the %(days)s"
        " days before it."
    ),
    RuleKind.MISSED: mark("Marks that agreed readings did not come on %(days)s days or more, up to today."),
}
