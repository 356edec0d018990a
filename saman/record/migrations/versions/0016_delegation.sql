-- A practitioner has a licence for a profession (`nurse`), from Practitioner.qualification.
CREATE TABLE licence (
    practitioner text NOT NULL,
    profession text NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL
);;
CREATE INDEX licence_practitioner ON licence (practitioner, profession);;

-- A named person lets a named colleague do something for a time; `person` is whom it is for, empty for everybody.
CREATE TABLE delegation (
    ground text PRIMARY KEY,
    giver text NOT NULL,
    receiver text NOT NULL,
    competence text NOT NULL,
    party text NOT NULL,
    person text NOT NULL,
    status text NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL
);;
CREATE INDEX delegation_party ON delegation (party, until);;
CREATE INDEX delegation_receiver ON delegation (receiver, party, competence);;

GRANT SELECT, INSERT, DELETE ON licence TO $app;;
-- UPDATE for the row lock alone that holds a delegation still while somebody acts on it.
GRANT SELECT, INSERT, UPDATE, DELETE ON delegation TO $app;;
