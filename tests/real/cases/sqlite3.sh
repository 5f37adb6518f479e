# SPDX-License-Identifier: Apache-2.0
# about: tables, indexes, windows, JSON, full-text search, write-ahead log, vacuum, an error
# needs: sqlite3
# detect: command -v sqlite3
# records: sqlite3 2
. "$CASE_LIB"

cat >load.sql <<'SQL'
.bail on
PRAGMA journal_mode = wal;
CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, price INTEGER, doc TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000)
INSERT INTO item SELECT i, 'item ' || (i * 7919 % 30011), i * 31 % 1009, json_object('i', i, 'tags', json_array(i % 3, i % 5)) FROM n;
CREATE INDEX by_price ON item(price, name);
CREATE VIRTUAL TABLE search USING fts5(name);
INSERT INTO search SELECT name FROM item WHERE id % 10 = 0;
SELECT price, count(*), min(name) FROM item GROUP BY price ORDER BY 2 DESC, 1 LIMIT 5;
SELECT json_extract(doc, '$.tags[1]') AS t, sum(price) FROM item GROUP BY t;
SELECT id, sum(price) OVER (ORDER BY id ROWS 100 PRECEDING) AS s FROM item ORDER BY s DESC, id LIMIT 3;
SELECT count(*) FROM search WHERE search MATCH 'item AND 1*';
UPDATE item SET name = upper(name) WHERE price < 500;
DELETE FROM item WHERE id % 7 = 0;
PRAGMA integrity_check;
VACUUM;
SQL
status load traced sqlite3 shop.db <load.sql
traced sqlite3 shop.db .dump >dump.sql
traced sqlite3 -json shop.db 'SELECT * FROM item WHERE price = 7 ORDER BY id LIMIT 3'
status constraint traced sqlite3 -bail shop.db "INSERT INTO item(id) VALUES (1);"
status missing traced sqlite3 shop.db 'SELECT * FROM nowhere'
ls
