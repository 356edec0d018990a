-- What is looked for among those of one person stands in the index once: a code that has several systems, texts or
-- places in its resource is found by the first of its rows. So nothing is found twice, and the index needs no id.
ALTER TABLE token NO FORCE ROW LEVEL SECURITY;;
UPDATE token t SET sought = false WHERE t.sought AND EXISTS (
    SELECT FROM token o
    WHERE o.shard = t.shard AND o.type = t.type AND o.id = t.id AND o.param = t.param AND o.code = t.code
      AND (o.part, o.system_key, o.folded) < (t.part, t.system_key, t.folded));;
ALTER TABLE token FORCE ROW LEVEL SECURITY;;

DROP INDEX token_person, resource_person;;
CREATE INDEX token_person ON token (person_key, type, param, code_key, at) WHERE sought;;
CREATE INDEX resource_person ON resource (shard, type, person, at) WHERE NOT deleted AND person IS NOT NULL;;
