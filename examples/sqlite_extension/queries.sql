-- SPDX-License-Identifier: Apache-2.0
-- A small shop, then eight reports of it: each redacts 15,000 notes, about 120,000 calls in all.
-- The ranking between them is honest work that takes a moment, so that the run lasts some seconds.
.load ./redact
CREATE TABLE orders (id INTEGER PRIMARY KEY, region INTEGER, price INTEGER, note TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 120000)
INSERT INTO orders
  SELECT i, i % 8, i * 7919 % 100003,
         printf('order %d of customer %d, card 4000-1234-%04d-%04d, %s', i, i * 31 % 9973,
                i * 17 % 10000, i * 13 % 10000,
                'please leave the parcel with the neighbours at number 12 if nobody opens the door')
  FROM n;

SELECT 'region 0', count(*) AS notes, sum(masked GLOB '*[0-9]*') AS with_digits
  FROM (SELECT redact(note) AS masked FROM orders WHERE region = 0);
SELECT 'region 0', sum(place * price % 7)
  FROM (SELECT price, row_number() OVER (ORDER BY price, note DESC) AS place FROM orders);

SELECT 'region 1', count(*) AS notes, sum(masked GLOB '*[0-9]*') AS with_digits
  FROM (SELECT redact(note) AS masked FROM orders WHERE region = 1);
SELECT 'region 1', sum(place * price % 7)
  FROM (SELECT price, row_number() OVER (ORDER BY price, note DESC) AS place FROM orders);

SELECT 'region 2', count(*) AS notes, sum(masked GLOB '*[0-9]*') AS with_digits
  FROM (SELECT redact(note) AS masked FROM orders WHERE region = 2);
SELECT 'region 2', sum(place * price % 7)
  FROM (SELECT price, row_number() OVER (ORDER BY price, note DESC) AS place FROM orders);

SELECT 'region 3', count(*) AS notes, sum(masked GLOB '*[0-9]*') AS with_digits
  FROM (SELECT redact(note) AS masked FROM orders WHERE region = 3);
SELECT 'region 3', sum(place * price % 7)
  FROM (SELECT price, row_number() OVER (ORDER BY price, note DESC) AS place FROM orders);

SELECT 'region 4', count(*) AS notes, sum(masked GLOB '*[0-9]*') AS with_digits
  FROM (SELECT redact(note) AS masked FROM orders WHERE region = 4);
SELECT 'region 4', sum(place * price % 7)
  FROM (SELECT price, row_number() OVER (ORDER BY price, note DESC) AS place FROM orders);

SELECT 'region 5', count(*) AS notes, sum(masked GLOB '*[0-9]*') AS with_digits
  FROM (SELECT redact(note) AS masked FROM orders WHERE region = 5);
SELECT 'region 5', sum(place * price % 7)
  FROM (SELECT price, row_number() OVER (ORDER BY price, note DESC) AS place FROM orders);

SELECT 'region 6', count(*) AS notes, sum(masked GLOB '*[0-9]*') AS with_digits
  FROM (SELECT redact(note) AS masked FROM orders WHERE region = 6);
SELECT 'region 6', sum(place * price % 7)
  FROM (SELECT price, row_number() OVER (ORDER BY price, note DESC) AS place FROM orders);

SELECT 'region 7', count(*) AS notes, sum(masked GLOB '*[0-9]*') AS with_digits
  FROM (SELECT redact(note) AS masked FROM orders WHERE region = 7);
SELECT 'region 7', sum(place * price % 7)
  FROM (SELECT price, row_number() OVER (ORDER BY price, note DESC) AS place FROM orders);
