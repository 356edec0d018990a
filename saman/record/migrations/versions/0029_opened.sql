-- A context has its grants before it is used; how far that is nobody needs to know, since it can be done again.
ALTER TABLE context ADD COLUMN opened boolean NOT NULL DEFAULT true;;
ALTER TABLE context ALTER COLUMN opened SET DEFAULT false;;
GRANT UPDATE (opened) ON context TO $app;;
