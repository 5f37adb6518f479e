// SPDX-License-Identifier: Apache-2.0
// A Rust program that panics; built with panic=abort.
#[inline(never)]
fn pick(values: &[i32], index: usize) -> i32 {
    values[index] // crash: rust-panic
}

fn main() {
    println!("rust-panic");
    let values = vec![1, 2, 3];
    std::process::exit(pick(&values, std::env::args().count() + 6));
}
