//! `Lap`: sums what passes between start and stop, on the wall and on this thread's processor.
//!
//! Where other programs share the machine the two differ: the processor's time is what the work costs, the wall's what
//! somebody waits.

use std::time::{Duration, Instant};

use cpu_time::ThreadTime;

/// See the module.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lap {
    /// Time on the wall.
    pub wall: Duration,
    /// Time of this thread on a processor.
    pub cpu: Duration,
}

impl Lap {
    /// Does it under the clock.
    pub fn time<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let (wall, cpu) = (Instant::now(), ThreadTime::now());
        let done = work();
        self.wall += wall.elapsed();
        self.cpu += cpu.elapsed();
        done
    }

    /// How long something takes.
    pub fn of<T>(work: impl FnOnce() -> T) -> (Self, T) {
        let mut lap = Self::default();
        let done = lap.time(work);
        (lap, done)
    }

    /// So many in a second of the wall.
    pub fn per_second(self, n: u64) -> f64 {
        n as f64 / self.wall.as_secs_f64()
    }

    /// So many in a second of the processor.
    pub fn per_cpu_second(self, n: u64) -> f64 {
        n as f64 / self.cpu.as_secs_f64()
    }
}
