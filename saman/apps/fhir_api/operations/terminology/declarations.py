"""The terminology operations of R4 as they are declared, with what of them is not supported and why."""

from __future__ import annotations

from saman.apps.fhir_api.operations.declared import Level, Operation
from saman.apps.fhir_api.operations.parameter import Parameter
from saman.apps.fhir_api.operations.terminology.checks import check_code_system, check_value_set, compare, lookup
from saman.apps.fhir_api.operations.terminology.expand import expand_value_set
from saman.apps.fhir_api.operations.terminology.translating import translate_code
from saman.apps.fhir_api.routes import Policy

_P = Parameter
_DEFINED = "http://hl7.org/fhir/OperationDefinition/"
_BOTH = (Level.TYPE, Level.INSTANCE)

_NOW = "the definitions are those of today."
_DATE = _P("date", "dateTime", not_supported=_NOW)
_CONTEXT = _P("context", "uri", not_supported="name the value set itself, by 'url'.")
_LANGUAGE = _P("displayLanguage", "code", "The language of names, such as nb or sv-FI,sv")
_CODE = _P("code", "code", "The code")
_DISPLAY = _P("display", "string", "What the code was called, to be checked")
_ABSTRACT = _P("abstract", "boolean", "Whether codes that only group others are right too")
_CODING, _CONCEPT = _P("coding", "Coding"), _P("codeableConcept", "CodeableConcept")
_SYSTEM = _P("system", "uri", "The code system of the code")
_VALUE_SET = (
    _P("url", "uri", "The canonical URL of the value set, with |version if wanted"),
    _P("valueSet", "ValueSet", "The value set itself"),
    _P("valueSetVersion", "string", "The version of the value set"),
)
_SUPPLEMENT = _P("useSupplement", "canonical", "A supplement whose names and properties count, too", max=0)
_VERSION = _P("version", "string", "The version of the code system")
_CHECKED = (_P("result", "boolean", min=1), _P("message", "string"), _P("display", "string"))

_EXPAND = Operation(
    name="expand",
    url=f"{_DEFINED}ValueSet-expand",
    summary="The codes of a value set",
    types=("ValueSet",),
    levels=_BOTH,
    handler=expand_value_set,
    policy=Policy.RECORD,
    needs=(("ValueSet", "rs"),),
    takes=(
        *_VALUE_SET,
        _CONTEXT,
        _P("contextDirection", "code", not_supported="name the value set itself, by 'url'."),
        _DATE,
        _P("filter", "string", "Words that the code or one of its names has to hold"),
        _P("offset", "integer", "Where the page begins, from 0"),
        _P("count", "integer", "How many codes to a page; 0 for their number alone"),
        _P("includeDesignations", "boolean", "Whether to answer all names"),
        _P("designation", "string", "A language, or the use of a name as system|code", max=0),
        _P("includeDefinition", "boolean", "Whether to answer what the value set is composed of"),
        _P("activeOnly", "boolean", "Whether to leave out what is not in use any more"),
        _P(
            "excludeNested",
            "boolean",
            "false: codes below each other as in their code systems, where no page is asked for",
        ),
        _P("excludeNotForUI", "boolean", "Whether to leave out codes that only group others"),
        _P("excludePostCoordinated", "boolean", "There are no post-coordinated codes here"),
        _LANGUAGE,
        _P("exclude-system", "canonical", "A code system to leave out", max=0),
        _P("system-version", "canonical", "The version of a code system where the value set names none", max=0),
        _P("check-system-version", "canonical", "The version of a code system that it has to be", max=0),
        _P("force-system-version", "canonical", "The version of a code system, whatever the value set names", max=0),
        _SUPPLEMENT,
    ),
    gives=(_P("return", "ValueSet", min=1),),
)

_CHECK_VALUE_SET = Operation(
    name="validate-code",
    url=f"{_DEFINED}ValueSet-validate-code",
    summary="Whether a code is in a value set",
    types=("ValueSet",),
    levels=_BOTH,
    handler=check_value_set,
    policy=Policy.RECORD,
    needs=(("ValueSet", "rs"),),
    takes=(
        *_VALUE_SET,
        _CONTEXT,
        _DATE,
        _CODE,
        _SYSTEM,
        _P("systemVersion", "string", "The version of the code system"),
        _DISPLAY,
        _CODING,
        _CONCEPT,
        _ABSTRACT,
        _LANGUAGE,
        _P("inferSystem", "boolean", "Whether a code without 'system' is one of the only code system that has it"),
    ),
    gives=_CHECKED,
)

