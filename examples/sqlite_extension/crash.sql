-- SPDX-License-Identifier: Apache-2.0
-- A note is kept, dropped, and asked for once more.
.load ./redact
SELECT remember('customer 31 called: the parcel went to the neighbours');
SELECT recall();
SELECT forget();
SELECT recall();
