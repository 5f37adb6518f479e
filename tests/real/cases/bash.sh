# SPDX-License-Identifier: Apache-2.0
# about: scripts with pipes, subshells, traps, jobs, a co-process and a death by signal
# needs: bash coreutils findutils grep sed mawk gzip tar procps
# detect: command -v bash awk gzip tar xargs
# records: bash 20
# crashes: bash *
. "$CASE_LIB"

cat >script <<'SCRIPT'
set -o pipefail
text=
for ((i = 0; i < 6000; i++)); do text+="line $i of the text; "; fields[i]=$((i * i % 997)); done
echo "text ${#text}, fields ${#fields[@]}"
printf '%s\n' "${fields[@]}" | sort -n | uniq -c | awk '{ n += $1 * $2 } END { print NR, n }'
printf '%s\n' "${fields[@]}" | tee >(sha256sum >sum.txt) | grep -c '[02468]$'
wait $!

for i in 1 2 3 4 5 6 7 8; do
  (cd / && echo "subshell $i: $(echo "$(echo "$PWD")")" | (read -r a b && echo "$b $a"))
done
false | true; echo "pipe: $?"
(exit 7); echo "subshell's status: $?"
yes "${text:0:1000}" | head -c 100000 | md5sum; echo "${PIPESTATUS[@]}"

for i in 1 2 3 4; do (echo "job $i" >"job.$i"; exit "$i") & jobs[i]=$!; done
for i in 1 2 3 4; do wait "${jobs[i]}"; echo "job $i: $?"; done

coproc upper { tr a-z A-Z; }
echo "through a co-process" >&"${upper[1]}"; exec {upper[1]}>&-
cat <&"${upper[0]}"; wait

trap 'echo "trapped USR1"' USR1; kill -USR1 $$; trap - USR1
trap 'echo "trapped EXIT"' EXIT
mkdir -p tree/{a,b}/{x,y}; for d in tree/*/*; do seq 200 >"$d/numbers"; done
find tree -type f | sort | xargs -n 1 -P 2 gzip -n
tar --sort=name --owner=0 --group=0 --mtime=@0 -cf tree.tar tree
mkdir empty && cd empty && cd .. && rmdir empty && echo "rmdir: $?"
readarray -t lines < <(seq 1000); echo "${#lines[@]} ${lines[999]}"
sed -n '2{p;q}' <<<$'one\ntwo\nthree'
echo "open files: $(cd /proc/self/fd && echo *)"
set -u
echo "$undefined_variable"
SCRIPT

status script traced bash script
status exec traced bash -c 'exec bash -c "exec -a other sh -c \"exit 3\""'
status killed traced bash -c 'bash -c "kill -SEGV \$\$"; echo "status $?"; exit 5' 2>/dev/null
traced bash -c 'echo to stdout; echo to stderr >&2; exit 200' 2>err.txt | cat >out.txt
echo "pipe: ${PIPESTATUS[*]}"
