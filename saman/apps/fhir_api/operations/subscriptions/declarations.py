"""The operations on subscriptions as they are declared."""

from __future__ import annotations

from saman.apps.fhir_api.operations.declared import Level, Operation
from saman.apps.fhir_api.operations.parameter import Parameter
from saman.apps.fhir_api.operations.subscriptions.answers import events, socket_token, status, topics
from saman.apps.fhir_api.routes import Policy

_P = Parameter
_URL = "http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-"
_TYPES = ("Subscription",)
_NEEDS = (("Subscription", "rs"),)

_TOPICS = Operation(
    name="topics",
    url="urn:saman:operation:subscription-topics",
    summary="What can be subscribed to",
    types=_TYPES,
    levels=(Level.TYPE,),
    handler=topics,
    policy=Policy.RECORD,
    needs=_NEEDS,
    gives=(
        _P(
            "topic",
            max=0,
            parts=(
                _P("url", "canonical", min=1),
                _P("title", "string"),
                _P("description", "string"),
                _P("resource", "code"),
                _P("interaction", "code", max=0),
                _P("filter", "code", max=0),
                _P("becomes", "string"),
            ),
        ),
    ),
)

_STATUS = Operation(
    name="status",
    url=f"{_URL}status",
    summary="How subscriptions stand",
    types=_TYPES,
    levels=(Level.TYPE, Level.INSTANCE),
    handler=status,
    policy=Policy.RECORD,
    needs=_NEEDS,
    takes=(_P("id", "string", "Which; all if none is named", max=0), _P("status", "code", "In which state", max=0)),
    gives=(_P("return", "Bundle", min=1),),
)

_EVENTS = Operation(
    name="events",
    url=f"{_URL}events",
    summary="What a subscription was told of, by number",
    types=_TYPES,
    levels=(Level.INSTANCE,),
    handler=events,
    policy=Policy.RECORD,
    needs=_NEEDS,
    takes=(
        _P("eventsSinceNumber", "string", "The first event"),
        _P("eventsUntilNumber", "string", "The last event"),
        _P("content", "code", "empty, id-only or full-resource"),
    ),
    gives=(_P("return", "Bundle", min=1),),
)

_TOKEN = Operation(
    name="get-ws-binding-token",
    url=f"{_URL}get-ws-binding-token",
    summary="A word that binds a web socket to subscriptions",
    types=_TYPES,
    levels=(Level.TYPE, Level.INSTANCE),
    handler=socket_token,
    policy=Policy.RECORD,
    needs=_NEEDS,
    takes=(_P("id", "string", "Which; all with a web socket if none is named", max=0),),
    gives=(
        _P("token", "string", min=1),
        _P("expiration", "dateTime", min=1),
        _P("subscription", "string", max=0),
        _P("websocket-url", "url", min=1),
    ),
)

SUBSCRIPTIONS = (_TOPICS, _STATUS, _EVENTS, _TOKEN)
