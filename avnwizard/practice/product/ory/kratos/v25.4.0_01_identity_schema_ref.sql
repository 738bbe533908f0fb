-- Not backward compatible: v1.3 reads identities.schema_id.
ALTER TABLE identities RENAME COLUMN schema_id TO schema_ref;
ALTER TABLE identities ADD COLUMN organization_id uuid;
