#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Checks the face of libdbgtrace.so as the dynamic linker sees it, since it is loaded into strangers'
# processes: exported names, needed libraries, age of the imports, thread-local storage, binding.
# Usage: tools/check_exports.sh LIBRARY EXPORTS_MAP; one line per violation, exit 1 if there is any.
# OBJDUMP: that of another architecture.
set -uo pipefail
library=${1:?usage: tools/check_exports.sh LIBRARY EXPORTS_MAP}
map=${2:?usage: tools/check_exports.sh LIBRARY EXPORTS_MAP}
export LC_ALL=C
violations=0
violation() {
  echo "exports: $*"
  violations=$((violations + 1))
}

[[ -r $library ]] || { violation "$library is not there"; exit 1; }
[[ -r $map ]] || { violation "$map is not there"; exit 1; }

# 1. Exactly the names of the map. An absolute symbol is the name of a version, not an export.
listed=$(sed -e 's/#.*//' "$map" | tr '\n' ' ' | sed -e 's:/\*[^*]*\*\+\([^/*][^*]*\*\+\)*/: :g' \
  -e 's/.*global:\(.*\)local:.*/\1/' | tr ';' '\n' | tr -d ' \t' | sed '/^$/d' | sort)
exported=$(nm -D --defined-only "$library" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort -u)
while read -r name; do
  [[ -z $name ]] || violation "$name is listed in $map but not exported"
done < <(comm -23 <(uniq <<<"$listed") <(cat <<<"$exported"))
while read -r name; do
  [[ -z $name ]] || violation "$name is exported but not listed in $map"
done < <(comm -13 <(uniq <<<"$listed") <(cat <<<"$exported"))
while read -r name; do
  [[ -z $name ]] || violation "$name stands in $map more than once"
done < <(uniq -d <<<"$listed")

# 2. The C library alone.
while read -r needed; do
  case $needed in
    libc.so.6 | ld-linux*.so.*) ;;
    *) violation "NEEDED $needed (only libc.so.6 is allowed)" ;;
  esac
done < <(readelf -dW "$library" | sed -n 's/.*(NEEDED).*\[\(.*\)\].*/\1/p')

# 3. No import newer than GLIBC_2.17, so that the library loads on every system of the last decade.
while read -r version; do
  case $version in
    GLIBC_[0-9]*)
      newest=$(printf '%s\n' 2.17 "${version#GLIBC_}" | sort -V | tail -n 1)
      [[ $newest == 2.17 ]] || violation "needs $version (oldest supported: GLIBC_2.17):" \
        "$(nm -D "$library" | awk -v v="@$version" 'index($NF, v) { sub(/@.*/, "", $NF); print $NF }' | xargs)"
      ;;
    *) violation "needs version $version" ;;
  esac
done < <(readelf -VW "$library" | grep -o 'Name: [A-Za-z0-9_.]*  *Flags' | awk '{ print $2 }' | sort -u)

# 4. Nothing that allocates, walks the loader's lists or buffers output: neither imported, nor called by
#    way of our own export, which another library may have taken over. Parts of the lz4 object that nobody
#    calls stay in, since the archive has one section for all: its own create and free functions.
forbidden='malloc|calloc|realloc|reallocarray|free|cfree|memalign|aligned_alloc|posix_memalign|valloc|pvalloc'
forbidden+='|free_sized|free_aligned_sized|malloc_usable_size|strdup|strndup|_Zn[wa].*|_Zd[la].*'
forbidden+='|dlsym|dlvsym|dlopen|dlclose|dlerror|dladdr1?|dl_iterate_phdr|backtrace(_symbols(_fd)?)?|_Unwind_.*'
forbidden+='|f?printf|s?n?printf|v[fs]?n?printf|dprintf|puts|fputs|fputc|putchar|fwrite|fread|fgets|f(d|re)?open|fclose'
forbidden+='|fflush|getline|fscanf|sscanf|perror|std(in|out|err)|__[a-z]*printf_chk|__isoc(99|23)_.*scanf'
while read -r name; do
  violation "imports $name"
done < <(nm -D --undefined-only "$library" | awk '{ sub(/@.*/, "", $NF); print $NF }' \
  | grep -xE "$forbidden" | sort -u)
while read -r caller name; do
  [[ $caller =~ ^LZ4_(create|free) ]] || violation "$caller calls $name through the dynamic linker"
done < <("${OBJDUMP:-objdump}" -d --no-show-raw-insn "$library" \
  | sed -nE 's/^[0-9a-f]+ <(.*)>:$/in \1/p; s/.*<([A-Za-z0-9_]+)@plt>$/to \1/p' \
  | awk '$1 == "in" { caller = $2 } $1 == "to" { print caller, $2 }' | grep -E " ($forbidden)\$" | sort -u)

# 5. Thread-local storage: small, and in the static block (no call of __tls_get_addr, which may allocate).
tls_size=$(readelf -lW "$library" | awk '$1 == "TLS" { print $6 }')
if [[ -n $tls_size && $((tls_size)) -gt 128 ]]; then
  violation "thread-local storage is $((tls_size)) bytes (at most 128)"
fi
while read -r relocation; do
  violation "relocation $relocation: thread-local storage must be initial-exec (TPOFF only)"
done < <(readelf -rW "$library" | awk '{ print $3 }' | grep -E 'DTPMOD|DTPREL|DTPOFF|TLSDESC|TLS_DTP' | sort -u)

# 6. Bound at load, never unloaded, no writable code.
dynamic=$(readelf -dW "$library")
grep -qE 'BIND_NOW|FLAGS_1.*\bNOW\b' <<<"$dynamic" || violation "not linked with -z now"
grep -qE 'FLAGS_1.*\bNODELETE\b' <<<"$dynamic" || violation "not linked with -z nodelete"
grep -q 'TEXTREL' <<<"$dynamic" && violation "has text relocations"
readelf -lW "$library" | grep -qE 'GNU_STACK.*RWE' && violation "asks for an executable stack"

[[ $violations -eq 0 ]]