_CHECK_CODE_SYSTEM = Operation(
    name="validate-code",
    url=f"{_DEFINED}CodeSystem-validate-code",
    summary="Whether a code is in a code system",
    types=("CodeSystem",),
    levels=_BOTH,
    handler=check_code_system,
    policy=Policy.RECORD,
    needs=(("CodeSystem", "rs"),),
    takes=(
        _P("url", "uri", "The URL of the code system"),
        _P("codeSystem", "CodeSystem", "The code system itself"),
        _CODE,
        _VERSION,
        _DISPLAY,
        _CODING,
        _CONCEPT,
        _DATE,
        _ABSTRACT,
        _LANGUAGE,
    ),
    gives=_CHECKED,
)

_LOOKUP = Operation(
    name="lookup",
    url=f"{_DEFINED}CodeSystem-lookup",
    summary="What a code means",
    types=("CodeSystem",),
    levels=(Level.TYPE,),
    handler=lookup,
    policy=Policy.RECORD,
    needs=(("CodeSystem", "rs"),),
    takes=(
        _CODE,
        _SYSTEM,
        _VERSION,
        _CODING,
        _DATE,
        _LANGUAGE,
        _SUPPLEMENT,
        _P("property", "code", "A property to answer; all when none is named", max=0),
    ),
    gives=(
        _P("name", "string", min=1),
        _P("version", "string"),
        _P("display", "string", min=1),
        _P("designation", max=0, parts=(_P("language", "code"), _P("use", "Coding"), _P("value", "string", min=1))),
        _P("property", max=0, parts=(_P("code", "code", min=1), _P("value", "Element"))),
    ),
)

_SUBSUMES = Operation(
    name="subsumes",
    url=f"{_DEFINED}CodeSystem-subsumes",
    summary="Whether one code is a kind of another",
    types=("CodeSystem",),
    levels=_BOTH,
    handler=compare,
    policy=Policy.RECORD,
    needs=(("CodeSystem", "rs"),),
    takes=(
        _P("codeA", "code", "One code"),
        _P("codeB", "code", "The other code"),
        _SYSTEM,
        _VERSION,
        _P("codingA", "Coding"),
        _P("codingB", "Coding"),
    ),
    gives=(_P("outcome", "code", min=1),),
)

_TRANSLATE = Operation(
    name="translate",
    url=f"{_DEFINED}ConceptMap-translate",
    summary="The same in other words: a code translated by concept maps",
    types=("ConceptMap",),
    levels=_BOTH,
    handler=translate_code,
    policy=Policy.RECORD,
    needs=(("ConceptMap", "rs"),),
    takes=(
        _P("url", "uri", "The canonical URL of the map; without it, all that speak of the code system"),
        _P("conceptMap", "ConceptMap", "The map itself"),
        _P("conceptMapVersion", "string", "The version of the map"),
        _CODE,
        _SYSTEM,
        _VERSION,
        _P("source", "uri", "The value set that the code is from"),
        _CODING,
        _CONCEPT,
        _P("target", "uri", "The value set that it is to be translated to"),
        _P("targetsystem", "uri", "The code system that it is to be translated to"),
        _P("dependency", "", "The value of another element, which a translation may rest on", max=0),
        _P("reverse", "boolean", "Whether to read the map backwards"),
    ),
    gives=(
        _P("result", "boolean", min=1),
        _P("message", "string"),
        _P(
            "match",
            max=0,
            parts=(
                _P("equivalence", "code"),
                _P("concept", "Coding"),
                _P("product", max=0, parts=(_P("element", "uri"), _P("concept", "Coding"))),
                _P("source", "uri"),
            ),
        ),
    ),
)

TERMINOLOGY = (_EXPAND, _CHECK_VALUE_SET, _CHECK_CODE_SYSTEM, _LOOKUP, _SUBSUMES, _TRANSLATE)
