//! How fast `apply` is beside the sketch, without building the server:
//! `cargo run --release -p ftl-workload --example apply -- 100000 zipf 1000000`
//! (accounts, `uniform` or `zipf`, commands; all may be left out).

use ftl_workload::{Founding, Popularity, Race};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |n: usize, otherwise: u32| arguments.get(n).and_then(|text| text.parse().ok()).unwrap_or(otherwise);
    let popularity = if arguments.iter().any(|text| text == "zipf") { Popularity::Zipf } else { Popularity::Uniform };
    let founding = Founding { accounts: number(0, 100_000), instruments: 50 };
    let race = Race { seed: 1, founding, popularity, commands: number(2, 1_000_000) as usize };
    let raced = race.run(|_| ()).expect("the workload is accepted");
    let commands = race.commands as u64;
    println!("accepted {} of {commands}, {} positions open", raced.accepted, raced.open);
    for (what, lap) in [("apply", raced.ours), ("apply, again", raced.again), ("sketch", raced.sketch)] {
        println!("{what:14} {:>12.0}/s  {:>12.0} a second of the processor", lap.per_second(commands), lap.per_cpu_second(commands));
    }
    println!("hash {}, executed again {}", raced.hash, raced.executed_again);
    assert_eq!(raced.hash, raced.executed_again);
}
