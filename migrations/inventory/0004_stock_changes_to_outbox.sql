-- What was told as a feed of this module's own goes on as events, under the same numbers: who has followed the feed goes on
-- from where it was.
INSERT INTO outbox (seq, name, version, entity, payload, actor, request_id, recorded_at)
SELECT number, 'stock_changed', 1, product_id,
    '{"product_id":"' || product_id || '","in_stock":' || CASE in_stock WHEN 1 THEN 'true' ELSE 'false' END || '}',
    'system', 'migration', 0
FROM stock_changes;

UPDATE outbox_head SET seq = (SELECT number FROM stock_change_head WHERE only_row = 1) WHERE only_row = 1;

DROP TABLE stock_changes;

DROP TABLE stock_change_head;
