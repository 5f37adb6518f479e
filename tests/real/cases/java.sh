# SPDX-License-Identifier: Apache-2.0
# about: javac, then threads, garbage collection, null checks by fault, stack overflows, exit codes
# needs: openjdk-17-jdk-headless
# detect: readlink -f "$(command -v javac)" | grep -q '^/usr/lib/jvm/'
# records: javac 1
# records: java 2
. "$CASE_LIB"

cat >Main.java <<'SOURCE'
import java.util.*;
import java.util.concurrent.*;
import java.util.stream.*;
import java.util.zip.*;

public class Main {
    int field;
    static int depth;
    static void deep() { depth++; deep(); }

    static long work(int seed) {
        Map<String, Integer> count = new HashMap<>();
        for (int i = 0; i < 100_000; i++) count.merge("k" + (long) i * seed % 5003, 1, Integer::sum);
        CRC32 crc = new CRC32();
        count.entrySet().stream().map(Object::toString).sorted().forEach(s -> crc.update(s.getBytes()));
        return crc.getValue();
    }

    static int read(Main m) { return m.field; }

    public static void main(String[] args) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(4);
        List<Future<Long>> results = new ArrayList<>();
        for (int seed = 1; seed <= 12; seed++) { int s = seed; results.add(pool.submit(() -> work(s))); }
        for (Future<Long> r : results) System.out.println(r.get());
        pool.shutdown();
        System.out.println(IntStream.range(0, 200_000).parallel().mapToLong(i -> i * 7L % 13).sum());

        int nulls = 0;
        for (int i = 0; i < 20_000; i++) {
            try { nulls += read(i % 10 == 0 ? null : new Main()); } catch (NullPointerException e) { nulls++; }
        }
        System.out.println("nulls " + nulls);
        Thread t = new Thread(() -> { try { deep(); } catch (StackOverflowError e) { System.out.println("overflow " + (depth > 500)); } });
        t.start(); t.join();
        try { deep(); } catch (StackOverflowError e) { System.out.println("overflow in main"); }
        for (int i = 0; i < 300; i++) { Thread s = new Thread(() -> {}); s.start(); s.join(); }

        byte[] data = new byte[1 << 20], packed = new byte[1 << 20];
        for (int i = 0; i < data.length; i++) data[i] = (byte) (i * i % 97);
        for (int i = 0; i < 30; i++) {
            Deflater deflater = new Deflater(1 + i % 9);
            deflater.setInput(data); deflater.finish();
            int n = deflater.deflate(packed);
            if (i % 10 == 0) System.out.println("deflated " + n);
            deflater.end();
        }
        List<byte[]> garbage = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) { garbage.add(new byte[4096]); if (garbage.size() > 2000) garbage.clear(); }
        System.gc();
        Process p = new ProcessBuilder("sh", "-c", "exit 6").start();
        System.out.println("child " + p.waitFor());
        Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("hook")));
        if (args.length > 0) throw new IllegalStateException("asked for");
        System.exit(3);
    }
}
SOURCE
status javac traced javac Main.java
status java traced java -Xmx128m -Xss512k Main
status serial traced java -Xmx128m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp . Main throw
