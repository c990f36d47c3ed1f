-- A GUID has no casing: older versions took two notations of one id for two calls. Their events move to the call with
-- the id in lower case. Both calls are folded again, and the one without events loses its row.
DO $$
DECLARE
  moved record;
BEGIN
  FOR moved IN
    SELECT account, entity, lower(btrim(entity, '{}()')) AS call_id FROM entities
    WHERE kind = 'call' AND entity <> lower(btrim(entity, '{}()'))
      AND entity ~* '^[{(]?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}[)}]?$'
    ORDER BY account, entity
  LOOP
    INSERT INTO entities (account, kind, entity, fold_version) VALUES (moved.account, 'call', moved.call_id, 0)
    ON CONFLICT (account, kind, entity) DO UPDATE SET fold_version = 0;
    UPDATE entities SET fold_version = 0 WHERE account = moved.account AND kind = 'call' AND entity = moved.entity;
    INSERT INTO events (account, kind, entity, id, type, source, occurred_at, received_at, fields, raw, raw_is_json)
    SELECT account, kind, moved.call_id, id, type, source, occurred_at, received_at,
      jsonb_set(fields, '{callId}', to_jsonb(moved.call_id)), raw, raw_is_json
    FROM events WHERE account = moved.account AND kind = 'call' AND entity = moved.entity
    ON CONFLICT DO NOTHING;
    DELETE FROM events WHERE account = moved.account AND kind = 'call' AND entity = moved.entity;
  END LOOP;
END $$;
