-- SPDX-License-Identifier: Apache-2.0
-- One customer paid cash: the card is NULL, and card_tail() does not expect that.
.load ./redact
CREATE TABLE payments (id INTEGER PRIMARY KEY, card TEXT);
INSERT INTO payments (card) VALUES ('4000-1234-5678-9010'), ('4000-9876-5432-1098'), (NULL);
SELECT id, card_tail(card) FROM payments;
