# SPDX-License-Identifier: Apache-2.0
# about: Java: thousands of null checks and stack probes by fault, then a real crash in native code
# needs: openjdk-17-jdk-headless gcc libc6-dev
# detect: readlink -f "$(command -v javac)" | grep -q '^/usr/lib/jvm/' && command -v gcc
# records: java 2
# crashes: java SIGSEGV null-dereference Java_Main_broken
# crashes: java SIGSEGV null-dereference Java_Main_broken
. "$CASE_LIB"

cat >broken.c <<'SOURCE'
struct account { long id, balance; };
__attribute__((noinline)) static long balance_of(const struct account *account) { return account->balance; }
long Java_Main_broken(void *env, void *class, long handle) {
  (void)env, (void)class;
  return 1 + balance_of((const struct account *)handle);
}
SOURCE
gcc -g -O1 -shared -fPIC -o libbroken.so broken.c
cat >Main.java <<'SOURCE'
public class Main {
    int field;
    static native long broken(long handle);
    static int read(Main m) { return m.field; }
    public static void main(String[] args) {
        System.load(args[0]);
        int nulls = 0;
        for (int i = 0; i < 50_000; i++) {
            try { read(i % 10 == 0 ? null : new Main()); } catch (NullPointerException e) { nulls++; }
        }
        System.out.println("nulls " + nulls);
        System.out.println(broken(0));
    }
}
SOURCE
javac Main.java
# The process, its threads and what the report is called differ from run to run. With a core it ends by abort(), without
# one by an exit inside its handler.
for core in + -; do
  status java traced java -Xmx128m -XX:${core}CreateCoredumpOnCrash -XX:ErrorFile="$SCRATCH/report$core" Main \
    "$PWD/libbroken.so" 2>&1 |
    sed -E "s/0x[0-9a-f]+/ADDRESS/g; s/pid=[0-9]+, tid=[0-9]+/process/; s#$SCRATCH#SCRATCH#; /Aborted/d"
  grep -m 1 -c 'Java_Main_broken' "$SCRATCH/report$core"
done
