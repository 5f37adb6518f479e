# SPDX-License-Identifier: Apache-2.0
# about: Rust: collections, threads that hand blocks to each other, a panic that is caught, one that ends the program
# needs: rustc
# detect: command -v rustc
# records: busy 1
. "$CASE_LIB"

cat >"$SCRATCH/busy.rs" <<'SOURCE'
use std::collections::HashMap;
use std::sync::mpsc;
use std::thread;

fn words(seed: usize, count: usize) -> Vec<String> {
    (0..count).map(|i| format!("word {}", (seed * 7919 + i * 104_729) % 10_007)).collect()
}

fn main() {
    let (sender, receiver) = mpsc::channel::<Vec<String>>();
    let workers: Vec<_> = (0..4)
        .map(|seed| {
            let sender = sender.clone();
            thread::spawn(move || {
                for round in 0..50 {
                    sender.send(words(seed * 50 + round, 200)).unwrap();
                }
            })
        })
        .collect();
    drop(sender);
    let mut seen: HashMap<String, usize> = HashMap::new();
    for batch in receiver {
        for word in batch {
            *seen.entry(word).or_insert(0) += 1;
        }
    }
    for worker in workers {
        worker.join().unwrap();
    }
    let mut most: Vec<_> = seen.into_iter().collect();
    most.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    println!("{} {:?}", most.len(), &most[..3]);
    let caught = thread::spawn(|| {
        let text = words(1, 10).join(",");
        panic!("{}", text.len());
    });
    println!("caught: {}", caught.join().is_err());
    let empty: Vec<usize> = Vec::new();
    println!("{}", empty[most.len()]);
}
SOURCE
rustc --edition 2021 -g -O -o "$SCRATCH/busy" "$SCRATCH/busy.rs" || exit 1
status busy traced "$SCRATCH/busy"
