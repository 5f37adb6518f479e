# SPDX-License-Identifier: Apache-2.0
# about: master and two workers under wrk, with reload, gzip and errors; then a recorded wrk
# needs: nginx wrk curl procps
# detect: command -v nginx wrk curl
# records: nginx* 3
# records: wrk 1
. "$CASE_LIB"

mkdir site run
((EUID != 0)) || chown nobody:nogroup run
awk 'BEGIN { for (i = 0; i < 4000; i++) print "line", i, i * 7919 % 10007 }' >site/big.txt
echo '<html>hello</html>' >site/index.html
touch -d @1700000000 site/*
# A long map gives the master, too, something to allocate.
awk 'BEGIN { for (i = 0; i < 20000; i++) print "/old/page" i, "/new/page" i * 7 ";" }' >map.conf
user=
((EUID != 0)) || user='user nobody nogroup;'
cat >nginx.conf <<CONF
$user
daemon off;
worker_processes 2;
pid run/nginx.pid;
error_log error.log warn;
events { worker_connections 256; }
http {
  types { text/html html; text/plain txt; }
  access_log off;
  client_body_temp_path run/body; proxy_temp_path run/proxy; fastcgi_temp_path run/fastcgi;
  uwsgi_temp_path run/uwsgi; scgi_temp_path run/scgi;
  map_hash_max_size 65536;
  map \$uri \$new_page { default ''; include map.conf; }
  gzip on; gzip_types text/plain; gzip_min_length 100;
  server {
    listen 127.0.0.1:$PORT reuseport;
    root site;
    location /old/ { return 301 \$new_page; }
    location /moved { return 301 /index.html; }
    location /self/ { proxy_pass http://127.0.0.1:$PORT/; proxy_buffer_size 4k; proxy_buffers 4 4k; }
  }
}
CONF

url=http://127.0.0.1:$PORT
fetch() {
  local path
  for path in / /big.txt /moved /old/page19999 /missing /self/big.txt /../etc/passwd; do
    curl -s --path-as-is -D - -H 'Accept-Encoding: gzip' "$url$path" | grep -av '^Date:' | sha256sum
    curl -s -o "$SCRATCH/body" -w "$path %{http_code} %{size_download}\n" "$url$path"
  done
}
load() { # LAUNCHER...: wrk stops by time, so its counts are judged, not printed
  "$@" wrk -t 2 -c 16 -d 1 "$url$path" >"$SCRATCH/wrk"
  echo "wrk: exit $?"
  grep -E 'Socket errors|Non-2xx' "$SCRATCH/wrk"
  awk '/requests in/ { print ($1 > 20 ? "enough requests" : "only " $1 " requests") }' "$SCRATCH/wrk"
}

start traced nginx -p "$WORK/" -c nginx.conf -e error.log
wait_for curl -s "$url/"
fetch
path=/ load
path=/big.txt load
before=$(pgrep -P "$pid" | sort | tr '\n' ' ')
kill -HUP "$pid"
wait_for bash -c "[[ \$(pgrep -P $pid | wc -l) == 2 ]] && ! pgrep -P $pid | grep -qwE '${before// /|}0'"
fetch
path=/self/big.txt load
kill -QUIT "$pid"
stopped nginx

start nginx -p "$WORK/" -c nginx.conf -e error.log
wait_for curl -s "$url/"
path=/ load traced
kill -QUIT "$pid"
stopped 'bare nginx'
status 'bad file' traced nginx -p "$WORK/" -c missing.conf -e error.log 2>&1 | sed 's/^.*\] [0-9#: ]*//'
sed -i 's/^.*\] [0-9#: *]*//' error.log
