//! The test tested: with a safeguard of the product switched off (`ftl_store::safeguard`), the same faults must be found out.

use std::process::Command;

/// A safeguard, and faults that harm a league without it.
struct Without {
    safeguard: &'static str,
    test: &'static str,
    only: &'static str,
    faults: &'static str,
}

const ON_POSTGRES: &str = "on_postgres_nothing_acknowledged_is_lost_or_done_twice";
const ON_REDIS: &str = "what_redis_acknowledged_alone_is_kept_or_named_as_lost";

#[test]
fn without_its_ids_a_league_does_twice_what_was_asked_again() {
    check(&Without { safeguard: "ids", test: ON_POSTGRES, only: "answer lost", faults: "3" });
}

#[test]
fn without_its_fence_two_flushers_write_twice() {
    check(&Without { safeguard: "watermarks", test: ON_POSTGRES, only: "reset", faults: "2" });
}

#[test]
fn without_links_a_process_goes_on_from_what_was_lost() {
    check(&Without { safeguard: "links", test: ON_REDIS, only: "FLUSHALL", faults: "1" });
}

#[test]
fn without_lives_a_redis_that_lost_its_end_is_appended_to() {
    check(&Without { safeguard: "lives", test: ON_REDIS, only: "older copy", faults: "1" });
}

/// Schedules that are tried. What a fault harms depends on where the processes stand when it strikes, and on a busy machine
/// they stand elsewhere: that a safeguard is off must be found out in one of them.
const SEEDS: [&str; 3] = ["1", "2", "3"];

/// Runs the test in a process of its own; it must fail by what it found.
#[track_caller]
fn check(without: &Without) {
    let mut said = String::new();
    for seed in SEEDS {
        let output = Command::new(std::env::current_exe().unwrap())
            .args([without.test, "--exact", "--nocapture"])
            .env("FTL_SWITCHED_OFF", without.safeguard)
            .env("FTL_FAULTS", without.faults)
            .env("FTL_FAULT_SEED", seed)
            .env("FTL_FAULT_ONLY", without.only)
            .env("FTL_FAULT_CLIENTS", "32")
            .env("RUST_BACKTRACE", "0")
            .output()
            .unwrap();
        let words = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let found =
            ["kept:", "order:", "reads:", "processes:", "stopped:", "audit:", "no service"].iter().any(|found| words.contains(found));
        if !output.status.success() && found {
            return;
        }
        said += &words;
    }
    panic!("without {} nothing was found:\n{said}", without.safeguard);
}
