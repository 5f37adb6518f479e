#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A web server's log for so many seconds, 40,000 lines a second; one line in seven has lost its time.
seconds=${1:-5}
block=$(awk 'BEGIN {
  for (i = 1; i <= 2000; ++i) {
    status = i % 50 == 0 ? 500 : i % 11 == 0 ? 404 : i % 6 == 0 ? 304 : 200
    printf "%s %d %d /articles/%d/a-rather-long-title-as-they-are-in-fashion-today?page=%d&from=search\n",
           i % 7 == 0 ? "-" : 1700000000 + i, status, i * 37 % 9000, i * 7919 % 5000, i % 9
  }
}')
for _ in $(seq $((seconds * 20))); do
  printf '%s\n' "$block"
  sleep 0.05
done
